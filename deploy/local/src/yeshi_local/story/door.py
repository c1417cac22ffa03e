"""A door counter as its software would speak: MQTT 5, QoS 1, one message per passage."""

import json
import threading
import time
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from chassis.clock import now, rfc3339


class DoorCounter:
    """Connects with the credentials that enrolling answered. Raises TimeoutError when the broker does not let it in."""

    def __init__(self, credentials: dict[str, Any]) -> None:
        self._topic = f"{credentials['topic']}/count"
        self._sent = 0
        self._acknowledged = 0
        self._changed = threading.Condition()
        self._boot = f"{time.time_ns():x}"
        self._client = mqtt.Client(
            mqtt.CallbackAPIVersion.VERSION2, client_id=credentials["username"], protocol=mqtt.MQTTv5
        )
        self._client.username_pw_set(credentials["username"], credentials["password"])
        self._client.on_publish = self._published
        self._client.reconnect_delay_set(1, 4)
        lasting = Properties(PacketTypes.CONNECT)
        lasting.SessionExpiryInterval = 3600
        self._client.connect(credentials["host"], credentials["port"], clean_start=False, properties=lasting)
        self._client.loop_start()
        self._wait(lambda: self._client.is_connected(), 10, "the broker does not let the device in")

    def count(self, direction: str, people: int = 1) -> None:
        """Somebody went `in` or `out`."""
        self._sent += 1
        reading = {
            "id": f"{self._boot}:{self._sent}",
            "ts": rfc3339(now()),
            "dir": direction,
            "n": people,
            "src": "cam",
        }
        self._client.publish(self._topic, json.dumps(reading), qos=1)

    def settle(self, patience: float = 15) -> None:
        """Returns when the broker has taken every reading. Raises TimeoutError."""
        self._wait(lambda: self._acknowledged >= self._sent, patience, "the broker did not take every reading")

    def close(self) -> None:
        """Goes offline."""
        self._client.disconnect()
        self._client.loop_stop()

    def _published(self, *_: Any) -> None:
        with self._changed:
            self._acknowledged += 1
            self._changed.notify_all()

    def _wait(self, done: Any, patience: float, complaint: str) -> None:
        deadline = time.monotonic() + patience
        while not done():
            if time.monotonic() > deadline:
                raise TimeoutError(complaint)
            with self._changed:
                self._changed.wait(0.05)
