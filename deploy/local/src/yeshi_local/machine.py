"""What this machine's stack looks like: servers, addresses, secrets, and each process with its settings filled in."""

import json
import os
import re
import secrets
import sys
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg2

from yeshi_local import accounts, front
from yeshi_local.ports import remembered
from yeshi_local.servers import S3, Account, Epmd, Mongo, Mosquitto, Postgres, RabbitMQ, Server, Sns
from yeshi_local.servers.rabbitmq import COUNTED_EVERY
from yeshi_local.servers.small import ACCOUNT, BUCKET, REGION, TOPIC

ROOT = Path(__file__).resolve().parents[4]
DATABASES = ("users", "catalog", "orders", "notify", "edge")
OUTSIDE = (
    "RABBITMQ_URL",
    "POSTGRES_URL",
    "MONGO_URL",
    "S3_ENDPOINT_URL",
    "MQTT_URL",
    "SNS_ENDPOINT_URL",
    "LINE_API_URL",
    "SMTP_URL",
)
#: The double's own channels; their secrets are made by each machine.
LINE_CHANNEL, LINE_LOGIN_CHANNEL, LINE_PAY_CHANNEL = "2000000001", "2000000002", "2000000003"
UNPAID_TIMEOUT = "86400"  # seconds
SERVER_PORTS = ["rabbitmq", "management", "distribution", "epmd", "postgres", "mongo", "s3", "mosquitto", "sns"]
PORTS = [*SERVER_PORTS, "line", "smtp", "mailbox"]


@dataclass(frozen=True)
class Process:
    """One of our processes: its command, its settings, and where it answers /readyz (none: it has no such page).

    `needs_bus`: it is not ready before RabbitMQ serves.
    """

    name: str
    argv: tuple[str, ...]
    settings: Mapping[str, str]
    health: str | None
    needs_bus: bool = False


