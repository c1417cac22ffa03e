"""What notify's processes need from the environment."""

import os
from collections.abc import Mapping
from typing import ClassVar, Literal
from urllib.parse import urlsplit

from chassis.settings import Settings, SettingsError

ENDED = frozenset({"notify-api.line.me", "notify-bot.line.me"})


class NotifySettings(Settings, frozen=True, kw_only=True):
    """The service's. `postgres_dsn` is a postgresql:// URL of notify's own role."""

    secrets: ClassVar[frozenset[str]] = frozenset({"amqp_url", "postgres_dsn"})

    amqp_url: str
    postgres_dsn: str
    pool_size: int = 8


class WorkSettings(Settings, frozen=True, kw_only=True):
    """Those of the work process. AWS credentials are found by boto3 itself: environment, file or role."""

    secrets: ClassVar[frozenset[str]] = frozenset({"postgres_dsn"})

    postgres_dsn: str
    public_url: str
    sns_topic_arn: str = ""
    sns_endpoint_url: str = ""
    delivery_threads: int = 8
    delivery_timeout_seconds: float = 5.0

    def __post_init__(self) -> None:
        """Refuses what could never work. Raises SettingsError."""
        problems = []
        if not 1 <= self.delivery_threads <= 64:
            problems.append("DELIVERY_THREADS must be 1 to 64")
        if not 0.1 <= self.delivery_timeout_seconds <= 8:
            problems.append("DELIVERY_TIMEOUT_SECONDS must be 0.1 to 8")
        if self.sns_topic_arn and len(self.sns_topic_arn.split(":")) != 6:
            problems.append("SNS_TOPIC_ARN is not the ARN of a topic")
        if problems:
            raise SettingsError(problems)


class MessagingSettings(WorkSettings, frozen=True, kw_only=True):
    """With LINE's Messaging API."""

    secrets: ClassVar[frozenset[str]] = WorkSettings.secrets | {"line_channel_secret"}

    line_driver: Literal["messaging"] = "messaging"
    line_api_url: str = "https://api.line.me"
    line_channel_id: str
    line_channel_secret: str

    def __post_init__(self) -> None:
        """Refuses LINE Notify, too. Raises SettingsError."""
        super().__post_init__()
        _usable("LINE_API_URL", self.line_api_url)
        if not self.line_channel_id or not self.line_channel_secret:
            raise SettingsError(["LINE_CHANNEL_ID and LINE_CHANNEL_SECRET must be set"])


class CompatibleSettings(WorkSettings, frozen=True, kw_only=True):
    """With a self-hosted endpoint that speaks the protocol of LINE Notify, which itself ended.

    `{to}` in `line_notify_token` stands for the recipient.
    """

    secrets: ClassVar[frozenset[str]] = WorkSettings.secrets | {"line_notify_token"}

    line_driver: Literal["notify_compatible"]
    line_notify_url: str
    line_notify_token: str

    def __post_init__(self) -> None:
        """Refuses LINE Notify, too. Raises SettingsError."""
        super().__post_init__()
        _usable("LINE_NOTIFY_URL", self.line_notify_url)


def work_settings(environ: Mapping[str, str] | None = None) -> type[WorkSettings]:
    """The settings that LINE_DRIVER asks for; LINE's Messaging API unless it says otherwise."""
    driver = (os.environ if environ is None else environ).get("LINE_DRIVER")
    return CompatibleSettings if driver == "notify_compatible" else MessagingSettings


def _usable(name: str, url: str) -> None:
    host = urlsplit(url if "//" in url else f"//{url}").hostname
    if not host:
        raise SettingsError([f"{name} is not an address"])
    if host in ENDED:
        raise SettingsError([f"{name}: LINE Notify ended 2025-03-31; bind users and use LINE_DRIVER=messaging"])
