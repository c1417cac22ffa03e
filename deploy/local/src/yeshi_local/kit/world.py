"""Where a service's integration tests take place: its processes on a vhost with the topology, and hands on the bus."""

import asyncio
import contextlib
import secrets
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, TypeVar
from uuid import UUID

import httpx
import msgspec
import psycopg2

from chassis import topology
from chassis.ids import uuid7
from chassis.postgres.migrate import migrate
from chassis.testing.caller import Caller
from chassis.testing.events import encoded
from contracts import Message
from yeshi_local.kit.service import ServiceProcess
from yeshi_local.line.client import LineDouble
from yeshi_local.ports import free_port
from yeshi_local.pytest_plugin import PostgresServer, RabbitServer
from yeshi_local.servers.process import Program
from yeshi_local.testing import until

Principal = dict[str, Any] | None
Row = tuple[Any, ...]
W = TypeVar("W", bound="PostgresWorld")


def as_user(user: object) -> Principal:
    """The principal of a user; nobody's for None."""
    return {"user_id": str(user), "session_id": "s", "roles": []} if user is not None else None


@dataclass(kw_only=True)
class Processes:
    """Processes of one package on a vhost. `settings` are given to each of them."""

    package: str
    amqp_url: str
    home: Path
    settings: dict[str, object] = field(default_factory=dict)
    programs: list[ServiceProcess] = field(default_factory=list)

    def environment(self) -> dict[str, object]:
        """What each process finds in its environment."""
        return {"YESHI_ENV": "test", "AMQP_URL": self.amqp_url, **self.settings}

    def arguments(self, *command: str) -> list[str]:
        """What Python is given to run a command."""
        return ["-m", self.package, *command]

    def start(self, *command: str, wait: bool = True, **environment: object) -> ServiceProcess:
        """Another process, of the command `service` unless another is named. Waits until it is ready."""
        command = command or ("service",)
        program = ServiceProcess(
            self.arguments(*command),
            log=self.home / f"{self.package}-{command[0]}-{len(self.programs)}.log",
            environment={**self.environment(), **environment},
        )
        program.start()
        self.programs.append(program)
        if wait:
            program.until_ready()
        return program

    def start_all(self, *commands: str) -> list[ServiceProcess]:
        """Processes side by side. Waits until all are ready."""
        started = [self.start(command, wait=False) for command in commands]
        for program in started:
            program.until_ready()
        return started

    def once(self, *command: str, patience: float = 60, **environment: object) -> tuple[int, str]:
        """Runs a command until it ends: its exit status and what it said."""
        program = self.start(*command, wait=False, **environment)
        assert program.process is not None
        return program.process.wait(patience), program.said()

    def close(self) -> None:
        """Ends its processes."""
        for program in self.programs:
            program.kill()


@dataclass(kw_only=True)
class World(Processes):
    """The same with a client of the bus, which speaks to the service as its callers do."""

    client: Caller

    @property
    def service(self) -> str:
        """Its name on the bus."""
        return self.package.replace("_", "-")

    def ask(self, method: str, principal: Principal = None, payload: Any = None, timeout: float = 15) -> Any:
        """One call of the service. Raises Refusal."""
        return self.client.call(self.service, method, principal, payload, timeout=timeout)

    def call(self, method: str, user: object, /, **payload: Any) -> Any:
        """One call of the service as a user, or as nobody. Raises Refusal."""
        return self.ask(method, as_user(user), payload)

    def together(self, *calls: tuple[str, Principal, Any]) -> list[Any]:
        """Calls beside each other, each (method, principal, payload): its answer, or the error it raised."""
        return self.client.together(self.service, *calls)

    def publish(self, *messages: Message, copies: int = 1, bundled: bool = False) -> list[str]:
        """Events as the relay sends them, in this order, confirmed. Answers their ids."""
        ids = [uuid7() for _ in messages]
        run: list[bytes] = []
        for at, (message, event_id) in enumerate(zip(messages, ids, strict=True)):
            run.append(encoded(message, event_id))
            if at + 1 == len(messages) or messages[at + 1].topic != message.topic:
                for _ in range(copies):
                    self.client.publish(message.topic, *run, bundled=bundled)
                run = []
        return [str(one) for one in ids]


