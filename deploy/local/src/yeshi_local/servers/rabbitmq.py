"""RabbitMQ as a private node: own name, own cookie, own epmd, everything on loopback."""

import base64
import hashlib
import json
import os
import subprocess
import urllib.parse
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from yeshi_local.servers.base import Server, ServerMissing, program

BIN = Path("/usr/lib/rabbitmq/bin")
VHOST = "yeshi"
EVERYWHERE = Path(__file__).resolve().parents[4] / "rabbitmq" / "bus.conf"  # also what the container reads
# Seconds: how old the counts of a queue's messages may be. Fresh where somebody waits for them, on a platform whose
# queues stay; RabbitMQ's own where queues come and go by the thousand, each count racing with a deletion.
COUNTED_EVERY, USUALLY = 0.5, 5.0


class Epmd(Server):
    """Erlang's port mapper, a private one: the node's helper that would otherwise stay behind as a daemon."""

    name = "epmd"

    @property
    def argv(self) -> list[str]:
        """In the foreground."""
        return [program("epmd", package="rabbitmq-server"), "-port", str(self.port), "-address", "127.0.0.1"]


@dataclass(frozen=True)
class Account:
    """A broker user: what it may configure, write and read (regular expressions), and to which topics it may write."""

    name: str
    password: str
    configure: str = "^$"
    write: str = "^$"
    read: str = "^$"
    topics: tuple[tuple[str, str], ...] = ()  # (exchange, write pattern)
    administrator: bool = False


