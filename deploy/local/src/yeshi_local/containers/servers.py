"""What the compose file starts beside our own processes: servers, the proxy in front, and the doubles."""

from typing import Any

from yeshi_local.machine import DATABASES
from yeshi_local.servers.small import STAYS, TOPIC

FRONT = "${FRONT_SUBNET:-172.30.80.0/24}"  # between the proxy and the gateways
LOCAL = ["local"]


def _server(image: str, **more: Any) -> dict[str, Any]:
    """The servers' images change to a user of their own at start, so they keep a few capabilities."""
    return {
        "image": image,
        "restart": "unless-stopped",
        "cap_drop": ["ALL"],
        "cap_add": ["CHOWN", "DAC_OVERRIDE", "FOWNER", "SETGID", "SETUID"],
        "security_opt": ["no-new-privileges:true"],
        "stop_grace_period": "60s",
        "networks": ["inside"],
        **more,
    }


def _health(*command: str) -> dict[str, Any]:
    return {"test": list(command), "interval": "5s", "timeout": "10s", "retries": 24, "start_period": "10s"}


def services() -> dict[str, Any]:
    """The servers. None of them is published, except the bus' pages and MQTT, on loopback."""
    return {
        "rabbitmq": _server(
            "rabbitmq:3.13-management",
            hostname="rabbitmq",  # the node's name, and with it the place of its data
            volumes=[
                "rabbitmq:/var/lib/rabbitmq",
                "./deploy/rabbitmq/bus.conf:/etc/rabbitmq/conf.d/30-bus.conf:ro",
                "./deploy/docker/rabbitmq.conf:/etc/rabbitmq/conf.d/31-container.conf:ro",
            ],
            secrets=["definitions"],
            networks=["inside", "outside"],
            ports=["127.0.0.1:${RABBITMQ_MANAGEMENT_PORT:-15672}:15672"],
            healthcheck=_health("CMD", "rabbitmq-diagnostics", "-q", "check_port_connectivity"),
        ),
        "postgres": _server(
            "postgres:16-bookworm",
            volumes=["postgres:/var/lib/postgresql/data", "./deploy/docker/postgres:/docker-entrypoint-initdb.d:ro"],
            environment={**_secrets("POSTGRES_PASSWORD"), "POSTGRES_USER": "yeshi", **_secrets(*_PASSWORDS)},
            command=["postgres", "-c", "max_connections=300", "-c", "timezone=UTC"],
            shm_size="256m",
            # Over TCP: the server of the first start, which makes the databases, listens on its socket alone.
            healthcheck=_health("CMD", "pg_isready", "-h", "127.0.0.1", "-U", "yeshi", "-d", "yeshi_edge"),
        ),
        "mongo": _server(
            "mongo:7.0",
            volumes=["mongo:/data/db"],
            command=[
                *("mongod", "--replSet", "yeshi", "--bind_ip_all", "--wiredTigerCacheSizeGB", "0.5"),
                *("--setParameter", "transactionLifetimeLimitSeconds=8"),
            ],
            healthcheck=_health("CMD", "mongosh", "--quiet", "--eval", _REPLICA_SET),
        ),
        "mosquitto": _server(
            "eclipse-mosquitto:2.0",
            volumes=["mosquitto:/mosquitto/data", "./deploy/docker/mosquitto:/mosquitto/config:ro"],
            environment=_secrets("MQTT_ADMIN_PASSWORD"),
            command=["sh", "/mosquitto/config/start.sh"],
            networks=["inside", "outside"],
            ports=["127.0.0.1:${MQTT_PORT:-1883}:1883"],
            healthcheck=_health("CMD", "nc", "-z", "127.0.0.1", "1883"),
        ),
    }


_PASSWORDS = tuple(f"POSTGRES_{name.upper()}_PASSWORD" for name in DATABASES)
_REPLICA_SET = (
    "try { rs.status() } catch (e) { rs.initiate({_id: 'yeshi', members: [{_id: 0, host: 'mongo:27017'}]}) } "
    "if (!db.hello().isWritablePrimary) quit(1)"
)


