"""edge-gateway as a real process on real servers, devices that speak MQTT, and catalog's word on the bus."""

import asyncio
import contextlib
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import aio_pika
import msgspec
import paho.mqtt.client as mqtt
import psycopg2
import pytest
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

import contracts
from chassis import topology
from chassis.aio import Bus
from chassis.clock import now, rfc3339
from chassis.ids import uuid7
from chassis.postgres.migrate import migrate
from contracts import catalog
from contracts.naming import event_exchange
from yeshi_local.ports import free_port
from yeshi_local.servers.process import Program, Running
from yeshi_local.testing import ready, until


class Door:
    """A device: it keeps what it could not send, and sends it again when the broker is back."""

    def __init__(self, credentials: dict, client_id: str | None = None, **overrides: str) -> None:
        self.credentials = {**credentials, **overrides}
        self.topic = f"{self.credentials['topic']}/count"
        self.reasons: list[str] = []
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


@dataclass
class World:
    """A vhost, a database, the session's Mosquitto, and replicas of the service."""

    amqp_url: str
    dsn: str
    mosquitto: Running
    home: Path
    shop_id: UUID = field(default_factory=uuid7)
    owner: UUID = field(default_factory=uuid7)
    manager: UUID = field(default_factory=uuid7)
    staff: UUID = field(default_factory=uuid7)
    version: int = 0
    programs: list[Program] = field(default_factory=list)
    relays: list[Program] = field(default_factory=list)

    def start(self, *, wait: bool = True, **environment: object) -> Program:
        """Another replica. Waits until it is ready."""
        port = free_port()
        server = self.mosquitto.server
        values = {
            "AMQP_URL": self.amqp_url,
            "POSTGRES_DSN": self.dsn,
            "MQTT_URL": server.url,
            "MQTT_ADMIN_USERNAME": server.admin,
            "MQTT_ADMIN_PASSWORD": server.password,
            "MQTT_PUBLIC_HOST": "127.0.0.1",
            "MQTT_PUBLIC_PORT": server.port,
            "HEALTH_PORT": port,
            "YESHI_ENV": "test",
            **environment,
        }
        program = Program(
            [sys.executable, "-m", "edge_gateway", "service"],
            log=self.home / f"edge-{len(self.programs)}.log",
            environment={name: str(value) for name, value in values.items()},
        )
        program.health = f"http://127.0.0.1:{port}"  # type: ignore[attr-defined]
        program.start()
        self.programs.append(program)
        if wait:
            until(lambda: ready(program.health), 30)
        return program

    def relay(self) -> Program:
        """Publishes the outbox."""
        values = {"AMQP_URL": self.amqp_url, "POSTGRES_DSN": self.dsn, "YESHI_ENV": "test"}
        command = [sys.executable, "-m", "edge_gateway", "relay"]
        program = Program(command, log=self.home / "relay.log", environment=values)
        program.start()
        self.relays.append(program)
        return program

    def door(self, enrolled: dict, client_id: str | None = None, **overrides: str) -> Door:
        """The device that was given these credentials, or pretends to be another."""
        return Door(enrolled["mqtt"], client_id, **overrides)

    def rows(self, query: str, *values: object) -> list[tuple]:
        """The answer of a query."""
        with contextlib.closing(psycopg2.connect(self.dsn)) as connection, connection, connection.cursor() as cursor:
            cursor.execute(query, values)
            return cursor.fetchall() if cursor.description else []

    def call(self, method: str, payload: dict, by: UUID | None = None, timeout: float = 6) -> dict:
        """One call of the service, as somebody; the owner without a name."""
        principal = {"user_id": str(by or self.owner), "session_id": str(uuid7()), "roles": []}

        async def work() -> object:
            bus = Bus(self.amqp_url, "test")
            bus.start()
            await bus.publishing.ready(10)
            await bus.consuming.ready(10)
            try:
                return await bus.rpc("edge-gateway", method, principal, payload, timeout=timeout)
            finally:
                await bus.close()

        return asyncio.run(work())

    def enrol(self, name: str = "前門", device_id: UUID | None = None, by: UUID | None = None) -> dict:
        """A device of the shop with its credentials."""
        asked = {"device_id": str(device_id or uuid7()), "shop_id": str(self.shop_id), "name": name}
        return self.call("enrol_device", asked, by)

    def tell_shop(self, **staff: UUID) -> None:
        """Catalog says who works in the shop."""
        self.version += 1
        people = [catalog.Staff(user_id=str(user), role=role) for role, user in staff.items()]
        message = catalog.ShopChangedV1(
            shop_id=str(self.shop_id),
            version=self.version,
            owner_id=str(self.owner),
            name="阿明的店",
            kind="food",
            state="open",
            staff=people,
            shipping=[],
        )
        body = contracts.encode(message, event_id=str(uuid7()), time=rfc3339(now()))

        async def work() -> None:
            async with await aio_pika.connect(self.amqp_url) as connection:
                exchange = await (await connection.channel()).get_exchange(event_exchange("catalog"))
                await exchange.publish(
                    aio_pika.Message(body, content_type=contracts.EVENT_CONTENT_TYPE, delivery_mode=2),
                    message.topic,
                    mandatory=True,
                )

        asyncio.run(work())

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
        wanted = f'yeshi_edge_readings_total{{outcome="{outcome}"}}'
        total = 0.0
        for program in self.programs:
            if program.running:
                with urllib.request.urlopen(f"{program.health}/metrics", timeout=2) as answer:  # noqa: S310 - our own
                    lines = answer.read().decode().splitlines()
                total += sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith(wanted))
        return total


@contextlib.contextmanager
def a_world(url: str, dsn: str, mosquitto: Running, home: Path) -> Iterator[World]:
    """A world whose shop is known to the service; its processes end with the block."""
    asyncio.run(topology.declare(url))
    migrate(dsn, "edge_gateway")
    made = World(url, dsn, mosquitto, home)
    made.tell_shop(owner=made.owner, manager=made.manager, staff=made.staff)
    try:
        yield made
    finally:
        for program in made.programs + made.relays:
            program.kill()
            print(f"--- {program.log.name}\n{program.tail(60)}")
        forget_session(mosquitto, made.rows("SELECT client_id FROM mqtt_session")[0][0])


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
def world(rabbit_vhost, postgres_database, mosquitto, tmp_path) -> Iterator[World]:
    """A world of one test."""
    with a_world(rabbit_vhost.url, postgres_database, mosquitto, tmp_path) as made:
        yield made


@pytest.fixture(scope="module")
def shared(rabbitmq, postgres, mosquitto, tmp_path_factory) -> Iterator[World]:
    """A world with one replica, shared by the tests of a module that break nothing."""
    name = f"t-edge-{time.monotonic_ns():x}"
    url, dsn = rabbitmq.server.add_vhost(name), postgres.fresh()
    try:
        with a_world(url, dsn, mosquitto, tmp_path_factory.mktemp("edge")) as made:
            made.start()
            until(lambda: made.rows("SELECT 1 FROM shops"))
            yield made
    finally:
        rabbitmq.server.drop_vhost(name)
        postgres.drop(dsn)