class RabbitMQ(Server):
    """A node with the management API on loopback. Users and rights come from `accounts` at its first boot."""

    name = "rabbitmq"

    def __init__(
        self,
        home: Path,
        port: int,
        *,
        management: int,
        distribution: int,
        epmd: int,
        accounts: Sequence[Account],
        counted_every: float = USUALLY,
    ) -> None:
        super().__init__(home, port)
        self.management = management
        self._distribution = distribution
        self._epmd = epmd
        self._accounts = accounts
        self._counted_every = int(counted_every * 1000)  # milliseconds
        self._admin = next(account for account in accounts if account.administrator)
        self.node = f"yeshi-{hashlib.sha256(str(home.resolve()).encode()).hexdigest()[:8]}@localhost"

    def url(self, account: Account | None = None, vhost: str = VHOST) -> str:
        """The AMQP URL of an account; the administrator's without one."""
        who = account or self._admin
        return f"amqp://{who.name}:{who.password}@127.0.0.1:{self.port}/{urllib.parse.quote(vhost, safe='')}"

    @property
    def argv(self) -> list[str]:
        """The server without Debian's wrapper, which would change the user."""
        if not (BIN / "rabbitmq-server").exists():
            raise ServerMissing("RabbitMQ is not installed: apt-get install rabbitmq-server")
        return [str(BIN / "rabbitmq-server")]

    @property
    def environment(self) -> Mapping[str, str]:
        """Everything the node would otherwise take from /etc or the user's home."""
        loopback = "-kernel inet_dist_use_interface {127,0,0,1}"
        # Two schedulers that look once more before they sleep: the node is up in 5.9 s instead of 7.9, no busier idle.
        idle = "+S 2:2 +sbwt very_short +sbwtdcpu none +sbwtdio none"
        counted = f"-rabbit quorum_tick_interval {self._counted_every}"  # rabbitmq.conf has no word for it
        return {
            "HOME": str(self.home),
            "RABBITMQ_NODENAME": self.node,
            "RABBITMQ_DIST_PORT": str(self._distribution),
            "RABBITMQ_MNESIA_BASE": str(self.home / "mnesia"),
            "RABBITMQ_LOG_BASE": str(self.home / "logs"),
            "RABBITMQ_CONFIG_FILE": str(self.home / "rabbitmq.conf"),
            "RABBITMQ_CONF_ENV_FILE": str(self.home / "none"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.home / "enabled_plugins"),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": f"{loopback} {counted} {idle}",
            "RABBITMQ_CTL_ERL_ARGS": loopback,
            "ERL_EPMD_PORT": str(self._epmd),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "LC_ALL": "C.UTF-8",
        }

    def prepare(self) -> None:
        """Configuration, plugins, cookie and the accounts."""
        super().prepare()
        self.home.chmod(0o700)
        (self.home / "enabled_plugins").write_text("[rabbitmq_management].\n")
        cookie = self.home / ".erlang.cookie"
        if not cookie.exists():
            cookie.write_text(os.urandom(16).hex())
            cookie.chmod(0o400)
        (self.home / "definitions.json").write_text(json.dumps(definitions(self._accounts), indent=2))
        (self.home / "definitions.json").chmod(0o600)
        (self.home / "rabbitmq.conf").write_text(
            f"listeners.tcp.1 = 127.0.0.1:{self.port}\n"
            f"management.tcp.ip = 127.0.0.1\nmanagement.tcp.port = {self.management}\n"
            f"load_definitions = {self.home / 'definitions.json'}\n"
            "disk_free_limit.absolute = 50MB\nlog.file.level = warning\nlog.console = false\n"
            f"management_agent.disable_metrics_collector = false\ncollect_statistics_interval = {self._counted_every}\n"
            + EVERYWHERE.read_text()
        )

    def probe(self) -> None:
        """The node is up when its API answers and the AMQP port is open."""
        super().probe()
        self.api("GET", "/api/vhosts/" + VHOST)

    def api(self, method: str, path: str, body: Any = None) -> Any:
        """One call of the management API as the administrator. Raises urllib's HTTPError."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.management}{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        login = base64.b64encode(f"{self._admin.name}:{self._admin.password}".encode()).decode()
        request.add_header("Authorization", f"Basic {login}")
        with urllib.request.urlopen(request, timeout=10) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def ctl(self, *arguments: str, timeout: float = 60) -> str:
        """rabbitmqctl on this node."""
        return subprocess.run(
            [str(BIN / "rabbitmqctl"), "-q", "--node", self.node, *arguments],
            env={**os.environ, **self.environment},
            check=True,
            capture_output=True,
            text=True,
            timeout=timeout,
        ).stdout

    def alarm(self, on: bool) -> None:
        """Raises or ends a memory alarm: publishers are blocked, consumers go on."""
        self.ctl("set_vm_memory_high_watermark", "0.00000001" if on else "0.4")

    def add_vhost(self, name: str) -> str:
        """A fresh vhost for the administrator, and its URL."""
        self.api("PUT", f"/api/vhosts/{name}")
        everything = {"configure": ".*", "write": ".*", "read": ".*"}
        self.api("PUT", f"/api/permissions/{name}/{self._admin.name}", everything)
        return self.url(vhost=name)

    def drop_vhost(self, name: str) -> None:
        """Deletes a vhost with all that is in it."""
        self.api("DELETE", f"/api/vhosts/{name}")


def definitions(accounts: Sequence[Account]) -> dict[str, Any]:
    """Users, rights and the vhost in the form that `load_definitions` reads."""
    return {
        "users": [
            {
                "name": account.name,
                "password_hash": _hash(account.password),
                "hashing_algorithm": "rabbit_password_hashing_sha256",
                "tags": "administrator" if account.administrator else "",
            }
            for account in accounts
        ],
        "vhosts": [{"name": VHOST}],
        "permissions": [
            {
                "user": account.name,
                "vhost": VHOST,
                "configure": account.configure,
                "write": account.write,
                "read": account.read,
            }
            for account in accounts
        ],
        "topic_permissions": [
            {"user": account.name, "vhost": VHOST, "exchange": exchange, "write": write, "read": ".*"}
            for account in accounts
            for exchange, write in account.topics
        ],
    }


def _hash(password: str) -> str:
    """RabbitMQ's salted SHA-256. Source: rabbitmq.com/docs/passwords."""
    salt = os.urandom(4)
    return base64.b64encode(salt + hashlib.sha256(salt + password.encode()).digest()).decode()
