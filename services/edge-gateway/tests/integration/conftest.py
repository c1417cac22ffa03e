"""edge-gateway as a real process on real servers, devices that speak MQTT, and catalog's word on the bus."""

import contextlib
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from chassis.clock import now, rfc3339
from chassis.ids import uuid7
from contracts import catalog
from yeshi_local.kit.world import PostgresWorld, as_user, postgres_world
from yeshi_local.servers.process import Running
from yeshi_local.testing import until


class Door:
    """A device: it keeps what it could not send, and sends it again when the broker is back."""

    def __init__(self, credentials: dict, client_id: str | None = None, **overrides: str) -> None:
        self.credentials = {**credentials, **overrides}
        self.topic = f"{self.credentials['topic']}/count"
        self.reasons: list[str] = []
        self.sent = 0
        self.acknowledged = 0
        self.disconnected = 0
        self.connected = ""
        self.client = mqtt.Client(
            mqtt.CallbackAPIVersion.VERSION2, client_id=client_id or str(uuid7()), protocol=mqtt.MQTTv5
        )
        self.client.username_pw_set(self.credentials["username"], self.credentials["password"])
        self.client.max_queued_messages_set(0)
        self.client.reconnect_delay_set(1, 1)
        self.client.on_connect = self._on_connect
        self.client.on_publish = self._on_publish
        self.client.on_subscribe = self._on_subscribe
        self.client.on_disconnect = self._on_disconnect

    def __enter__(self) -> "Door":
        properties = Properties(PacketTypes.CONNECT)
        properties.SessionExpiryInterval = 3600
        self.client.connect(
            self.credentials["host"], self.credentials["port"], clean_start=False, properties=properties
        )
        self.client.loop_start()
        until(lambda: self.connected)
        return self

    def __exit__(self, *_: object) -> None:
        self.client.disconnect()
        self.client.loop_stop()

    def _on_connect(self, _client, _data, _flags, reason, _properties) -> None:
        self.connected = str(reason)

    def _on_publish(self, _client, _data, _mid, reason, _properties) -> None:
        self.acknowledged += 1
        self.reasons.append(str(reason))

    def _on_subscribe(self, _client, _data, _mid, reasons, _properties) -> None:
        self.reasons += [str(reason) for reason in reasons]

    def _on_disconnect(self, _client, _data, _flags, _reason, _properties) -> None:
        self.disconnected += 1

    def publish(self, payload: bytes, topic: str | None = None, *, qos: int = 1, retain: bool = False) -> None:
        """Sends bytes, as they are."""
        self.client.publish(topic or self.topic, payload, qos=qos, retain=retain)
        self.sent += 1

    def count(self, id: str, **fields: object) -> None:
        """Sends a reading."""
        self.publish(a_reading(id, **fields))

    def settled(self, number: int, patience: float = 60) -> None:
        """Waits until the broker has acknowledged so many messages in all."""
        until(lambda: self.acknowledged >= number, patience)


def a_reading(id: str, **fields: object) -> bytes:
    """A reading's JSON."""
    told = {"id": id, "ts": rfc3339(now()), "dir": "in", "n": 1, "src": "cam", **fields}
    return msgspec.json.encode(told)


