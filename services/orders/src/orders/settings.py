"""What orders' processes need from the environment."""

from typing import ClassVar

from chassis.settings import Settings, SettingsError

CHECKOUTS_PER_MINUTE = 30


class OrdersSettings(Settings, frozen=True, kw_only=True):
    """`postgres_dsn` is a postgresql:// URL of orders' own role. `limit_factor` multiplies limits, for benches only."""

    secrets: ClassVar[frozenset[str]] = frozenset({"amqp_url", "postgres_dsn"})

    amqp_url: str
    postgres_dsn: str
    pool_size: int = 8
    unpaid_timeout_seconds: int = 86_400
    limit_factor: int = 1

    def __post_init__(self) -> None:
        if self.production and self.limit_factor != 1:
            raise SettingsError(["LIMIT_FACTOR is for benches and refused in production"])

    @property
    def checkouts_per_minute(self) -> int:
        """How many checkouts a user may make in a minute."""
        return CHECKOUTS_PER_MINUTE * self.limit_factor


class WorkSettings(Settings, frozen=True, kw_only=True):
    """The timers and LINE Pay. `public_url` is where buyers' browsers find the gateway."""

    secrets: ClassVar[frozenset[str]] = frozenset({"postgres_dsn", "line_pay_channel_secret"})

    postgres_dsn: str
    public_url: str
    line_pay_url: str
    line_pay_channel_id: str
    line_pay_channel_secret: str
    pool_size: int = 8
