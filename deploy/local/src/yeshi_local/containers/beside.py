"""Containers beside the native stack's servers: what the compose file is told then, and the way from one to the other.

For machines that cannot fetch the servers' images. The processes run from their images as the compose file says; the
servers' names lead to the host's address in the network `inside`, where a forwarder listens.
"""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from yeshi_local.containers import secrets
from yeshi_local.containers.compose import document
from yeshi_local.machine import DATABASES, Machine

INSIDE = "172.30.81.0/24"
HOST = "172.30.81.1"  # the first address of a network is its bridge's, and so the host's
#: Names and ports of the compose file → the placeholder that says where the native one is.
SERVERS = {
    "rabbitmq:5672": "amqp.admin",
    "postgres:5432": "postgres.users",
    "mongo:27017": "mongo.url",
    "mosquitto:1883": "mqtt.url",
    "s3:9000": "s3.url",
    "sns:5000": "sns.url",
    "line:8090": "line.url",
    "mailbox:2525": "smtp.url",
}


def environment(machine: Machine) -> dict[str, str]:
    """What `.env` would hold: the native servers' own secrets and the doubles' addresses."""
    values = machine.addresses()
    bus = {secrets.password_name(account.name): account.password for account in machine.accounts}
    databases = {f"POSTGRES_{name.upper()}_PASSWORD": machine.secret(f"postgres-{name}") for name in DATABASES}
    return {
        **secrets.ADDRESSES,
        **bus,
        **databases,
        "POSTGRES_PASSWORD": machine.secret("postgres"),
        "PUBLIC_URL": machine.public_url,
        "GATEWAY_PORT": str(machine.gateway_port),
        "LINE_ACCESS_URL": values["line.url"],
        # The member of the replica set is known under its native address, which containers cannot reach.
        "MONGO_URL": "mongodb://mongo:27017/?directConnection=true",
        "MQTT_PORT": values["mqtt.port"],
        "MQTT_ADMIN_PASSWORD": values["secret.mqtt_admin"],
        "KEY_ENCRYPTION_SECRET": values["secret.keys"],
        "LINE_CHANNEL_SECRET": values["secret.line_channel"],
        "LINE_LOGIN_CHANNEL_SECRET": values["secret.line_login"],
        "LINE_PAY_CHANNEL_SECRET": values["secret.line_pay"],
        "S3_ACCESS_KEY_ID": values["secret.s3_access"],
        "S3_SECRET_ACCESS_KEY": values["secret.s3_secret"],
    }


def ours() -> list[str]:
    """The services of the compose file that run our code, steps too, without the doubles."""
    services = document()["services"]
    return [name for name, one in services.items() if one["image"].startswith("yeshi/") and "profiles" not in one]


def steps() -> list[str]:
    """Those that end."""
    return [name for name in ours() if name == "topology" or name.endswith("-migrate")]


def override(settings: Mapping[str, str]) -> str:
    """A second compose file: the servers' names, and settings that every process gets."""
    hosts = [f"{name.partition(':')[0]}:{HOST}" for name in SERVERS]
    service: dict[str, Any] = {"extra_hosts": hosts, "environment": dict(settings)}
    networks = {"inside": {"internal": True, "ipam": {"config": [{"subnet": INSIDE}]}}}
    return json.dumps({"services": dict.fromkeys(ours(), service), "networks": networks}, indent=2)


def forwarding(machine: Machine) -> str:
    """The configuration of the HAProxy that forwards the names' addresses to the native servers."""
    values = machine.addresses()
    text = "defaults\n    mode tcp\n    timeout connect 5s\n    timeout client 1h\n    timeout server 1h\n"
    for name, place in SERVERS.items():
        server, _, port = name.partition(":")
        address = urlsplit(values[place]).netloc.rpartition("@")[2]
        text += f"\nlisten {server}\n    bind {HOST}:{port}\n    server native {address}\n"
    return text
