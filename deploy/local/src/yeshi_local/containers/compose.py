"""docker-compose.yml out of processes.toml: `python -m yeshi_local.containers.compose > docker-compose.yml`.

A setting has the name and the value it has natively, with two differences: servers are found under their names in the
networks of the file, and secrets come from `.env`, which never has defaults. What `.env` must hold is in secrets.py.
"""

import re
import sys
import tomllib
from collections.abc import Mapping
from typing import Any

import yaml

from yeshi_local import front
from yeshi_local.containers import servers
from yeshi_local.machine import DATABASES, ROOT

HEALTH_PORT = "9000"
HTTP_PORT = "8000"
HEADER = """\
# Made by `make compose` from deploy/processes.toml. Do not edit. How to use it: docs/runbooks/containers.md.
# Secrets come from .env (`make compose-env` makes one); nothing here has a default that opens something.

x-hardened: &hardened
  restart: unless-stopped
  read_only: true
  tmpfs: ["/tmp:mode=1777,size=256m"]
  cap_drop: [ALL]
  security_opt: ["no-new-privileges:true"]
  stop_grace_period: 20s
  logging: {driver: json-file, options: {max-size: 10m, max-file: "3"}}

"""
#: `${...}` of processes.toml: what it is between containers. `{setting}` stands for the setting's own name.
VALUES = {
    "env": "${YESHI_ENV:?}",
    "gateway_port": HTTP_PORT,
    "public_url": "${PUBLIC_URL:?}",
    "orders.unpaid_timeout": "${UNPAID_TIMEOUT_SECONDS:-86400}",
    "mongo.url": "${MONGO_URL:-mongodb://mongo:27017/?replicaSet=yeshi}",
    "mqtt.url": "mqtt://mosquitto:1883",
    "mqtt.port": "${MQTT_PORT:-1883}",
    "s3.bucket": "${S3_BUCKET:?}",
    # Empty means AWS itself.
    "s3.url": "${S3_ENDPOINT_URL?}",
    "sns.url": "${SNS_ENDPOINT_URL?}",
    "sns.topic_arn": "${SNS_TOPIC_ARN?}",
    "line.url": "${{{setting}:?}}",
    "line.channel_id": "${LINE_CHANNEL_ID:?}",
    "line.login_channel_id": "${LINE_LOGIN_CHANNEL_ID:?}",
    "line.pay_channel_id": "${LINE_PAY_CHANNEL_ID:?}",
    "smtp.url": "${SMTP_URL:?}",
    "secret.keys": "${KEY_ENCRYPTION_SECRET:?}",
    "secret.line_channel": "${LINE_CHANNEL_SECRET:?}",
    "secret.line_login": "${LINE_LOGIN_CHANNEL_SECRET:?}",
    "secret.line_pay": "${LINE_PAY_CHANNEL_SECRET:?}",
    "secret.mqtt_admin": "${MQTT_ADMIN_PASSWORD:?}",
    "secret.s3_access": "${S3_ACCESS_KEY_ID:?}",
    "secret.s3_secret": "${S3_SECRET_ACCESS_KEY:?}",
}
#: Settings whose native value is right on one machine's loopback only.
INSTEAD = {
    "HEALTH_HOST": "0.0.0.0",  # noqa: S104 - inside its container; no port of it is published
    "HTTP_HOST": "0.0.0.0",  # noqa: S104 - the same: the proxy alone is published
    "LOG_LEVEL": "${LOG_LEVEL:-INFO}",
    "SELLER_APPROVAL": "${SELLER_APPROVAL:-automatic}",
    "MAIL_FROM": "${MAIL_FROM:?}",
    "LINE_LOGIN_SCOPE": "${LINE_LOGIN_SCOPE:?}",
    "MQTT_PUBLIC_HOST": "${MQTT_PUBLIC_HOST:?}",
    "AWS_ACCESS_KEY_ID": "${AWS_ACCESS_KEY_ID:?}",
    "AWS_SECRET_ACCESS_KEY": "${AWS_SECRET_ACCESS_KEY:?}",
}
#: What each placeholder stands on: the service that must be healthy first.
STANDS_ON = {"amqp": "rabbitmq", "postgres": "postgres", "mongo": "mongo", "mqtt": "mosquitto"}
OUTWARDS = ("line.url", "sns.url", "s3.url", "smtp.url")  # placeholders that may be addresses of the outside world


def document() -> dict[str, Any]:
    """The whole file, without its header."""
    plan = tomllib.loads((ROOT / "deploy" / "processes.toml").read_text())
    return {
        "services": {
            **servers.services(),
            **{f"{_image(name)}-migrate": _migrate(name, plan) for name in plan["steps"]["migrate"]},
            "topology": _topology(plan),
            **{name: _process(name, entry, plan) for name, entry in plan["process"].items() if name != "relay"},
            **{f"{_image(name)}-relay": _relay(name, plan) for name in _with_postgres(plan)},
            **servers.proxy(),
            **servers.doubles(),
        },
        "networks": {
            "inside": {"internal": True},
            "outside": {},
            "front": {"ipam": {"config": [{"subnet": servers.FRONT}]}},
        },
        "volumes": {name: {} for name in ("rabbitmq", "postgres", "mongo", "mosquitto", "s3", "line", "mail")},
        "secrets": {"definitions": {"file": "./.compose/definitions.json"}},
    }


