"""What edge-gateway's process needs from the environment."""

from typing import ClassVar

from chassis.settings import Settings


class EdgeSettings(Settings, frozen=True, kw_only=True):
    """`mqtt_url` is `mqtt://host:port`, or `mqtts://` for TLS; devices are told `mqtt_public_host` and `_port`.

    `device_rate` (readings a second, lasting) and `device_burst` (readings at once, such as a day's backlog) bound what
    one device may send; `session_expiry_seconds` is how long the broker keeps readings while no replica is there;
    `reconcile_seconds` is how often our devices and the broker's book of credentials are compared.
    """

    secrets: ClassVar[frozenset[str]] = frozenset({"amqp_url", "postgres_dsn", "mqtt_admin_password"})

    amqp_url: str
    postgres_dsn: str
    mqtt_url: str
    mqtt_admin_username: str
    mqtt_admin_password: str
    mqtt_public_host: str
    mqtt_public_port: int
    pool_size: int = 8
    device_rate: float = 50.0
    device_burst: int = 20_000
    session_expiry_seconds: int = 7 * 24 * 3600
    reconcile_seconds: float = 60.0