def proxy() -> dict[str, Any]:
    """The one published door: it spreads requests over the gateways that are ready."""
    return {
        "proxy": {
            "<<": "*hardened",
            "image": "haproxy:2.8",
            "user": "10001:10001",
            "volumes": ["./deploy/docker/haproxy.cfg:/usr/local/etc/haproxy/haproxy.cfg:ro"],
            "networks": ["front", "outside"],
            "ports": ["127.0.0.1:${GATEWAY_PORT:-8000}:8000"],
            "depends_on": {"gateway": {"condition": "service_healthy"}},
        }
    }


def doubles() -> dict[str, Any]:
    """For development (`--profile local`): S3 and SNS that resemble AWS's, LINE's double, a mail server with a page."""
    return {
        "s3": {
            **_server("rclone/rclone:1.69", profiles=LOCAL),
            "entrypoint": ["sh", "-c"],
            "command": [
                f"cd /data && mkdir -p {' '.join(STAYS)} && exec rclone serve s3 /data --addr :9000 "
                '--vfs-cache-mode off --auth-key "$$S3_ACCESS_KEY_ID,$$S3_SECRET_ACCESS_KEY"'
            ],
            "environment": _secrets("S3_ACCESS_KEY_ID", "S3_SECRET_ACCESS_KEY"),
            "volumes": ["s3:/data"],
            "healthcheck": _health("CMD", "nc", "-z", "127.0.0.1", "9000"),
        },
        "sns": {
            **_server("motoserver/moto:5.1.4", profiles=LOCAL),
            "healthcheck": _health("CMD", "python", "-c", _TOPIC),
        },
        "line": _page("yeshi_local.line", "LINE_DOUBLE_PORT", "8090", _line(), data="line", shows=_PHONE),
        "mailbox": _page("yeshi_local.mailbox", "MAILBOX_PORT", "8025", _mailbox(), data="mail", shows=_MAILBOX),
    }


def _page(module: str, published: str, port: str, settings: dict[str, str], *, data: str, shows: str) -> dict[str, Any]:
    """A double of our own with a page at `port`, on loopback alone. It keeps `data`, and is well when it `shows`."""
    return {
        "<<": "*hardened",
        "image": "yeshi/line:${YESHI_TAG:-local}",
        "profiles": LOCAL,
        "command": ["-m", module],
        "environment": settings,
        "volumes": [f"{data}:/data"],
        "networks": ["inside", "outside"],
        "ports": [f"127.0.0.1:${{{published}:-{port}}}:{port}"],
        "healthcheck": _health("CMD", "/opt/yeshi/bin/python", "-c", shows),
    }


def _line() -> dict[str, str]:
    kinds = ("CHANNEL", "PAY_CHANNEL", "LOGIN_CHANNEL")
    return {
        "LINE_DOUBLE_HOST": "0.0.0.0",  # noqa: S104 - inside its container; published on loopback alone
        "LINE_DOUBLE_PORT": "8090",
        "LINE_DOUBLE_DATA": "/data",
        "LINE_DOUBLE_PUBLIC_URL": "http://127.0.0.1:${LINE_DOUBLE_PORT:-8090}",
        **_secrets(*(f"LINE_{kind}_{part}" for kind in kinds for part in ("ID", "SECRET"))),
        "LINE_LOGIN_REDIRECT_URIS": "${PUBLIC_URL:?}/v1/auth/line/callback",
        "LINE_WEBHOOK_URL": "http://proxy:8000/v1/webhooks/line",
    }


def _mailbox() -> dict[str, str]:
    return {
        "MAILBOX_HOST": "0.0.0.0",  # noqa: S104 - inside its container; its page is published on loopback
        "MAILBOX_SMTP_PORT": "2525",
        "MAILBOX_HTTP_PORT": "8025",
        "MAILBOX_DATA": "/data",
    }


def _secrets(*names: str) -> dict[str, str]:
    """They come from `.env`, and have no default."""
    return {name: f"${{{name}:?}}" for name in names}


_MAILBOX = "import urllib.request as u; u.urlopen('http://127.0.0.1:8025/readyz', timeout=4)"
_PHONE = "import urllib.request as u; u.urlopen('http://127.0.0.1:8090/phone', timeout=4)"
#: moto keeps nothing over a restart, so the check makes the topic: SNS answers the same one when it is there.
_TOPIC = (
    "import boto3; boto3.client('sns', endpoint_url='http://127.0.0.1:5000', region_name='ap-northeast-1', "
    f"aws_access_key_id='local', aws_secret_access_key='local').create_topic(Name='{TOPIC}')"
)