@dataclass(kw_only=True)
class World(PostgresWorld):
    """A world of edge-gateway with the session's Mosquitto."""

    mosquitto: Running
    shop_id: UUID = field(default_factory=uuid7)
    owner: UUID = field(default_factory=uuid7)
    manager: UUID = field(default_factory=uuid7)
    packer: UUID = field(default_factory=uuid7)
    version: int = 0

    def environment(self) -> dict[str, object]:
        """What a process of edge-gateway finds in its environment."""
        server: Any = self.mosquitto.server
        return {
            **super().environment(),
            "MQTT_URL": server.url,
            "MQTT_ADMIN_USERNAME": server.admin,
            "MQTT_ADMIN_PASSWORD": server.password,
            "MQTT_PUBLIC_HOST": "127.0.0.1",
            "MQTT_PUBLIC_PORT": server.port,
        }

    def door(self, enrolled: dict, client_id: str | None = None, **overrides: str) -> Door:
        """The device that was given these credentials, or pretends to be another."""
        return Door(enrolled["mqtt"], client_id, **overrides)

    def asked(self, method: str, payload: dict, by: UUID | None = None) -> dict:
        """One call of the service, as somebody; the owner without a name."""
        return self.ask(method, as_user(by or self.owner), payload, timeout=6)

    def enrol(
        self, name: str = "前門", device_id: UUID | None = None, by: UUID | None = None, password: str = ""
    ) -> dict:
        """A device of the shop with its credentials."""
        asked = {
            "device_id": str(device_id or uuid7()),
            "shop_id": str(self.shop_id),
            "name": name,
            "password": password or secrets.token_urlsafe(24),
        }
        return self.asked("enrol_device", asked, by)

    def renew(self, enrolled: dict, by: UUID | None = None) -> dict:
        """The same device with a new password."""
        device = {"device_id": enrolled["device_id"], "shop_id": str(self.shop_id)}
        return self.asked("renew_device", {**device, "password": secrets.token_urlsafe(24)}, by)

    def tell_shop(self, **staff: UUID) -> None:
        """Catalog says who works in the shop."""
        self.version += 1
        people = [catalog.Staff(user_id=str(user), role=role) for role, user in staff.items()]
        self.publish(
            catalog.ShopChangedV1(
                shop_id=str(self.shop_id),
                version=self.version,
                owner_id=str(self.owner),
                name="阿明的店",
                kind="food",
                state="open",
                staff=people,
                shipping=[],
            )
        )

    def counted(self) -> tuple[int, int]:
        """How many readings there are, and how many people the minutes add up to."""
        ((readings,),) = self.rows("SELECT count(*) FROM readings")
        ((people,),) = self.rows("SELECT coalesce(sum(entered + went_out), 0)::int FROM footfall_minutes")
        return readings, people

    def counted_of(self, door: Door) -> int:
        """How many readings of one device are kept."""
        device_id = door.credentials["username"]
        return self.rows("SELECT count(*)::int FROM readings WHERE device_id = %s", device_id)[0][0]

    def metric(self, outcome: str) -> float:
        """How many messages had this outcome, over all replicas that live."""
        wanted = f'{{outcome="{outcome}"}}'
        living = [program for program in self.programs if program.running]
        return sum(program.metrics("yeshi_edge_readings_total").get(wanted, 0) for program in living)

    def close(self) -> None:
        """Ends its processes; the broker keeps nothing of them."""
        super().close()
        forget_session(self.mosquitto, self.rows("SELECT client_id FROM mqtt_session")[0][0])


@contextlib.contextmanager
def a_world(rabbitmq: Any, postgres: Any, mosquitto: Running, home: Path) -> Iterator[World]:
    """A world whose shop is known to the service."""
    with postgres_world(World, "edge_gateway", rabbitmq, postgres, home, mosquitto=mosquitto) as made:
        made.tell_shop(owner=made.owner, manager=made.manager, packer=made.packer)
        yield made


def forget_session(mosquitto: Running, client_id: str) -> None:
    """The broker keeps nothing more for a world that is over."""
    server = mosquitto.server
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id=client_id, protocol=mqtt.MQTTv5)
    client.username_pw_set(server.admin, server.password)
    client.connect("127.0.0.1", server.port, clean_start=True)
    client.loop_start()
    until(client.is_connected)
    client.disconnect()
    client.loop_stop()


@pytest.fixture
def world(rabbitmq, postgres, mosquitto, tmp_path) -> Iterator[World]:
    """A world of one test."""
    with a_world(rabbitmq, postgres, mosquitto, tmp_path) as made:
        yield made


@pytest.fixture(scope="module")
def shared(rabbitmq, postgres, mosquitto, tmp_path_factory) -> Iterator[World]:
    """A world with one replica, shared by the tests of a module that break nothing."""
    with a_world(rabbitmq, postgres, mosquitto, tmp_path_factory.mktemp("edge")) as made:
        made.start()
        until(lambda: made.rows("SELECT 1 FROM shops"))
        yield made