def _image(module: str) -> str:
    return module.replace("_", "-")


def _owner(name: str, plan: Mapping[str, Any]) -> str:
    """The image a process runs from: that of the package in its command."""
    return _image(plan["process"][name]["command"][1])


def _with_postgres(plan: Mapping[str, Any]) -> list[str]:
    return [name for name, settings in plan["steps"]["migrate_settings"].items() if "POSTGRES_DSN" in settings]


def _process(name: str, entry: Mapping[str, Any], plan: Mapping[str, Any]) -> dict[str, Any]:
    image = _owner(name, plan)
    service = _service(image, entry["command"], entry["settings"], plan)
    if name == "gateway":
        service["networks"].append("front")
        service["environment"] |= {"TRUSTED_PROXIES": servers.FRONT, "DRAIN_SECONDS": front.DRAIN_SECONDS}
    steps = [f"{image}-migrate"] if image.replace("-", "_") in plan["steps"]["migrate"] else []
    if "AMQP_URL" in entry["settings"]:
        steps.append("topology")
    service["depends_on"] |= {step: {"condition": "service_completed_successfully"} for step in steps}
    return service


def _relay(module: str, plan: Mapping[str, Any]) -> dict[str, Any]:
    """The relay of one service's outbox, which natively is one process for all."""
    settings = {"AMQP_URL": "${amqp.relay}", "POSTGRES_DSN": plan["steps"]["migrate_settings"][module]["POSTGRES_DSN"]}
    service = _service(_image(module), ["-m", module, "relay"], settings, plan)
    steps = (f"{_image(module)}-migrate", "topology")
    service["depends_on"] |= {step: {"condition": "service_completed_successfully"} for step in steps}
    return service


def _migrate(module: str, plan: Mapping[str, Any]) -> dict[str, Any]:
    settings = plan["steps"]["migrate_settings"][module]
    return _once(_service(_image(module), ["-m", module, "migrate"], settings, plan))


def _topology(plan: Mapping[str, Any]) -> dict[str, Any]:
    """Any image will do, since each has the chassis."""
    return _once(_service("catalog", ["-m", "chassis.topology"], {"AMQP_URL": "${amqp.admin}"}, plan))


def _once(service: dict[str, Any]) -> dict[str, Any]:
    """A step that ends: it is not started again, and has no page to ask."""
    service["environment"].pop("HEALTH_PORT")
    return {**service, "restart": "on-failure:3", "healthcheck": {"disable": True}}


def _service(image: str, command: list[str], settings: Mapping[str, str], plan: Mapping[str, Any]) -> dict[str, Any]:
    used = [name for text in settings.values() for name in re.findall(r"\$\{([^}]+)\}", text)]
    below = sorted({STANDS_ON[name.partition(".")[0]] for name in used if name.partition(".")[0] in STANDS_ON})
    return {
        "<<": "*hardened",
        "image": f"yeshi/{image}:${{YESHI_TAG:-local}}",
        "command": command,
        "environment": _filled({**plan["common"], **settings, "HEALTH_PORT": HEALTH_PORT}),
        "networks": ["inside", *(["outside"] if set(used) & set(OUTWARDS) else [])],
        "depends_on": {server: {"condition": "service_healthy"} for server in below},
    }


def _filled(settings: Mapping[str, str]) -> dict[str, str]:
    return {name: INSTEAD.get(name) or _replaced(name, text) for name, text in settings.items()}


def _replaced(name: str, text: str) -> str:
    return re.sub(r"\$\{([^}]+)\}", lambda match: _value(match[1], name), text)


def _value(placeholder: str, setting: str) -> str:
    kind, _, name = placeholder.partition(".")
    variable = re.sub(r"\W", "_", name).upper()
    if kind == "amqp":
        return f"amqp://{name}:${{AMQP_{variable}_PASSWORD:?}}@rabbitmq:5672/yeshi"
    if kind == "postgres" and name in DATABASES:
        return f"postgresql://yeshi_{name}:${{POSTGRES_{variable}_PASSWORD:?}}@postgres:5432/yeshi_{name}"
    return VALUES[placeholder].format(setting=setting) if placeholder == "line.url" else VALUES[placeholder]


class _Dumper(yaml.SafeDumper):
    """Lists of words on one line, everything else below its name."""

    def ignore_aliases(self, data: Any) -> bool:
        """What is the same twice is written twice."""
        return True


def _list(dumper: _Dumper, data: list[Any]) -> yaml.Node:
    words = all(isinstance(item, str) for item in data)
    return dumper.represent_sequence("tag:yaml.org,2002:seq", data, flow_style=words)


_Dumper.add_representer(list, _list)


def text() -> str:
    """The file."""
    body = yaml.dump(document(), Dumper=_Dumper, sort_keys=False, width=1000, default_flow_style=False)
    return HEADER + body.replace("'<<': '*hardened'", "<<: *hardened")


if __name__ == "__main__":
    sys.stdout.write(text())
