"""The example service as a real process, and hands to speak to it over the real bus."""

import asyncio
import contextlib
import sys
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import aio_pika
import psycopg2
import pytest

import contracts
from chassis import topology
from chassis.aio import Bus
from chassis.postgres.migrate import migrate
from contracts import users
from contracts.naming import event_exchange, event_queue
from yeshi_local.ports import free_port
from yeshi_local.servers.process import Program
from yeshi_local.testing import ready, until

QUEUE = event_queue("notify")
HERE = Path(__file__).parent


@dataclass
class World:
    """A vhost with the topology, a database with the example's tables, and processes on them."""

    amqp_url: str
    dsn: str
    home: Path
    programs: list[Program] = field(default_factory=list)

    def start(self, script: str = "example.py", wait: bool = True, **environment: object) -> Program:
        """Another process of the example. Waits until it is ready."""
        port = free_port()
        values = {"AMQP_URL": self.amqp_url, "POSTGRES_DSN": self.dsn, "HEALTH_PORT": port, "YESHI_ENV": "test"}
        program = Program(
            [sys.executable, str(HERE / "example" / script)],
            log=self.home / f"example-{len(self.programs)}.log",
            environment={name: str(value) for name, value in {**values, **environment}.items()},
        )
        program.health = f"http://127.0.0.1:{port}"  # type: ignore[attr-defined]
        program.start()
        self.programs.append(program)
        if wait:
            until(lambda: ready(program.health))
        return program

    def rows(self, query: str) -> list[tuple]:
        """The answer of a query."""
        with contextlib.closing(psycopg2.connect(self.dsn)) as connection, connection.cursor() as cursor:
            cursor.execute(query)
            return cursor.fetchall()

    def run(self, work: Callable[[Bus], Awaitable[object]], url: str | None = None) -> object:
        """Runs asyncio work with a bus client that is up."""

        async def session() -> object:
            bus = Bus(url or self.amqp_url, "test")
            bus.start()
            await bus.publishing.ready(10)
            await bus.consuming.ready(10)
            try:
                return await work(bus)
            finally:
                await bus.close()

        return asyncio.run(session())

    def send(
        self,
        *bodies: bytes,
        content_type: str = contracts.EVENT_CONTENT_TYPE,
        topic: type[contracts.Message] = users.SellerChangedV1,
    ) -> None:
        """Publishes bodies to the exchange of a topic, confirmed."""

        async def work() -> None:
            async with await aio_pika.connect(self.amqp_url) as connection:
                channel = await connection.channel()
                exchange = await channel.get_exchange(event_exchange(topic.source))
                for body in bodies:
                    message = aio_pika.Message(body, content_type=content_type, delivery_mode=2)
                    await exchange.publish(message, topic.topic, mandatory=True)

        asyncio.run(work())

    def effects(self) -> int:
        """How many events took effect."""
        return self.rows("SELECT count(*) FROM effects")[0][0]

    def depth(self, queue: str = QUEUE) -> int:
        """Messages in a queue that nobody has in hand."""

        async def work() -> int:
            async with await aio_pika.connect(self.amqp_url) as connection:
                channel = await connection.channel()
                return (await channel.declare_queue(queue, passive=True)).declaration_result.message_count

        return asyncio.run(work())

    def call(self, method: str, payload: object, timeout: float = 5, service: str = "notify") -> object:
        """One call of the example."""
        return self.run(lambda bus: bus.rpc(service, method, None, payload, timeout=timeout))


@pytest.fixture
def world(rabbit_vhost, postgres_database, tmp_path) -> Iterator[World]:
    """The example's world; its processes are ended afterwards and their logs shown when a test fails."""
    asyncio.run(topology.declare(rabbit_vhost.url))
    migrate(postgres_database)
    with contextlib.closing(psycopg2.connect(postgres_database)) as connection, connection:
        connection.cursor().execute(
            "CREATE TABLE effects (event_id uuid PRIMARY KEY, user_id text); CREATE TABLE marks (mark text)"
        )
    made = World(rabbit_vhost.url, postgres_database, tmp_path)
    yield made
    for program in made.programs:
        program.kill()
        print(f"--- {program.log.name}\n{program.tail(60)}")
