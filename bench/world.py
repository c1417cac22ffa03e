"""What is measured on: a whole platform of its own, the peer beside it and a market, all on the same servers."""

import contextlib
import secrets
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import psycopg2

from bench import groups
from bench.market import Market
from yeshi_local.faults.peer import Peer
from yeshi_local.machine import ROOT
from yeshi_local.platform import Platform
from yeshi_local.servers import Postgres
from yeshi_local.servers.process import Program
from yeshi_local.testing import until

SECOND_GATEWAY = "gateway-2"
MIRRORED = "yeshi_media_mirror_lag_seconds 0.0"
PEER_PRODUCTS, PEER_STOCK = 1000, 1_000_000
EXAMPLE = ROOT / "libs" / "chassis" / "tests" / "integration" / "example"


@dataclass
class World:
    """The servers, ours and the peer. Parts start when a row first asks for them."""

    home: Path
    platform: Platform
    keeping: contextlib.ExitStack
    boot_seconds: float = 0.0
    minutes: float = 10.0
    _programs: list[Program] = field(default_factory=list)

    @property
    def url(self) -> str:
        """The gateway."""
        return self.platform.url

    @cached_property
    def market(self) -> Market:
        """1,000 products of 50 sellers, and 64 buyers."""
        started = time.monotonic()
        print("the market opens: 50 sellers, 1,000 products, 64 buyers", flush=True)
        made = Market.open(self.platform)
        print(f"  after {time.monotonic() - started:.0f} s", flush=True)
        return made

    @cached_property
    def peer(self) -> Peer:
        """The plain nameko peer on a vhost and a database of its own."""
        made = Peer(self.vhost("peer"), self.database("peer"), self.home)
        self.keeping.enter_context(made.running(PEER_PRODUCTS, PEER_STOCK))
        return made

    @cached_property
    def bus(self) -> str:
        """A vhost with our topology in which nothing of the platform runs."""
        url = self.vhost("bench")
        environment = {"AMQP_URL": url}
        done = self.program([sys.executable, "-m", "chassis.topology"], "topology", environment)
        assert done.process is not None
        if done.process.wait(60):
            raise RuntimeError(done.tail())
        return url

    def vhost(self, name: str) -> str:
        """A new vhost of the same broker. Answers its URL."""
        return self.platform.rabbitmq.add_vhost(name)

    def database(self, name: str) -> str:
        """A new database of the same PostgreSQL. Answers its URL."""
        server = self.platform.machine.server("postgres")
        assert isinstance(server, Postgres)
        return server.create(f"bench_{name}", f"bench_{name}", secrets.token_hex(12))

    def program(self, argv: list[str], name: str, environment: Mapping[str, str]) -> Program:
        """Starts a program that ends with the bench."""
        made = Program(argv, log=self.home / f"{name}.log", environment=environment)
        made.start()
        self.keeping.callback(made.kill)
        return made

    def roots(self) -> dict[str, list[int]]:
        """First processes of each group of the platform."""
        names = {*self.platform.names(), "server-rabbitmq", "server-postgres"}
        return {
            group: [self.platform.pid(name) for name in members if name in names]
            for group, members in groups.GROUPS.items()
        }

    def peer_roots(self) -> dict[str, list[int]]:
        """The peer's processes, and the servers it stands on."""
        servers = {name: self.roots()[name] for name in ("rabbitmq", "postgres")}
        processes = {name: [program.pid] for name, program in self.peer.programs.items() if name != "schema"}
        return {
            "gateway": processes.pop("gateway"),
            "service": [one for pids in processes.values() for one in pids],
        } | servers

    def quiet(self) -> None:
        """Returns when nothing is under way: queues and outboxes are empty, and every document lies in its mirror."""
        self.platform.settle()
        health = next(one.health for one in self.platform.machine.processes() if one.name == "media-work")
        metrics = str(health).removesuffix("/readyz") + "/metrics"
        until(lambda: MIRRORED in urllib.request.urlopen(metrics, timeout=5).read().decode().splitlines(), 180)  # noqa: S310 - our own process

    def flush(self) -> None:
        """What was written so far reaches PostgreSQL's data files now, and not during what is measured next."""
        server = self.platform.machine.server("postgres")
        assert isinstance(server, Postgres)
        with contextlib.closing(psycopg2.connect(server.url)) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute("CHECKPOINT")

    def alone(self) -> None:
        """One gateway only."""
        self.platform.stop(SECOND_GATEWAY)

    def both(self) -> None:
        """Two gateways."""
        self.platform.start(SECOND_GATEWAY)


@contextlib.contextmanager
def world() -> Iterator[World]:
    """Up with durable servers for the block; stopped and deleted afterwards."""
    with contextlib.ExitStack() as keeping:
        folder = keeping.enter_context(tempfile.TemporaryDirectory(prefix="yeshi-bench-", ignore_cleanup_errors=True))
        home = Path(folder)
        home.chmod(0o755)  # PostgreSQL runs as another user than root
        platform = Platform(home / "run", replicas={"gateway": 2}, settings={"LIMIT_FACTOR": "100000"}, durable=True)
        keeping.callback(platform.reset)
        started = time.monotonic()
        print("a platform of its own starts, with everything synced to disk", flush=True)
        platform.up()
        made = World(home, platform, keeping, time.monotonic() - started)
        print(f"  up after {made.boot_seconds:.0f} s", flush=True)
        made.alone()
        yield made
