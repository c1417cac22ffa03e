"""The example service as a real process, and hands to speak to it over the real bus."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import aio_pika
import pytest

import contracts
from chassis.aio import Bus
from contracts import users
from contracts.naming import event_exchange, event_queue
from yeshi_local.kit.service import ServiceProcess
from yeshi_local.kit.world import Processes, database, rows, vhost

QUEUE = event_queue("notify")
HERE = Path(__file__).parent


@dataclass(kw_only=True)
class World(Processes):
    """A vhost with the topology, a database with the example's tables, and processes on them."""

    dsn: str

    def arguments(self, *command: str) -> list[str]:
        """A command is one of the example's scripts."""
        return [str(HERE / "example" / command[0])]

    def environment(self) -> dict[str, object]:
        """What each process finds in its environment."""
        return {**super().environment(), "POSTGRES_DSN": self.dsn}

    def start(self, *command: str, wait: bool = True, **environment: object) -> ServiceProcess:
        """Another process of the example, or of another script. Waits until it is ready."""
        return super().start(*(command or ("example.py",)), wait=wait, **environment)

    def rows(self, query: str) -> list[tuple]:
        """The answer of a query."""
        return rows(self.dsn, query)

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


@contextlib.contextmanager
def a_world(amqp_url: str, dsn: str, home: Path) -> Iterator[World]:
    """The example's world; its processes end with the block."""
    rows(dsn, "CREATE TABLE effects (event_id uuid PRIMARY KEY, user_id text); CREATE TABLE marks (mark text)")
    with contextlib.closing(World(package="example", amqp_url=amqp_url, home=home, dsn=dsn)) as made:
        yield made


@pytest.fixture
def world(rabbitmq, postgres, tmp_path) -> Iterator[World]:
    """A world of one test."""
    with vhost(rabbitmq) as url, database(postgres) as dsn, a_world(url, dsn, tmp_path) as made:
        yield made


@pytest.fixture(scope="module")
def serving(rabbitmq, postgres, tmp_path_factory) -> Iterator[World]:
    """A world with a green and an async process, shared by the tests of a module that break nothing."""
    home = tmp_path_factory.mktemp("example")
    with vhost(rabbitmq) as url, database(postgres) as dsn, a_world(url, dsn, home) as made:
        made.start_all("example.py", "async_example.py")
        yield made
