"""Users as real processes on a real database and a real bus."""

import asyncio
import contextlib
import secrets
import sys
import threading
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aio_pika
import jwt
import psycopg2
import pytest

import contracts
from chassis import topology
from chassis.aio import Bus
from chassis.ids import uuid7
from chassis.postgres.migrate import migrate
from yeshi_local.ports import free_port
from yeshi_local.servers.process import Program
from yeshi_local.testing import ready, until

ISSUER = "https://yeshi.test"
AUDIENCE = "yeshi"


@dataclass
class World:
    """A vhost with the topology, a database with users' tables, processes on them, and a bus client."""

    amqp_url: str
    dsn: str
    home: Path
    programs: list[Program] = field(default_factory=list)

    issuer = ISSUER
    audience = AUDIENCE

    def __post_init__(self) -> None:
        self._loop = asyncio.new_event_loop()  # in a thread of its own, so that heartbeats go on while a test waits
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._bus = self.run(self._connected())
        self._exchange, self._heard = self.run(self._listening())

    async def _connected(self) -> Bus:
        bus = Bus(self.amqp_url, "test")
        bus.start()
        await bus.publishing.ready(20)
        await bus.consuming.ready(20)
        return bus

    async def _listening(self) -> tuple[Any, Any]:
        self._connection = await aio_pika.connect(self.amqp_url)
        channel = await self._connection.channel()
        heard = await channel.declare_queue("", exclusive=True)
        await heard.bind("users.events", "#")
        return await channel.get_exchange("gateway.events"), heard

    def start(self, replicas: int = 1) -> None:
        """Replicas of the service, started together, and waits until all are ready."""
        addresses = [self.replica()[1] for _ in range(replicas)]
        for address in addresses:
            until(lambda address=address: ready(address), 40)

    def replica(self, **environment: object) -> tuple[Program, str]:
        """Another process of the service, and where its health is asked."""
        port = free_port()
        program = self._program(["users", "service"], {**self.settings(), "HEALTH_PORT": port, **environment})
        return program, f"http://127.0.0.1:{port}"

    def relay(self) -> Program:
        """The process that publishes the outbox."""
        return self._program(["users", "relay"], self.settings())

    def command(self, *arguments: str, **environment: object) -> Program:
        """A command of the package, until it ends."""
        program = self._program(["users", *arguments], {**self.settings(), **environment})
        until(lambda: not program.running, 40)
        return program

    def settings(self) -> dict[str, object]:
        """What a process of users finds in its environment."""
        return {
            "YESHI_ENV": "test",
            "AMQP_URL": self.amqp_url,
            "POSTGRES_DSN": self.dsn,
            "JWT_ISSUER": ISSUER,
            "JWT_AUDIENCE": AUDIENCE,
            "KEY_ENCRYPTION_SECRET": "a secret of this test world alone",
            "LINE_ACCESS_URL": "https://line.test",
        }

    def _program(self, module: list[str], values: dict[str, object]) -> Program:
        program = Program(
            [sys.executable, "-m", *module],
            log=self.home / f"{'-'.join(module[:2])}-{len(self.programs)}.log",
            environment={name: str(value) for name, value in values.items()},
        )
        program.start()
        self.programs.append(program)
        return program

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Runs asyncio work beside the bus client."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(60)

    def call(self, method: str, principal: dict | None = None, payload: object = None) -> Any:
        """One call. Raises what users refuses."""
        return self.run(self.calling(method, principal, payload))

    async def calling(self, method: str, principal: dict | None = None, payload: object = None) -> Any:
        """The same, to be awaited beside others."""
        return await self._bus.rpc("users", method, principal, payload, timeout=15)

    @staticmethod
    def principal(session: dict, *roles: str) -> dict:
        """What the gateway makes of a session's access token."""
        said = jwt.decode(session["access_token"], options={"verify_signature": False})
        return {"user_id": said["sub"], "session_id": said["sid"], "roles": list(roles) or said["roles"]}

    def register(self, **changes: object) -> dict:
        """Somebody new, logged in."""
        payload = {
            "user_id": str(uuid7()),
            "session_id": str(uuid7()),
            "email": f"{secrets.token_hex(6)}@yeshi.test",
            "password": "correct horse battery",
            "name": "王小明",
        }
        return self.call("register", None, {**payload, **changes})

    def together(self, calls: list[tuple[str, dict | None, object]]) -> list[Any]:
        """Calls beside each other: what each answered, or the refusal."""

        async def gather() -> list[Any]:
            return await asyncio.gather(*(self.calling(*one) for one in calls), return_exceptions=True)

        return self.run(gather())

    def published(self, count: int, want: Callable[[contracts.Event], bool] = lambda event: True) -> list[Any]:
        """The next so many events of users on the bus that are wanted, as (topic, data)."""
        found: list[Any] = []

        async def gather() -> None:
            while len(found) < count:
                message = await self._heard.get(no_ack=True, fail=False)
                if message is None:
                    await asyncio.sleep(0.05)
                    continue
                bundle = contracts.is_bundle(message.content_type)
                bodies = contracts.decode_bundle(message.body) if bundle else [message.body]
                events = [contracts.decode(body) for body in bodies]
                found.extend(contracts.data_of(event) for event in events if want(event))

        self.run(asyncio.wait_for(gather(), 20))
        return found

    def send(self, *messages: contracts.Message, event_id: str | None = None) -> None:
        """Publishes events of the gateway, confirmed."""

        async def publish() -> None:
            for message in messages:
                body = contracts.encode(message, event_id=event_id or str(uuid7()), time="2026-12-01T12:00:00.000000Z")
                sent = aio_pika.Message(body, content_type=contracts.EVENT_CONTENT_TYPE, delivery_mode=2)
                await self._exchange.publish(sent, message.topic, mandatory=True)

        self.run(publish())

    def depth(self, queue: str) -> int:
        """Messages in a queue that nobody has in hand."""

        async def ask() -> int:
            channel = await self._connection.channel()
            declared = await channel.declare_queue(queue, passive=True)
            await channel.close()
            return declared.declaration_result.message_count

        return self.run(ask())

    def rows(self, query: str, *values: object) -> list[tuple]:
        """The answer of a query."""
        with contextlib.closing(psycopg2.connect(self.dsn)) as connection, connection, connection.cursor() as cursor:
            cursor.execute(query, values)
            return cursor.fetchall() if cursor.description else []

    def close(self) -> None:
        """Ends everything and shows the logs."""
        self.run(self._bus.close())
        self.run(self._connection.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()
        for program in self.programs:
            program.stop()
            print(f"--- {program.log.name}\n{program.tail(60)}")


@pytest.fixture(scope="module")
def empty_world(rabbitmq, postgres, tmp_path_factory) -> Iterator[World]:
    """Servers and tables, and no process yet."""
    name = f"t-{secrets.token_hex(4)}"
    url, dsn = rabbitmq.server.add_vhost(name), postgres.fresh()
    asyncio.run(topology.declare(url))
    migrate(dsn, "users")
    made = World(url, dsn, tmp_path_factory.mktemp("users"))
    yield made
    made.close()
    postgres.drop(dsn)
    rabbitmq.server.drop_vhost(name)


@pytest.fixture(scope="module")
def world(empty_world: World) -> World:
    """The service and its relay."""
    empty_world.start()
    empty_world.relay()
    return empty_world
