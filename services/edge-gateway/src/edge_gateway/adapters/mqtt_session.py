"""The gateway's lasting session at the MQTT broker: what devices count arrives here and waits until it is kept.

Messages are acknowledged in the order they came, and only on the connection that brought them. The broker sends what is
unacknowledged again on the next one, under the same packet id: an acknowledgement that came late would end whatever
message bears that id by then. Source: MQTT 5, sections 4.4 and 4.6.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

from chassis import clock
from edge_gateway.adapters.mqtt_address import Address
from edge_gateway.adapters.mqtt_control import COUNTS

log = logging.getLogger(__name__)

#: Unacknowledged messages the broker may have under way to us: one batch in the database and the next one arriving.
RECEIVE_MAXIMUM = 1000
#: What is sent with QoS 0 knows no such limit: above this many waiting it is dropped, as its sender allows.
MOST_WAITING = 5000
LARGEST_PACKET = 64 * 1024  # bytes; the broker keeps larger ones from us
KEEPALIVE = 15  # seconds
REFUSED = frozenset({"Not authorized", "Bad user name or password"})


@dataclass(frozen=True, slots=True)
class Arrival:
    """One message as it came, when, and on which connection."""

    connection: int
    mid: int
    qos: int
    topic: str
    payload: bytes
    retained: bool
    received_at: datetime
    instant: float  # seconds of a clock that never goes back


class MqttSession:
    """Connects, and comes back by itself, until `close`."""

    def __init__(self, address: Address, client_id: str, username: str, password: str, *, expiry: int) -> None:
        self._address = address
        self._expiry = expiry
        self._client = address.client(client_id, username, password)
        self._client.on_connect = self._connected
        self._client.on_disconnect = self._disconnected
        self._client.on_subscribe = self._subscribed
        self._client.on_message = self._arrived
        self._turn = threading.Condition()
        self._waiting: deque[Arrival] = deque()
        self._connection = 0
        self._closed = False
        self._up = False
        self.dropped = 0
        self.locked_out = False

    def open(self) -> None:
        """Begins to connect."""
        properties = Properties(PacketTypes.CONNECT)
        properties.SessionExpiryInterval = self._expiry
        properties.ReceiveMaximum = RECEIVE_MAXIMUM
        properties.MaximumPacketSize = LARGEST_PACKET
        self._client.connect_async(
            self._address.host, self._address.port, keepalive=KEEPALIVE, clean_start=False, properties=properties
        )
        self._client.loop_start()

    def stop_taking(self) -> None:
        """From now on `take` answers nothing; what was taken before can still be acknowledged."""
        with self._turn:
            self._closed = True
            self._waiting.clear()
            self._turn.notify_all()

    def close(self) -> None:
        """Leaves. What was not acknowledged is delivered to the next holder of the session."""
        self.stop_taking()
        with self._turn:
            self._connection += 1
        self._client.disconnect()
        self._client.loop_stop()
        self._up = False

    @property
    def problem(self) -> str | None:
        """None while the broker sends us what devices count."""
        return None if self._up else "not connected to the MQTT broker"

    def take(self, most: int) -> list[Arrival]:
        """What has arrived, at most so many; waits for the first. Empty when the session is closed."""
        with self._turn:
            while not self._waiting and not self._closed:
                self._turn.wait()
            return [self._waiting.popleft() for _ in range(min(most, len(self._waiting)))]

    def current(self, arrival: Arrival) -> bool:
        """Whether the connection that brought this is still the one."""
        return arrival.connection == self._connection

    def ack(self, arrivals: Sequence[Arrival]) -> None:
        """Done with these, in the order they were taken. Those of an earlier connection come again and are left out."""
        with self._turn:  # while it is held no other connection can begin
            for arrival in arrivals:
                if arrival.qos and arrival.connection == self._connection:
                    self._client.ack(arrival.mid, arrival.qos)

    def _connected(self, client: mqtt.Client, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        if reason.is_failure:
            log.warning("the MQTT broker does not let the gateway in: %s", reason)
            self.locked_out = str(reason) in REFUSED
            return
        options = SubscribeOptions(qos=1, retainAsPublished=True, retainHandling=SubscribeOptions.RETAIN_DO_NOT_SEND)
        client.subscribe(COUNTS, options=options)

    def _subscribed(self, _client: mqtt.Client, _data: Any, _mid: int, reasons: list[Any], _properties: Any) -> None:
        if any(reason.is_failure for reason in reasons):
            log.warning("the MQTT broker does not let the gateway hear devices: %s", reasons)
            self.locked_out = True
            return
        log.info("hearing devices")
        self._up = True

    def _disconnected(self, _client: mqtt.Client, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        with self._turn:
            self._up = False
            self._connection += 1
            self._waiting.clear()
        if not self._closed:
            log.warning("the MQTT broker is gone: %s", reason)

    def _arrived(self, _client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
        with self._turn:
            if message.qos == 0 and len(self._waiting) >= MOST_WAITING:
                self.dropped += 1
                return
            self._waiting.append(
                Arrival(
                    connection=self._connection,
                    mid=message.mid,
                    qos=message.qos,
                    topic=message.topic,
                    payload=bytes(message.payload),
                    retained=message.retain,
                    received_at=clock.now(),
                    instant=time.monotonic(),
                )
            )
            self._turn.notify()
