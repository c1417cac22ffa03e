"""What notify's processes need from the environment."""

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
    """Those of the work process. AWS credentials are found by boto3 itself: environment, file or role.

    `line_driver` is `messaging` for LINE's Messaging API, or `notify_compatible` for a self-hosted endpoint that speaks
    the protocol of LINE Notify, which itself ended. There, `{to}` in `line_notify_token` stands for the recipient.
    """

    secrets: ClassVar[frozenset[str]] = frozenset({"postgres_dsn", "line_channel_secret"})

    postgres_dsn: str
    public_url: str
    line_driver: Literal["messaging", "notify_compatible"] = "messaging"
    line_api_url: str = "https://api.line.me"
    line_channel_id: str = ""
    line_channel_secret: str = ""
    line_notify_url: str = ""
    line_notify_token: str = ""
    sns_topic_arn: str = ""
    sns_endpoint_url: str = ""
    delivery_threads: int = 8
    delivery_timeout_seconds: float = 5.0

    def __post_init__(self) -> None:
        """Refuses what could never deliver anything. Raises SettingsError."""
        problems = [
            f"{name}: LINE Notify ended 2025-03-31; bind users and push with LINE_DRIVER=messaging"
            for name, url in (("LINE_API_URL", self.line_api_url), ("LINE_NOTIFY_URL", self.line_notify_url))
            if (urlsplit(url if "//" in url else f"//{url}").hostname or "") in ENDED
        ]
        needed = {
            "messaging": {"LINE_CHANNEL_ID": self.line_channel_id, "LINE_CHANNEL_SECRET": self.line_channel_secret},
            "notify_compatible": {"LINE_NOTIFY_URL": self.line_notify_url, "LINE_NOTIFY_TOKEN": self.line_notify_token},
        }[self.line_driver]
        problems += [f"{name} is not set" for name, value in needed.items() if not value]
        if not 1 <= self.delivery_threads <= 64:
            problems.append("DELIVERY_THREADS must be 1 to 64")
        if not 0.1 <= self.delivery_timeout_seconds <= 8:
            problems.append("DELIVERY_TIMEOUT_SECONDS must be 0.1 to 8")
        if problems:
            raise SettingsError(problems)
