"""Where the MQTT broker is, and how one of our clients speaks to it."""

from dataclasses import dataclass
from urllib.parse import urlsplit

import paho.mqtt.client as mqtt


@dataclass(frozen=True)
class Address:
    """Host and port, and whether the line is encrypted."""

    host: str
    port: int
    encrypted: bool

    @classmethod
    def of(cls, url: str) -> "Address":
        """From `mqtt://host[:port]` or `mqtts://host[:port]`. Raises ValueError."""
        parts = urlsplit(url)
        if parts.scheme not in {"mqtt", "mqtts"} or not parts.hostname:
            raise ValueError("MQTT_URL must look like mqtt://host:port")
        encrypted = parts.scheme == "mqtts"
        return cls(parts.hostname, parts.port or (8883 if encrypted else 1883), encrypted)

    def client(self, client_id: str, username: str, password: str) -> mqtt.Client:
        """A client that speaks MQTT 5 (3.1.1 answers «success» to what it drops) and acknowledges by hand."""
        client = mqtt.Client(
            mqtt.CallbackAPIVersion.VERSION2, client_id=client_id, protocol=mqtt.MQTTv5, manual_ack=True
        )
        client.username_pw_set(username, password)
        if self.encrypted:
            client.tls_set()
        client.reconnect_delay_set(1, 3)
        return client
