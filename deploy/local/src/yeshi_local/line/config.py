"""What the double is started with: environment first, command line above it."""

import argparse
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Config:
    """Start-up values. The credentials are the local stack's own; they open nothing anywhere else."""

    host: str
    port: int
    public_url: str  # where browsers find this server; empty: where each request found it
    data: Path | None
    channel_id: str
    channel_secret: str
    access_token: str  # a long-lived token as the console would show it; empty: none
    login_channel_id: str
    login_channel_secret: str
    login_redirect_uris: list[str]
    pay_channel_id: str
    pay_channel_secret: str
    webhook_url: str
    people: list[str]  # names of friends that exist at the first start


def read(arguments: Sequence[str] | None = None, environ: Mapping[str, str] | None = None) -> Config:
    """The configuration of this process."""
    given_env = os.environ if environ is None else environ
    env = {name: value for name, value in given_env.items() if value}
    parser = argparse.ArgumentParser(prog="python -m yeshi_local.line", description=__doc__)
    parser.add_argument("--host", default=env.get("LINE_DOUBLE_HOST", "127.0.0.1"))
    parser.add_argument("--port", type=int, default=int(env.get("LINE_DOUBLE_PORT", "8090")))
    parser.add_argument("--data", default=env.get("LINE_DOUBLE_DATA", ""), help="folder of the journal; empty: memory")
    given = parser.parse_args(arguments)
    config = Config(
        host=given.host,
        port=given.port,
        public_url=env.get("LINE_DOUBLE_PUBLIC_URL", ""),
        data=Path(given.data) if given.data else None,
        channel_id=env.get("LINE_CHANNEL_ID", "2000000001"),
        channel_secret=env.get("LINE_CHANNEL_SECRET", "local-line-channel-secret-0000001"),
        access_token=env.get("LINE_CHANNEL_ACCESS_TOKEN", ""),
        login_channel_id=env.get("LINE_LOGIN_CHANNEL_ID", "2000000002"),
        login_channel_secret=env.get("LINE_LOGIN_CHANNEL_SECRET", "local-line-login-secret-00000002"),
        login_redirect_uris=_words(env.get("LINE_LOGIN_REDIRECT_URIS", "")),
        pay_channel_id=env.get("LINE_PAY_CHANNEL_ID", "2000000003"),
        pay_channel_secret=env.get("LINE_PAY_CHANNEL_SECRET", "local-line-pay-secret-000000003"),
        webhook_url=env.get("LINE_WEBHOOK_URL", ""),
        people=_words(env.get("LINE_DOUBLE_PEOPLE", "")),
    )
    if len({config.channel_id, config.login_channel_id, config.pay_channel_id}) < 3:
        parser.error("LINE_CHANNEL_ID, LINE_LOGIN_CHANNEL_ID and LINE_PAY_CHANNEL_ID must differ")
    return config


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]
