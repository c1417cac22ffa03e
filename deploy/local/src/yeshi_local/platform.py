"""A whole platform of its own, for tests and benches: the same `up` as a person's, in another folder."""

import contextlib
import math
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.parse
import xmlrpc.client
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import psycopg2

from yeshi_local.machine import ROOT, Machine
from yeshi_local.ports import free_port
from yeshi_local.servers import RabbitMQ, Server
from yeshi_local.servers.rabbitmq import COUNTED_EVERY
from yeshi_local.supervision import Supervisor
from yeshi_local.testing import ready, until

DATABASES = ("users", "catalog", "orders", "notify", "edge")


class NotUp(RuntimeError):
    """The platform did not start; the text is what `up` said."""


class Platform:
    """The platform below `run`. Its processes are named as in processes.toml, servers `server-rabbitmq` and so on."""

    def __init__(
        self,
        run: Path,
        *,
        replicas: Mapping[str, int] | None = None,
        settings: Mapping[str, str] | None = None,
        durable: bool = False,
        proxied: bool = False,
    ) -> None:
        self.run = run
        self._port = free_port()
        self._durable = durable
        self._environment: dict[str, str] = {}
        self.supervisor = Supervisor(run)
        self._plan(replicas or {}, settings or {}, proxied)

    def _plan(self, replicas: Mapping[str, int], settings: Mapping[str, str], proxied: bool) -> None:
        self._environment = {
            "YESHI_RUN": str(self.run),
            "GATEWAY_PORT": str(self._port),
            "YESHI_DURABLE": "" if self._durable else "no",
            "YESHI_PROXY": "yes" if proxied else "",
            "YESHI_REPLICAS": ",".join(f"{name}={count}" for name, count in replicas.items()),
            "YESHI_SETTINGS": ",".join(f"{name}={value}" for name, value in settings.items()),
        }
        self.machine = Machine(
            self.run,
            gateway_port=self._port,
            outside={},
            durable=self._durable,
            replicas=replicas,
            overrides=settings,
            proxied=proxied,
        )
        self.values = self.machine.addresses()

    @property
    def url(self) -> str:
        """The first gateway, or the proxy in front of all."""
        return self.machine.public_url

    @property
    def gateways(self) -> list[str]:
        """Every replica of the gateway, or the proxy alone."""
        return self.machine.gateways()

    @property
    def rabbitmq(self) -> RabbitMQ:
        """The broker's own controls."""
        server = self.machine.server("rabbitmq")
        assert isinstance(server, RabbitMQ)
        return server

    def up(self) -> str:
        """Starts everything and answers what `up` said. Raises NotUp."""
        return self._command("up")

    def change(self, *, replicas: Mapping[str, int], settings: Mapping[str, str], proxied: bool = False) -> None:
        """Goes on with other replicas and settings, on the same data: what they concern is started anew."""
        before = self._environment
        self._plan(replicas, settings, proxied)
        if self._environment != before:
            self.up()

    def reset(self) -> None:
        """Stops everything and deletes it."""
        self._command("reset")

    def mirror_check(self) -> str:
        """What the comparison of the metadata with its mirror says. Raises NotUp when they differ."""
        return self._command("mirror-check")

    def _command(self, name: str) -> str:
        environment = {**os.environ, **self._environment}
        command = [sys.executable, "-m", "yeshi_local", name]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, cwd=ROOT)
        if done.returncode:
            raise NotUp(done.stdout + done.stderr)
        return done.stdout

    # -- processes ---------------------------------------------------------------------------------------------

    def names(self) -> list[str]:
        """Every process of ours, without the servers."""
        return [process.name for process in self.machine.processes()]

    def pid(self, name: str) -> int:
        """The pid of a process; 0 while it does not run."""
        return int(self.supervisor.rpc.getProcessInfo(name)["pid"])

    def kill(self, name: str) -> None:
        """SIGKILL, to its children too: RabbitMQ's node is a shell's child. It is started again at once."""
        pid = self.pid(name)
        if pid:
            for one in [*_children(pid), pid]:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(one, signal.SIGKILL)

    def quit(self, name: str) -> None:
        """SIGQUIT: PostgreSQL's «immediate» shutdown. It is started again at once."""
        os.kill(self.pid(name), signal.SIGQUIT)

    def stop(self, name: str) -> None:
        """SIGTERM, and it stays down."""
        with contextlib.suppress(xmlrpc.client.Fault):
            self.supervisor.rpc.stopProcess(name, True)

    def start(self, name: str, *, wait: bool = True) -> None:
        """Starts a stopped process or server, and waits until it serves."""
        self.supervisor.ensure(name)
        if wait:
            self.wait(name)

    def restart(self, name: str) -> None:
        """SIGTERM and start."""
        self.stop(name)
        self.start(name)

    def freeze(self, name: str, frozen: bool = True) -> None:
        """SIGSTOP or SIGCONT to the process and its children: it is there and does not answer."""
        for pid in [self.pid(name), *_children(self.pid(name))]:
            os.kill(pid, signal.SIGSTOP if frozen else signal.SIGCONT)

    def wait(self, name: str, patience: float = 60) -> None:
        """Returns when the process is ready or the server serves. Raises AssertionError."""
        if name.startswith("server-"):
            server = self.machine.server(name.removeprefix("server-"))
            assert server is not None
            until(lambda: _serves(server), patience)
            return
        health = next(process.health for process in self.machine.processes() if process.name == name)
        address = str(health).removesuffix("/readyz").removesuffix("/phone")
        if name == "line":
            until(lambda: _listens(address), patience)
            return
        until(lambda: ready(address), patience)

    def is_ready(self, name: str) -> bool:
        """Whether the process says so now."""
        try:
            self.wait(name, 0.5)
        except AssertionError:
            return False
        return True

    def answers(self, name: str) -> bool:
        """Whether the process has come so far that it can say whether it is ready."""
        health = next(process.health for process in self.machine.processes() if process.name == name)
        try:
            return _listens(str(health).removesuffix("/readyz").removesuffix("/phone"))
        except OSError:
            return False

    def wait_all(self, patience: float = 60) -> None:
        """Returns when every process is ready."""
        for name in self.names():
            self.wait(name, patience)

    def restarts(self, name: str) -> int:
        """How often supervisord had to start it again."""
        return self.supervisor.restarts(name)

    def killed(self, name: str) -> int:
        """How often of these it ended by SIGKILL, from whoever."""
        return self.supervisor.killed(name)

    def tail(self, name: str, lines: int) -> str:
        """The end of a process's log, under its name."""
        return self.supervisor.tail(name, lines)

    # -- what is in it -----------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def database(self, name: str) -> Iterator["psycopg2.extensions.cursor"]:
        """A cursor on a service's database, autocommit."""
        with contextlib.closing(psycopg2.connect(self.values[f"postgres.{name}"])) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                yield cursor

    def rows(self, name: str, query: str, *parameters: object) -> list[tuple[Any, ...]]:
        """The rows of a query on a service's database."""
        with self.database(name) as cursor:
            cursor.execute(query, parameters or None)
            return cursor.fetchall()

    def queues(self) -> dict[str, int]:
        """Messages of each lasting queue, in hand ones too."""
        vhost = urllib.parse.quote("yeshi", safe="")
        found = self.rabbitmq.api("GET", f"/api/queues/{vhost}?disable_stats=true&enable_queue_totals=true")
        return {queue["name"]: int(queue.get("messages", 0)) for queue in found if queue.get("durable")}

    def purge(self, queue: str) -> None:
        """Empties a queue that nobody fills, and returns when the broker's counts say so too."""
        vhost = urllib.parse.quote("yeshi", safe="")
        self.rabbitmq.api("DELETE", f"/api/queues/{vhost}/{queue}/contents")
        until(lambda: self.queues()[queue] == 0)

    def unpublished(self) -> int:
        """Outbox rows that wait, over all PostgreSQL databases."""
        count = "SELECT count(*) FROM outbox WHERE published_at IS NULL"
        return sum(int(self.rows(name, count)[0][0]) for name in DATABASES)

    def settle(self, patience: float = 60) -> None:
        """Returns when outboxes and queues are empty; the dead queue may keep what it has. Raises AssertionError."""
        calm_since = math.inf

        def calm() -> bool:
            nonlocal calm_since
            idle = self.unpublished() == 0 and not self._waiting()
            calm_since = min(calm_since, time.monotonic()) if idle else math.inf
            return time.monotonic() - calm_since > 2 * COUNTED_EVERY  # the broker's counts may be that old

        until(calm, patience)

    def _waiting(self) -> dict[str, int]:
        return {name: count for name, count in self.queues().items() if count and name != "dead"}


def _serves(server: Server) -> bool:
    server.probe()
    return True


def _children(pid: int) -> list[int]:
    """Of every thread, with their own: the broker's helpers hang on one of its threads."""
    listed: list[str] = []
    with contextlib.suppress(OSError):  # it is gone already
        for task in Path(f"/proc/{pid}/task").iterdir():
            listed += (task / "children").read_text().split()
    return [grandchild for child in map(int, listed) for grandchild in (child, *_children(child))]


def _listens(address: str) -> bool:
    host, _, port = address.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=1):
        return True
