"""Notify's real processes on a real broker, database, LINE double and SNS."""

import asyncio
import contextlib
import secrets
import sys
import threading
from collections.abc import Coroutine, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import aio_pika
import httpx
import msgspec
import psycopg2
import pytest

import contracts
from chassis import topology
from chassis.aio import Bus
from chassis.clock import now, rfc3339
from chassis.ids import uuid7
from chassis.postgres.migrate import migrate
from contracts import Message, catalog, gateway, orders, users
from contracts.naming import event_exchange
from yeshi_local.line.client import LineDouble
from yeshi_local.ports import free_port
from yeshi_local.pytest_plugin import PostgresServer, RabbitServer
from yeshi_local.servers.process import Program
from yeshi_local.testing import ready, until

CHANNEL_ID, CHANNEL_SECRET = "2000000001", "local-line-channel-secret-0000001"

# RELIABILITY I8 and I9 as far as notify's own tables tell: each query answers what must not be.
INVARIANTS = {
    "I8: one row for each event and recipient": """
        SELECT event_id, user_id FROM notifications GROUP BY 1, 2 HAVING count(*) > 1
    """,
    "I8: the badge counts what is unread": """
        SELECT user_id, unread FROM bell_state b
         WHERE unread <> (SELECT count(*) FROM notifications n WHERE n.user_id = b.user_id AND read_at IS NULL)
    """,
    "each change of a bell is one event, and seq has no gap": """
        SELECT b.user_id, b.seq, array_agg(e.seq ORDER BY e.seq) FROM bell_state b
          LEFT JOIN (SELECT (data ->> 'user_id')::uuid AS user_id, (data ->> 'seq')::bigint AS seq
                       FROM (SELECT convert_from(body, 'UTF8')::jsonb -> 'data' AS data FROM outbox
                              WHERE topic = 'notify.bell_changed.v1') o) e USING (user_id)
         GROUP BY 1, 2
        HAVING array_agg(e.seq ORDER BY e.seq) <> ARRAY(SELECT generate_series(1, b.seq))
    """,
    "I9: a waiting delivery has its next try ahead, or is due just now": """
        SELECT delivery_id FROM deliveries WHERE state = 'waiting' AND next_try_at < now() - interval '30 seconds'
    """,
}