@dataclass(kw_only=True)
class PostgresWorld(World):
    """The same, of a service that keeps its state, inbox and outbox in PostgreSQL."""

    dsn: str

    invariants: ClassVar[dict[str, str]] = {}  # each query answers what must not be

    def environment(self) -> dict[str, object]:
        """What each process finds in its environment."""
        return {**super().environment(), "POSTGRES_DSN": self.dsn}

    def rows(self, query: str, *parameters: object) -> list[Row]:
        """The answer of a query; changes are committed."""
        return rows(self.dsn, query, *parameters)

    def violations(self) -> dict[str, list[Row]]:
        """What breaks an invariant, by its name. Empty when all hold."""
        found = {name: self.rows(query) for name, query in self.invariants.items()}
        return {name: rows for name, rows in found.items() if rows}

    def emitted(self, topic: str, subject: str) -> list[dict[str, Any]]:
        """Data of the outbox's events about one thing, in the order they were written."""
        query = "SELECT convert_from(body, 'UTF8') FROM outbox WHERE topic = %s ORDER BY id"
        events = [msgspec.json.decode(body) for (body,) in self.rows(query, topic)]
        return [one["data"] for one in events if one["subject"] == subject]

    def tell(self, *messages: Message, patience: float = 30, copies: int = 1, bundled: bool = False) -> list[str]:
        """Publishes events, and returns their ids once the service has committed what they mean."""
        ids = self.publish(*messages, copies=copies, bundled=bundled)
        self.until_heard(ids, patience)
        return ids

    def until_heard(self, ids: Sequence[str | UUID], patience: float = 30) -> None:
        """Returns once all these events took effect."""
        query = "SELECT count(*) FROM inbox WHERE consumer = %s AND event_id = ANY(%s::uuid[])"
        wanted = [str(one) for one in ids]
        until(lambda: self.rows(query, self.package, wanted) == [(len(wanted),)], patience)


def rows(dsn: str, query: str, *parameters: object) -> list[Row]:
    """The answer of a query on a connection of its own; changes are committed."""
    with contextlib.closing(psycopg2.connect(dsn)) as connection, connection, connection.cursor() as cursor:
        cursor.execute(query, parameters or None)
        return cursor.fetchall() if cursor.description else []


@contextlib.contextmanager
def vhost(rabbitmq: RabbitServer) -> Iterator[str]:
    """The URL of a vhost with the topology, dropped afterwards unless its node keeps them."""
    name = f"t-{secrets.token_hex(4)}"
    url = rabbitmq.server.add_vhost(name)
    try:
        asyncio.run(topology.declare(url))
        yield url
    finally:
        if not rabbitmq.keeps:
            rabbitmq.server.drop_vhost(name)


@contextlib.contextmanager
def database(postgres: PostgresServer, *packages: str) -> Iterator[str]:
    """The URL of a database with inbox, outbox and the tables of packages, dropped afterwards."""
    dsn = postgres.fresh()
    try:
        migrate(dsn, *packages)
        yield dsn
    finally:
        postgres.drop(dsn)


@contextlib.contextmanager
def postgres_world(
    kind: type[W], package: str, rabbitmq: RabbitServer, postgres: PostgresServer, home: Path, **more: Any
) -> Iterator[W]:
    """A world with nothing in it yet; its processes, client, vhost and database end with the block."""
    with (
        vhost(rabbitmq) as url,
        database(postgres, package) as dsn,
        contextlib.closing(Caller(url)) as client,
        contextlib.closing(kind(package=package, amqp_url=url, dsn=dsn, home=home, client=client, **more)) as made,
    ):
        yield made


@contextlib.contextmanager
def line_double(home: Path, **account: str) -> Iterator[LineDouble]:
    """LINE's double as a process, and its controls."""
    port = free_port()
    command = [sys.executable, "-m", "yeshi_local.line", "--port", str(port), "--data", str(home / "data")]
    program = Program(command, log=home / "line.log")
    program.start()
    try:
        url = f"http://127.0.0.1:{port}"
        until(lambda: httpx.get(f"{url}/healthz", trust_env=False).status_code == 200)
        with LineDouble(url, **account) as double:
            yield double
    finally:
        program.stop()
