"""What the gateway needs from the environment."""

from typing import ClassVar

from chassis.settings import Settings

LONGEST_NOTICE = 5.0  # seconds; with those for requests under way it fits into what supervisors wait


class GatewaySettings(Settings, frozen=True, kw_only=True):
    """`public_url` is where the world reaches this door. Lists are written with commas.

    `trusted_proxies` are addresses or networks whose `X-Forwarded-For` is believed. `limit_factor` multiplies the
    limits of this door, for benches; production refuses it. `presigned_uploads`: browsers reach the bucket, and may
    bring it pictures with a signed address. `drain_seconds` is how long a door that was told to go serves on, not
    ready, until a proxy in front has noticed. Without a LINE secret or an SNS topic their webhooks are refused, without
    a LINE Login channel there is no LINE Login.
    """

    secrets: ClassVar[frozenset[str]] = frozenset(
        {"amqp_url", "line_channel_secret", "line_login_channel_secret", "s3_access_key_id", "s3_secret_access_key"}
    )

    amqp_url: str
    http_host: str = "127.0.0.1"
    http_port: int = 8000
    public_url: str = "http://127.0.0.1:8000"
    jwt_issuer: str = "http://127.0.0.1:8000"
    jwt_audience: str = "yeshi"
    line_channel_secret: str = ""
    line_login_channel_id: str = ""
    line_login_channel_secret: str = ""
    line_login_scope: str = "profile openid"
    line_access_url: str = "https://access.line.me"
    line_api_url: str = "https://api.line.me"
    sns_topic_arn: str = ""
    s3_endpoint_url: str | None = None
    s3_region: str = "us-east-1"
    s3_bucket: str = "yeshi-media"
    s3_access_key_id: str = ""
    s3_secret_access_key: str = ""
    presigned_uploads: bool = False
    cors_origins: tuple[str, ...] = ()
    trusted_proxies: tuple[str, ...] = ()
    reads_per_second: float = 100.0
    reads_burst: int = 200
    limit_factor: float = 1.0
    streams_per_user: int = 20
    streams_total: int = 10_000
    drain_seconds: float = 0.0

    def problems(self) -> list[str]:
        """What is set but may not be, as sentences."""
        found = []
        if self.limit_factor <= 0:
            found.append("LIMIT_FACTOR must be above 0")
        if not 0 <= self.drain_seconds <= LONGEST_NOTICE:
            found.append(f"DRAIN_SECONDS must be from 0 to {LONGEST_NOTICE:g}")
        if self.production and self.limit_factor != 1:
            found.append("LIMIT_FACTOR is for benches and refused in production")
        if self.production and not self.public_url.startswith("https://"):
            found.append("PUBLIC_URL must begin with https:// in production")
        if self.line_login_channel_id and not self.line_login_channel_secret:
            found.append("LINE_LOGIN_CHANNEL_ID needs LINE_LOGIN_CHANNEL_SECRET")
        if "*" in self.cors_origins:
            found.append("CORS_ORIGINS names origins; * would let every page act for whoever is logged in")
        return found
