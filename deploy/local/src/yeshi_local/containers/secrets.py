"""What the containers need and nobody may know: `python -m yeshi_local.containers.secrets` (`make compose-env`).

Writes `.env` with fresh secrets where there is none, and from it the users of the bus, `.compose/definitions.json`.
Both stay out of git. A second run keeps every value that is there and adds what is missing.
"""

import json
import secrets
import sys
from collections.abc import Mapping
from pathlib import Path

from yeshi_local import accounts
from yeshi_local.machine import DATABASES, LINE_CHANNEL, LINE_LOGIN_CHANNEL, LINE_PAY_CHANNEL, ROOT
from yeshi_local.servers.rabbitmq import definitions
from yeshi_local.servers.small import ACCOUNT, BUCKET, REGION, TOPIC

#: Where the doubles of `--profile local` are. In earnest: the real hosts, and https for the public one.
ADDRESSES = {
    "YESHI_ENV": "development",
    "PUBLIC_URL": "http://127.0.0.1:8000",
    "MQTT_PUBLIC_HOST": "127.0.0.1",
    "LINE_API_URL": "http://line:8090",
    "LINE_ACCESS_URL": "http://127.0.0.1:8090",  # opened by browsers, not by us
    "LINE_PAY_URL": "http://line:8090",
    "LINE_CHANNEL_ID": LINE_CHANNEL,
    "LINE_LOGIN_CHANNEL_ID": LINE_LOGIN_CHANNEL,
    "LINE_PAY_CHANNEL_ID": LINE_PAY_CHANNEL,
    "SMTP_URL": "smtp://mailbox:2525",
    "MAIL_FROM": "Yeshi <no-reply@yeshi.test>",
    "LINE_LOGIN_SCOPE": "profile openid email",
    "S3_ENDPOINT_URL": "http://s3:9000",
    "S3_BUCKET": BUCKET,
    "SNS_ENDPOINT_URL": "http://sns:5000",
    "SNS_TOPIC_ARN": f"arn:aws:sns:{REGION}:{ACCOUNT}:{TOPIC}",
    "AWS_ACCESS_KEY_ID": "local",  # SNS' double takes any
    "AWS_SECRET_ACCESS_KEY": "local",
}
LENGTHS = {"S3_ACCESS_KEY_ID": 20, "S3_SECRET_ACCESS_KEY": 40}  # characters, as AWS's


def names() -> list[str]:
    """Every secret that is made here."""
    bus = [password_name(account.name) for account in accounts.accounts(lambda name: "")]
    databases = [f"POSTGRES_{name.upper()}_PASSWORD" for name in DATABASES]
    line = ["LINE_CHANNEL_SECRET", "LINE_LOGIN_CHANNEL_SECRET", "LINE_PAY_CHANNEL_SECRET"]
    return [*bus, "POSTGRES_PASSWORD", *databases, "MQTT_ADMIN_PASSWORD", "KEY_ENCRYPTION_SECRET", *line, *LENGTHS]


def password_name(account: str) -> str:
    return f"AMQP_{account.replace('-', '_').upper()}_PASSWORD"


def write(root: Path) -> list[str]:
    """Completes `.env` below `root` and writes the bus' users anew. Answers the names it added."""
    file = root / ".env"
    present = read(file)
    made = {name: secrets.token_hex(LENGTHS.get(name, 32) // 2) for name in names()}
    added = {name: value for name, value in {**ADDRESSES, **made}.items() if name not in present}
    file.touch(0o600)
    file.chmod(0o600)
    with file.open("a") as end:
        if file.stat().st_size and not file.read_text().endswith("\n"):
            end.write("\n")
        end.writelines(f"{name}={value}\n" for name, value in added.items())
    _write_definitions(root / ".compose", {**present, **added})
    return list(added)


def read(file: Path) -> dict[str, str]:
    """The settings of an env file; none when there is no file."""
    lines = file.read_text().splitlines() if file.exists() else []
    pairs = (line.partition("=") for line in lines if "=" in line and not line.startswith("#"))
    return {name.strip(): value.strip() for name, _, value in pairs}


def _write_definitions(folder: Path, values: Mapping[str, str]) -> None:
    """The folder is the owner's alone; the file in it is read by the bus' own user, inside its container."""
    folder.mkdir(mode=0o700, exist_ok=True)
    users = accounts.accounts(lambda name: values[password_name(name)])
    (folder / "definitions.json").write_text(json.dumps(definitions(users), indent=2) + "\n")


def main() -> int:
    """Writes, and says what."""
    added = write(ROOT)
    print(f".env: {len(added)} settings added, the rest kept; .compose/definitions.json written")
    return 0


if __name__ == "__main__":
    sys.exit(main())