class Machine:
    """The stack below one folder. `outside` names servers that are there already and are used instead of ours.

    `replicas` says of which processes there are several; `overrides` are settings that every process gets instead of
    those in processes.toml, or one alone: `orders.LOG_LEVEL`. `durable=False` (tests) leaves syncing to the kernel.
    `proxied`: the public address is a proxy's in front of the gateways.
    """

    def __init__(
        self,
        run: Path,
        *,
        gateway_port: int,
        outside: Mapping[str, str],
        durable: bool = True,
        replicas: Mapping[str, int] | None = None,
        overrides: Mapping[str, str] | None = None,
        proxied: bool = False,
    ) -> None:
        self.run = run
        self.gateway_port = gateway_port
        self._replicas = replicas or {}
        self._overrides = overrides or {}
        self.outside = {name: url for name, url in outside.items() if name in OUTSIDE and url}
        self._durable = durable
        self._proxied = proxied
        self._plan = tomllib.loads((ROOT / "deploy" / "processes.toml").read_text())
        run.mkdir(parents=True, exist_ok=True)
        self._secrets_file = run / "secrets.json"
        self._secrets: dict[str, str] = (
            json.loads(self._secrets_file.read_text()) if self._secrets_file.exists() else {}
        )
        if unknown := set(self._replicas) - set(self._plan["process"]):
            raise ValueError(f"no such processes: {', '.join(sorted(unknown))}")
        names = [name for process in self._plan["process"] for name in self._names(process)]
        ports = [*PORTS, *(f"health-{name}" for name in names), *(f"http-{n}" for n in self._private_doors())]
        self.ports = remembered(run / "ports.json", ports, apart_from=gateway_port)
        self.accounts = accounts.accounts(lambda name: self.secret(f"amqp-{name}"))
        self.servers = self._servers()

    @property
    def public_url(self) -> str:
        """Where people reach the platform."""
        return f"http://127.0.0.1:{self.gateway_port}"

    @property
    def mailbox_url(self) -> str:
        """Where the letters of this machine's own mail server are read, at `/mailbox`."""
        return f"http://127.0.0.1:{self.ports['mailbox']}"

    def _names(self, process: str) -> list[str]:
        """The process and its replicas: `orders`, `orders-2`, …"""
        count = self._replicas.get(process, 1)
        return [process, *(f"{process}-{number}" for number in range(2, count + 1))]

    def gateways(self) -> list[str]:
        """Where people reach the gateways: each of them, the public one first, or the proxy alone."""
        others = [f"http://127.0.0.1:{self.ports[f'http-{name}']}" for name in self._private_doors()]
        return [self.public_url] if self._proxied else [self.public_url, *others]

    def _private_doors(self) -> list[str]:
        """The gateways that are not at the public address themselves."""
        return self._names("gateway")[0 if self._proxied else 1 :]

    def secret(self, name: str, length: int = 32) -> str:
        """A secret of this machine, made when it is first asked for. `length` in characters."""
        if name not in self._secrets:
            self._secrets[name] = secrets.token_hex(length // 2)
            self._secrets_file.touch(0o600)
            self._secrets_file.write_text(json.dumps(self._secrets, indent=2) + "\n")
        return self._secrets[name]

    def server(self, name: str) -> Server | None:
        """One of our servers; None when one from outside is used."""
        return next((server for server in self.servers if server.name == name), None)

    def _servers(self) -> list[Server]:
        home, ports = self.run, self.ports
        wanted: list[Server] = []
        if "RABBITMQ_URL" not in self.outside:
            wanted.append(Epmd(home / "epmd", ports["epmd"]))
            wanted.append(
                RabbitMQ(
                    home / "rabbitmq",
                    ports["rabbitmq"],
                    management=ports["management"],
                    distribution=ports["distribution"],
                    epmd=ports["epmd"],
                    accounts=self.accounts,
                    counted_every=COUNTED_EVERY,
                )
            )
        if "POSTGRES_URL" not in self.outside:
            password = self.secret("postgres")
            wanted.append(Postgres(home / "postgres", ports["postgres"], password, durable=self._durable))
        if "MONGO_URL" not in self.outside:
            wanted.append(Mongo(home / "mongo", ports["mongo"]))
        if "S3_ENDPOINT_URL" not in self.outside:
            keys = self.secret("s3-access", 20), self.secret("s3-secret", 40)
            wanted.append(S3(home / "s3", ports["s3"], *keys))
        if "MQTT_URL" not in self.outside:
            wanted.append(Mosquitto(home / "mosquitto", ports["mosquitto"], "admin", self.secret("mqtt-admin")))
        if "SNS_ENDPOINT_URL" not in self.outside:
            wanted.append(Sns(home / "sns", ports["sns"]))
        return wanted

    def addresses(self) -> dict[str, str]:
        """What `${...}` in processes.toml stands for."""
        values = {
            "env": "development",
            "gateway_port": str(self.gateway_port),
            "public_url": self.public_url,
            "line.url": self.outside.get("LINE_API_URL", f"http://127.0.0.1:{self.ports['line']}"),
            "line.channel_id": LINE_CHANNEL,
            "line.login_channel_id": LINE_LOGIN_CHANNEL,
            "line.pay_channel_id": LINE_PAY_CHANNEL,
            "smtp.url": self.outside.get("SMTP_URL", f"smtp://127.0.0.1:{self.ports['smtp']}"),
            "orders.unpaid_timeout": UNPAID_TIMEOUT,
            "s3.bucket": os.environ.get("S3_BUCKET") or BUCKET,
            "sns.url": self.outside.get("SNS_ENDPOINT_URL", f"http://127.0.0.1:{self.ports['sns']}"),
            "sns.topic_arn": os.environ.get("SNS_TOPIC_ARN", f"arn:aws:sns:{REGION}:{ACCOUNT}:{TOPIC}"),
            "mongo.url": self.outside.get("MONGO_URL", f"mongodb://127.0.0.1:{self.ports['mongo']}/?replicaSet=yeshi"),
            "s3.url": self.outside.get("S3_ENDPOINT_URL", f"http://127.0.0.1:{self.ports['s3']}"),
            "mqtt.url": self.outside.get("MQTT_URL", f"mqtt://127.0.0.1:{self.ports['mosquitto']}"),
            "mqtt.port": str(self.ports["mosquitto"]),
            "secret.keys": self.secret("keys"),
            "secret.line_channel": self.secret("line-channel"),
            "secret.line_login": self.secret("line-login"),
            "secret.line_pay": self.secret("line-pay"),
            "secret.mqtt_admin": self.secret("mqtt-admin"),
            "secret.s3_access": os.environ.get("S3_ACCESS_KEY_ID") or self.secret("s3-access", 20),
            "secret.s3_secret": os.environ.get("S3_SECRET_ACCESS_KEY") or self.secret("s3-secret", 40),
        }
        values |= {f"amqp.{account.name}": self._amqp(account) for account in self.accounts}
        values |= {f"postgres.{name}": self._dsn(name) for name in DATABASES}
        settings = self._plan["steps"]["migrate_settings"]
        databases = {name: step["POSTGRES_DSN"][2:-1] for name, step in settings.items() if "POSTGRES_DSN" in step}
        values["relay_dsns"] = json.dumps({name: values[place] for name, place in databases.items()})
        return values

    def _amqp(self, account: Account) -> str:
        if url := self.outside.get("RABBITMQ_URL"):
            return url  # its owner decides who may do what there
        return f"amqp://{account.name}:{account.password}@127.0.0.1:{self.ports['rabbitmq']}/yeshi"

    def _dsn(self, name: str) -> str:
        address = urlsplit(self.outside["POSTGRES_URL"]) if "POSTGRES_URL" in self.outside else None
        where = f"{address.hostname}:{address.port or 5432}" if address else f"127.0.0.1:{self.ports['postgres']}"
        return f"postgresql://yeshi_{name}:{self.secret(f'postgres-{name}')}@{where}/yeshi_{name}"

    def create_databases(self) -> None:
        """A database and a role per service, where they are missing."""
        admin = self.server("postgres")
        if isinstance(admin, Postgres):
            create = admin.create
        else:
            url = self.outside["POSTGRES_URL"]
            psycopg2.connect(url, connect_timeout=5).close()
            create = _Foreign(url).create
        for name in DATABASES:
            create(f"yeshi_{name}", f"yeshi_{name}", self.secret(f"postgres-{name}"))

    def steps(self) -> list[Process]:
        """What runs once before the processes: migrations of each package, then the topology."""
        values = self.addresses()
        steps = [
            Process(f"migrate {name}", (sys.executable, "-m", name, "migrate"), self._filled(settings, values), None)
            for name, settings in self._plan["steps"]["migrate_settings"].items()
        ]
        topology = {"AMQP_URL": values["amqp.admin"]}
        return [*steps, Process("topology", (sys.executable, "-m", "chassis.topology"), topology, None, needs_bus=True)]

    def processes(self) -> list[Process]:
        """The processes that go on running, the doubles first."""
        values = self.addresses()
        ours = [
            self._process(name, entry, values)
            for process, entry in self._plan["process"].items()
            for name in self._names(process)
        ]
        return [*self.doubles(), *ours, *([self._proxy()] if self._proxied else [])]

    def doubles(self) -> list[Process]:
        """LINE's double and the mail server, unless others are used."""
        line = [] if "LINE_API_URL" in self.outside else [self._line()]
        mailbox = [] if "SMTP_URL" in self.outside else [self._mailbox()]
        return [*line, *mailbox]

    def _process(self, name: str, entry: Mapping[str, Any], values: Mapping[str, str]) -> Process:
        port = self.ports[f"health-{name}"]
        settings = {**self._filled(entry["settings"], values), "HEALTH_PORT": str(port)}
        if name in self._private_doors():
            settings["HTTP_PORT"] = str(self.ports[f"http-{name}"])
        if self._proxied and name in self._names("gateway"):
            settings |= {"TRUSTED_PROXIES": "127.0.0.1", "DRAIN_SECONDS": front.DRAIN_SECONDS}
        own = f"{name}."
        settings |= {key[len(own) :]: text for key, text in self._overrides.items() if key.startswith(own)}
        argv = (sys.executable, *entry["command"])
        return Process(name, argv, settings, f"http://127.0.0.1:{port}/readyz", needs_bus="AMQP_URL" in settings)

    def _proxy(self) -> Process:
        """HAProxy at the public address. Raises ServerMissing."""
        doors = {
            name: front.Behind(f"127.0.0.1:{self.ports[f'http-{name}']}", self.ports[f"health-{name}"])
            for name in self._names("gateway")
        }
        source = (ROOT / "deploy" / "docker" / "haproxy.cfg").read_text()
        argv = front.command(self.run, front.native(source, f"127.0.0.1:{self.gateway_port}", doors))
        return Process("proxy", argv, {}, f"{self.public_url}/readyz", needs_bus=True)

    def _line(self) -> Process:
        """The double of LINE and LINE Pay, with its phone page."""
        settings = {
            "LINE_DOUBLE_PORT": str(self.ports["line"]),
            "LINE_DOUBLE_DATA": str(self.run / "line"),
            "LINE_CHANNEL_ID": LINE_CHANNEL,
            "LINE_CHANNEL_SECRET": self.secret("line-channel"),
            "LINE_LOGIN_CHANNEL_ID": LINE_LOGIN_CHANNEL,
            "LINE_LOGIN_CHANNEL_SECRET": self.secret("line-login"),
            "LINE_LOGIN_REDIRECT_URIS": f"{self.public_url}/v1/auth/line/callback",
            "LINE_PAY_CHANNEL_ID": LINE_PAY_CHANNEL,
            "LINE_PAY_CHANNEL_SECRET": self.secret("line-pay"),
            "LINE_WEBHOOK_URL": f"{self.public_url}/v1/webhooks/line",
        }
        address = f"http://127.0.0.1:{self.ports['line']}/phone"
        return Process("line", (sys.executable, "-m", "yeshi_local.line"), settings, address)

    def _mailbox(self) -> Process:
        """The mail server that delivers to its own page."""
        settings = {
            "MAILBOX_SMTP_PORT": str(self.ports["smtp"]),
            "MAILBOX_HTTP_PORT": str(self.ports["mailbox"]),
            "MAILBOX_DATA": str(self.run / "mail"),
        }
        return Process("mailbox", (sys.executable, "-m", "yeshi_local.mailbox"), settings, f"{self.mailbox_url}/readyz")

    def _filled(self, settings: Mapping[str, str], values: Mapping[str, str]) -> dict[str, str]:
        def fill(match: re.Match[str]) -> str:
            return values[match.group(1)]

        together = {**self._plan["common"], **settings}
        filled = {name: re.sub(r"\$\{([^}]+)\}", fill, text) for name, text in together.items()}
        return {**filled, **{name: text for name, text in self._overrides.items() if "." not in name}}


class _Foreign(Postgres):
    """A PostgreSQL that is there already: only asked for databases."""

    def __init__(self, url: str) -> None:
        address = urlsplit(url)
        super().__init__(Path("/"), address.port or 5432, address.password or "")
        self._url = url

    @property
    def url(self) -> str:
        """The URL that was given."""
        return self._url
