"""Real servers for tests: each starts when the first test asks for it and ends with the session, however that ends."""

import contextlib
import os
import secrets
import tempfile
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg2
import pytest
from psycopg2 import sql

from yeshi_local.kit.service import begin_test, said
from yeshi_local.ports import free_port
from yeshi_local.proxy import Proxy
from yeshi_local.servers import S3, Account, Epmd, Mongo, Mosquitto, Postgres, RabbitMQ, Running, Server, Sns

Starter = Callable[[Server], Running]


def pytest_configure() -> None:
    """Our processes are compiled once, not at each of their hundred starts, whatever the surroundings wish."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """From here on logs belong to this test."""
    begin_test()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A failure shows what the service's processes said meanwhile."""
    report = yield
    if report.failed:
        report.sections += [(f"log {name}", text) for name, text in said()]
    return report


@pytest.fixture(scope="session")
def servers_home() -> Iterator[Path]:
    """A folder for the servers of this session, which a server's own user may enter."""
    with tempfile.TemporaryDirectory(prefix="yeshi-test-", ignore_cleanup_errors=True) as folder:
        os.chmod(folder, 0o755)  # noqa: S103 - PostgreSQL runs as another user than root
        yield Path(folder)


@pytest.fixture(scope="session")
def start_server() -> Iterator[Starter]:
    """Starts a server; all that were started are stopped at the end, the last one first."""
    with contextlib.ExitStack() as running:

        def start(server: Server) -> Running:
            program = Running(server)
            running.callback(program.stop)
            program.start()
            return program

        yield start


@dataclass
class RabbitServer:
    """A RabbitMQ for tests: `program` to stop, kill or freeze it, `server` to ask and configure it.

    `keeps`: its vhosts stay until it ends. A queue that is deleted while it still comes back after a kill takes down
    what hands dead letters on, and then no new queue can be had. Source: RabbitMQ 3.10, rabbit_fifo_dlx_sup.
    """

    server: RabbitMQ
    program: Running
    keeps: bool = False

    def few_returns(self, url: str) -> None:
        """Messages of this vhost are poison after two returns, where a real one waits for the fiftieth."""
        vhost = url.rpartition("/")[2]
        policy = {"pattern": ".*", "definition": {"delivery-limit": 2}, "apply-to": "queues"}
        self.server.api("PUT", f"/api/policies/{vhost}/few-returns", policy)


@dataclass
class PostgresServer:
    """The session's PostgreSQL."""

    server: Postgres
    program: Running

    def fresh(self) -> str:
        """The URL of a new empty database with a role of its own."""
        name = f"t_{secrets.token_hex(6)}"
        return self.server.create(name, name, secrets.token_hex(8))

    def drop(self, url: str) -> None:
        """Drops a database that `fresh` made, whoever is still connected."""
        name = url.rpartition("/")[2]
        with contextlib.closing(psycopg2.connect(self.server.url)) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
                cursor.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(name)))


@pytest.fixture(scope="session")
def rabbitmq(servers_home: Path, start_server: Starter) -> RabbitServer:
    """A RabbitMQ node with an administrator."""
    return _a_node(servers_home / "rabbitmq", start_server, keeps=False)


def private_rabbitmq(home: Path, start_server: Starter) -> RabbitServer:
    """Another node, for tests that break it."""
    return _a_node(home, start_server, keeps=True)


def _a_node(home: Path, start_server: Starter, *, keeps: bool) -> RabbitServer:
    epmd = free_port()
    start_server(Epmd(home / "epmd", epmd))
    admin = Account("admin", secrets.token_hex(8), ".*", ".*", ".*", administrator=True)
    node = RabbitMQ(home, free_port(), management=free_port(), distribution=free_port(), epmd=epmd, accounts=[admin])
    return RabbitServer(node, start_server(node), keeps)


@pytest.fixture(scope="session")
def postgres(servers_home: Path, start_server: Starter) -> PostgresServer:
    """A PostgreSQL cluster that leaves syncing to the kernel."""
    server = Postgres(servers_home / "postgres", free_port(), secrets.token_hex(8), durable=False)
    return PostgresServer(server, start_server(server))


@pytest.fixture(scope="session")
def mongo(servers_home: Path, start_server: Starter) -> Running:
    """MongoDB, a replica set of one."""
    return start_server(Mongo(servers_home / "mongo", free_port()))


@pytest.fixture(scope="session")
def s3(servers_home: Path, start_server: Starter) -> Running:
    """The S3 server with the media bucket."""
    return start_server(S3(servers_home / "s3", free_port(), secrets.token_hex(10), secrets.token_hex(20)))


@pytest.fixture(scope="session")
def sns(servers_home: Path, start_server: Starter) -> Running:
    """The SNS endpoint with the bell's topic."""
    return start_server(Sns(servers_home / "sns", free_port()))


@pytest.fixture(scope="session")
def mosquitto(servers_home: Path, start_server: Starter) -> Running:
    """Mosquitto with an administrator."""
    return start_server(Mosquitto(servers_home / "mosquitto", free_port(), "admin", secrets.token_hex(8)))


@dataclass
class Vhost:
    """A vhost of the session's RabbitMQ for one test."""

    name: str
    url: str
    rabbit: RabbitServer


@pytest.fixture
def rabbit_vhost(rabbitmq: RabbitServer) -> Iterator[Vhost]:
    """A fresh vhost, dropped afterwards."""
    name = f"t-{secrets.token_hex(4)}"
    yield Vhost(name, rabbitmq.server.add_vhost(name), rabbitmq)
    rabbitmq.server.drop_vhost(name)


@pytest.fixture
def rabbit_proxy(rabbitmq: RabbitServer) -> Iterator[Proxy]:
    """A proxy in front of the session's RabbitMQ."""
    proxy = Proxy(rabbitmq.server.port)
    yield proxy
    proxy.close()


@pytest.fixture
def postgres_database(postgres: PostgresServer) -> Iterator[str]:
    """The URL of a fresh empty database, dropped afterwards."""
    url = postgres.fresh()
    yield url
    postgres.drop(url)
