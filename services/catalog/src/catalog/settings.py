"""What catalog's processes need from the environment."""

from typing import ClassVar

from chassis.settings import Settings


class CatalogSettings(Settings, frozen=True, kw_only=True):
    """`postgres_dsn` is a postgresql:// URL of catalog's own role."""

    secrets: ClassVar[frozenset[str]] = frozenset({"amqp_url", "postgres_dsn"})

    amqp_url: str
    postgres_dsn: str
    pool_size: int = 8


class WorkSettings(Settings, frozen=True, kw_only=True):
    """The work process: `import_workers` imports, of different shops, are worked on at once.

    Uploads are read from `s3_endpoint_url` only (empty: AWS's S3), each by an address that the door has signed.
    """

    secrets: ClassVar[frozenset[str]] = frozenset({"postgres_dsn"})

    postgres_dsn: str
    pool_size: int = 4
    s3_endpoint_url: str = ""
    import_workers: int = 2