class Client:
    """A client of the bus in a loop of its own, so that tests read from top to bottom."""

    def __init__(self, url: str) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.run(self._open(url))

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Runs it in the client's loop and answers its result."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(60)

    def close(self) -> None:
        """Ends both connections and the loop."""
        self.run(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def call(self, method: str, by: str | None, payload: object) -> Any:
        """One call of notify as this user. Raises Refusal."""
        return self.run(self.bus.rpc("notify", method, principal(by), payload, timeout=10))

    def publish(self, topic: str, body: bytes, kind: str = contracts.EVENT_CONTENT_TYPE) -> None:
        """Sends a message, confirmed."""

        async def send() -> None:
            exchange = await self.channel.get_exchange(event_exchange(contracts.TOPICS[topic].source), ensure=False)
            message = aio_pika.Message(body, content_type=kind, delivery_mode=2)
            await exchange.publish(message, topic, mandatory=True)

        self.run(send())

    async def _open(self, url: str) -> None:
        self.bus = Bus(url, "test")
        self.bus.start()
        await self.bus.publishing.ready(10)
        await self.bus.consuming.ready(10)
        self.connection = await aio_pika.connect(url)
        self.channel = await self.connection.channel()

    async def _close(self) -> None:
        await self.bus.close()
        await self.connection.close()


def principal(user: str | None) -> dict[str, Any] | None:
    return {"user_id": user, "session_id": "s", "roles": []} if user else None


def encoded(message: Message, event_id: UUID) -> bytes:
    """One event's bytes, as the relay sends them."""
    return contracts.encode(message, event_id=str(event_id), time=rfc3339(now()))


@dataclass
class World:
    """Everything these tests speak to."""

    amqp_url: str
    dsn: str
    home: Path
    client: Client
    line: LineDouble
    sns: Any
    programs: list[Program] = field(default_factory=list)

    def start(self, command: str, *, wait: bool = True, **environment: str) -> Program:
        """Another process: `service` or `work`. Waits until it is ready."""
        port = free_port()
        program = Program(
            [sys.executable, "-m", "notify", command],
            log=self.home / f"{command}-{len(self.programs)}.log",
            environment={
                "YESHI_ENV": "test",
                "AMQP_URL": self.amqp_url,
                "POSTGRES_DSN": self.dsn,
                "HEALTH_PORT": str(port),
                "PUBLIC_URL": "https://yeshi.example",
                "LINE_API_URL": self.line.url,
                "LINE_CHANNEL_ID": CHANNEL_ID,
                "LINE_CHANNEL_SECRET": CHANNEL_SECRET,
                "SNS_ENDPOINT_URL": self.sns.url,
                "SNS_TOPIC_ARN": self.sns.topic_arn,
                "AWS_ACCESS_KEY_ID": "local",
                "AWS_SECRET_ACCESS_KEY": "local",
                "DELIVERY_TIMEOUT_SECONDS": "1",
                **environment,
            },
        )
        program.health = f"http://127.0.0.1:{port}"  # type: ignore[attr-defined]
        program.start()
        self.programs.append(program)
        if wait:
            until(lambda: ready(program.health), 30)  # type: ignore[attr-defined]
        return program

    def rows(self, query: str, *parameters: object) -> list[tuple[Any, ...]]:
        """The answer of a query; changes are committed."""
        with contextlib.closing(psycopg2.connect(self.dsn)) as connection, connection, connection.cursor() as cursor:
            cursor.execute(query, parameters)
            return cursor.fetchall() if cursor.description else []

    def violations(self) -> dict[str, list[tuple[Any, ...]]]:
        """What breaks an invariant, by its name. Empty when all hold."""
        found = {name: self.rows(query) for name, query in INVARIANTS.items()}
        return {name: rows for name, rows in found.items() if rows}

    def call(self, method: str, by: str | None, **payload: Any) -> Any:
        """One call of notify as this user. Raises Refusal."""
        return self.client.call(method, by, payload)

    def changes(self, user: str) -> list[dict[str, Any]]:
        """Data of the user's `bell_changed` events, in the order they were written."""
        query = "SELECT convert_from(body, 'UTF8') FROM outbox WHERE topic = 'notify.bell_changed.v1' ORDER BY id"
        events = [msgspec.json.decode(body) for (body,) in self.rows(query)]
        return [one["data"] for one in events if one["subject"] == user]

    def tell(self, *messages: Message, copies: int = 1) -> list[str]:
        """Publishes events one by one, and returns once notify has committed them."""
        ids = [uuid7() for _ in messages]
        for message, one in zip(messages, ids, strict=True):
            for _ in range(copies):
                self.client.publish(message.topic, encoded(message, one))
        self.until_heard(ids)
        return [str(one) for one in ids]

    def tell_bundle(self, *messages: Message, copies: int = 1) -> list[str]:
        """Publishes events of one topic as the relay does under load."""
        ids = [uuid7() for _ in messages]
        bodies = [encoded(message, one) for message, one in zip(messages, ids, strict=True)] * copies
        for at in range(0, len(bodies), 100):
            packed = contracts.encode_bundle(bodies[at : at + 100])
            self.client.publish(messages[0].topic, packed, contracts.BUNDLE_CONTENT_TYPE)
        self.until_heard(ids)
        return [str(one) for one in ids]

    def until_heard(self, ids: Sequence[UUID]) -> None:
        """Returns once all these events took effect."""
        query = "SELECT count(*) FROM inbox WHERE consumer = 'notify' AND event_id = ANY(%s::uuid[])"
        until(lambda: self.rows(query, [str(one) for one in set(ids)]) == [(len(set(ids)),)], 30)

    def bound(self, name: str = "賣家", **person: Any) -> tuple[str, str]:
        """A new user bound to a new friend of the account: (user, LINE user)."""
        user, line_user = str(uuid7()), self.line.user(name, **person)
        self.tell(line_changed(user, line_user))
        return user, line_user

    def deliveries(self, user: str) -> list[tuple[str, str, str | None]]:
        """(channel, state, last error) of a user's deliveries, in the order of their making."""
        query = "SELECT channel, state, last_error FROM deliveries WHERE user_id = %s ORDER BY delivery_id"
        return self.rows(query, user)

    def settled(self, user: str, patience: float = 30) -> list[tuple[str, str, str | None]]:
        """The same, once none of them waits."""
        until(lambda: self.deliveries(user) and all(one[1] != "waiting" for one in self.deliveries(user)), patience)
        return self.deliveries(user)


def confirmed(seller: str, **values: Any) -> orders.OrderConfirmedV1:
    """A new order that stands."""
    fields = {"checkout_id": str(uuid7()), "order_id": str(uuid7()), "shop_id": str(uuid7()), "buyer_id": str(uuid7())}
    amounts = {"status": "unpaid", "items_total": 1200, "shipping_fee": 80, "total_price": 1280}
    return orders.OrderConfirmedV1(
        **{**fields, **amounts, "seller_id": seller, "confirmed_at": rfc3339(now()), **values}
    )


def moved(kind: type[Message], order: orders.OrderConfirmedV1, **values: Any) -> Message:
    """A later event of an order."""
    ids = {name: getattr(order, name) for name in ("checkout_id", "order_id", "shop_id", "seller_id", "buyer_id")}
    return kind(**{**ids, "at": rfc3339(now()), **values})


def line_changed(user: str, line_user: str | None, version: int = 1) -> users.LineChangedV1:
    """A binding."""
    return users.LineChangedV1(user_id=user, version=version, line_user_id=line_user, changed_at=rfc3339(now()))


def shop_changed(owner: str, staff: dict[str, str], **values: Any) -> catalog.ShopChangedV1:
    """A shop."""
    people = [catalog.Staff(user_id=owner, role="owner")]
    people += [catalog.Staff(user_id=user, role=role) for user, role in staff.items()]
    fields = {
        "shop_id": str(uuid7()),
        "version": 1,
        "name": "寧夏茶行",
        "kind": "茶行",
        "state": "open",
        "shipping": [],
    }
    return catalog.ShopChangedV1(**{**fields, "owner_id": owner, "staff": people, **values})


def webhook(event: dict[str, Any]) -> gateway.LineWebhookReceivedV1:
    """A LINE event as the door passes it on."""
    return gateway.LineWebhookReceivedV1(
        webhook_event_id=event["webhookEventId"],
        destination="U0",
        received_at=rfc3339(now()),
        body=msgspec.json.encode(event).decode(),
    )


@pytest.fixture(scope="session")
def line_double(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LineDouble]:
    """LINE."""
    port = free_port()
    home = tmp_path_factory.mktemp("line")
    program = Program([sys.executable, "-m", "yeshi_local.line", "--port", str(port)], log=home / "log")
    program.start()
    url = f"http://127.0.0.1:{port}"
    until(lambda: httpx.get(f"{url}/healthz", trust_env=False).status_code == 200)
    with LineDouble(url, channel_id=CHANNEL_ID, channel_secret=CHANNEL_SECRET) as double:
        yield double
    program.stop()


@pytest.fixture(scope="session")
def world(
    rabbitmq: RabbitServer,
    postgres: PostgresServer,
    sns: Any,
    line_double: LineDouble,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[World]:
    """One broker, one database, and one process of the service for all tests; each has users of its own."""
    name = f"notify-{secrets.token_hex(4)}"
    url, dsn = rabbitmq.server.add_vhost(name), postgres.fresh()
    asyncio.run(topology.declare(url))
    migrate(dsn, "notify")
    client = Client(url)
    made = World(url, dsn, tmp_path_factory.mktemp("notify"), client, line_double, sns.server)
    try:
        made.start("service")
        yield made
    finally:
        for program in made.programs:
            program.kill()
        client.close()
        rabbitmq.server.drop_vhost(name)
        postgres.drop(dsn)


@pytest.fixture(autouse=True)
def show_logs(world: World) -> Iterator[None]:
    """What the processes said meanwhile, for tests that fail."""
    sizes = {program.log: program.log.stat().st_size for program in world.programs}
    yield
    for program in world.programs:
        with program.log.open(errors="replace") as lines:
            lines.seek(sizes.get(program.log, 0))
            print(f"--- {program.log.name}", lines.read()[-6000:], sep="\n")


@pytest.fixture(scope="session")
def work(world: World) -> Program:
    """The work process."""
    return world.start("work")


@pytest.fixture
def away(work: Program) -> contextlib.AbstractContextManager[None]:
    """The work process does nothing for the block."""

    @contextlib.contextmanager
    def still() -> Iterator[None]:
        work.pause()
        try:
            yield
        finally:
            work.resume()

    return still()


@pytest.fixture
def line(world: World) -> Iterator[LineDouble]:
    """LINE, without the faults of another test afterwards."""
    yield world.line
    world.line.clear_faults()
    world.line.settings(quota=None, rates={})
    world.rows("DELETE FROM line_budget")


@pytest.fixture
def make() -> type["Make"]:
    """Makes events."""
    return Make


class Make:
    """The events notify hears."""

    confirmed = staticmethod(confirmed)
    moved = staticmethod(moved)
    line_changed = staticmethod(line_changed)
    shop_changed = staticmethod(shop_changed)
    webhook = staticmethod(webhook)
