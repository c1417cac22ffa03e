"""What users' processes need from the environment."""

from email.utils import parseaddr
from typing import ClassVar, Literal
from urllib.parse import urlsplit

from chassis.settings import Settings, SettingsError


class UsersSettings(Settings, frozen=True, kw_only=True):
    """`postgres_dsn` is a postgresql:// URL of users' own role. `key_encryption_secret` seals the signing keys: a long
    random text. `limit_factor` widens every limit for benches, and is refused in production.
    """

    secrets: ClassVar[frozenset[str]] = frozenset({"amqp_url", "postgres_dsn", "key_encryption_secret"})

    amqp_url: str
    postgres_dsn: str
    key_encryption_secret: str
    jwt_issuer: str
    jwt_audience: str
    seller_approval: Literal["automatic", "manual"] = "automatic"
    line_access_url: str = "https://access.line.me"
    limit_factor: float = 1.0
    pool_size: int = 8
    hash_threads: int = 2

    def __post_init__(self) -> None:
        needed = ("key_encryption_secret", "jwt_issuer", "jwt_audience", "line_access_url")
        problems = [f"{name.upper()} must not be empty" for name in needed if not getattr(self, name)]
        if self.limit_factor <= 0:
            problems.append("LIMIT_FACTOR must be above 0")
        if self.production and self.limit_factor != 1:
            problems.append("LIMIT_FACTOR is for benches and refused in production")
        if not 1 <= self.hash_threads <= 64:
            problems.append("HASH_THREADS must be 1 to 64")
        if problems:
            raise SettingsError(problems)


class WorkSettings(Settings, frozen=True, kw_only=True):
    """For the process that sends letters. `smtp_url` is `smtp://`, `smtp+starttls://` or `smtps://` with
    `user:password@`; production takes encrypted ones only. `mail_from` is `Name <address>`, `public_url` where links
    lead.
    """

    secrets: ClassVar[frozenset[str]] = frozenset({"postgres_dsn", "smtp_url"})

    postgres_dsn: str
    smtp_url: str
    mail_from: str
    public_url: str

    def __post_init__(self) -> None:
        problems = []
        scheme = urlsplit(self.smtp_url).scheme
        if scheme not in ("smtp", "smtp+starttls", "smtps") or not urlsplit(self.smtp_url).hostname:
            problems.append("SMTP_URL must be smtp://, smtp+starttls:// or smtps:// and a host")
        elif self.production and scheme == "smtp":
            problems.append("SMTP_URL must be smtp+starttls:// or smtps:// in production")
        if "@" not in parseaddr(self.mail_from)[1]:
            problems.append("MAIL_FROM must hold an e-mail address")
        if not self.public_url.startswith(("http://", "https://")):
            problems.append("PUBLIC_URL must be an http(s) URL")
        elif self.production and not self.public_url.startswith("https://"):
            problems.append("PUBLIC_URL must begin with https:// in production")
        if problems:
            raise SettingsError(problems)
