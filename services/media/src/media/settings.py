"""What media's processes need from the environment."""

from typing import ClassVar

from chassis.settings import Settings


class MongoSettings(Settings, frozen=True, kw_only=True):
    """`mongo_url` is a mongodb:// URL of a replica set; transactions and change streams ask for one."""

    secrets: ClassVar[frozenset[str]] = frozenset({"mongo_url"})

    mongo_url: str
    mongo_database: str = "media"


class RelaySettings(MongoSettings, frozen=True, kw_only=True):
    """The relay: the database and the bus."""

    secrets: ClassVar[frozenset[str]] = frozenset({"amqp_url", "mongo_url"})

    amqp_url: str


class ServiceSettings(RelaySettings, frozen=True, kw_only=True):
    """`media_base_url` is the host photos are served from; empty: a path on the gateway."""

    media_base_url: str = ""


class MirrorSettings(MongoSettings, frozen=True, kw_only=True):
    """The database and the bucket. Without `s3_endpoint_url` it is AWS's S3."""

    secrets: ClassVar[frozenset[str]] = frozenset({"mongo_url", "s3_access_key_id", "s3_secret_access_key"})

    s3_bucket: str
    s3_access_key_id: str
    s3_secret_access_key: str
    s3_endpoint_url: str = ""
    s3_region: str = "ap-northeast-1"
    media_base_url: str = ""


class WorkSettings(MirrorSettings, frozen=True, kw_only=True):
    """`photo_workers` photos are worked on at once, each in a child of `photo_memory_mb` MiB of address space and
    `photo_seconds` of processor time. Uploads and sizes nobody refers to are swept after `sweep_after_hours`.

    `fetch_workers` photographs are fetched at once, from the open world and from the `address:port` pairs in
    `fetch_allow`, which are for tests and the local stack: production refuses them.
    """

    fetch_workers: int = 4
    fetch_allow: tuple[str, ...] = ()
    photo_workers: int = 2
    photo_memory_mb: int = 768
    photo_seconds: float = 10.0
    sweep_after_hours: float = 24.0
    sweep_every_seconds: float = 3600.0

    def problems(self) -> list[str]:
        """What is set but may not be, as sentences."""
        if self.production and self.fetch_allow:
            return ["FETCH_ALLOW is for tests and refused in production"]
        return []
