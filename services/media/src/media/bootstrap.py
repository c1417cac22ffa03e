"""The one place where media's real parts meet. What only the work process needs is imported by it alone."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from prometheus_client import Counter, Gauge, Histogram

from chassis import clock
from chassis.mongo import Database
from chassis.mongo.lease import Lease
from media.adapters.mongo_changes import MongoChanges
from media.adapters.mongo_photos import MongoPhotoQueue, MongoUploads
from media.adapters.mongo_sweep import MongoSweepMarks
from media.adapters.published_events import Publisher
from media.adapters.unit_of_work import MongoReader, MongoUnits
from media.application.album import Album
from media.application.documents import DocumentDesk
from media.application.fetching import FetchWork
from media.application.mirror import Mirror, MirrorCopy
from media.application.photo_work import PhotoWork
from media.application.photos import PhotoDesk
from media.application.ports import Clock, Reader, Units, Uploads
from media.application.sweep import Sweep
from media.settings import MirrorSettings, MongoSettings, WorkSettings

if TYPE_CHECKING:
    from media.adapters.s3_objects import S3Objects

MIRROR_LEASE = timedelta(seconds=10)
SWEEP_LEASE = timedelta(minutes=5)

photos_settled = Counter("yeshi_media_photos_total", "Photos settled: stored, or the code of the refusal", ["outcome"])
fetches_settled = Counter("yeshi_media_fetches_total", "Photographs from elsewhere, by outcome", ["outcome"])
mirror_lag = Gauge("yeshi_media_mirror_lag_seconds", "Age of the oldest change that is not in the mirror yet")
mirror_delay = Histogram(
    "yeshi_media_mirror_delay_seconds",
    "From a document's change to its object",
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800),
)


@dataclass(frozen=True)
class Media:
    """All use cases of the service."""

    documents: DocumentDesk
    photos: PhotoDesk
    album: Album
    publisher: Publisher
    now: Clock


def assemble(reader: Reader, uploads: Uploads, units: Units, publisher: Publisher, now: Clock) -> Media:
    """The service's application on whatever parts it is given."""
    return Media(DocumentDesk(reader), PhotoDesk(uploads, reader), Album(units, now), publisher, now)


def database(settings: MongoSettings, app: str) -> Database:
    """The client of a process."""
    return Database(settings.mongo_url, settings.mongo_database, app=app)


def build(on: Database, media_base_url: str) -> Media:
    """The service's application on MongoDB."""
    publisher = Publisher(media_base_url)
    return assemble(MongoReader(on), MongoUploads(on), MongoUnits(on, publisher), publisher, clock.now)


@dataclass(frozen=True)
class Work:
    """All use cases of the work process, how to ask whether its bucket is there, and how to end it."""

    photos: PhotoWork
    fetches: FetchWork
    mirror: Mirror
    sweep: Sweep
    bucket_problem: Callable[[], str | None]
    close: Callable[[], None]


def build_copy(on: Database, settings: MirrorSettings) -> tuple[MirrorCopy, "S3Objects"]:
    """The mirror's documents and objects."""
    objects = _objects(settings)
    return MirrorCopy(MongoReader(on), objects, Publisher(settings.media_base_url).mirrored), objects


def build_work(on: Database, settings: WorkSettings) -> Work:
    """The work process' application on MongoDB, S3 and child processes."""
    from media.adapters.darkroom.parent import Darkrooms
    from media.adapters.mongo_fetches import MongoFetches
    from media.adapters.public_fetch import PublicFetcher

    copy, objects = build_copy(on, settings)
    darkrooms = Darkrooms(settings.photo_workers, memory=settings.photo_memory_mb << 20, seconds=settings.photo_seconds)
    darkrooms.start()
    units = MongoUnits(on, Publisher(settings.media_base_url))
    mirror = Mirror(MongoChanges(on), copy, Lease(on, "mirror", MIRROR_LEASE), clock.now)
    mirror.written = mirror_delay.observe
    mirror_lag.set_function(lambda: mirror.lag)
    photos = PhotoWork(MongoPhotoQueue(on), objects, darkrooms, units, clock.now)
    photos.settled = lambda outcome: photos_settled.labels(outcome).inc()
    fetcher = PublicFetcher(frozenset(settings.fetch_allow))
    fetches = FetchWork(MongoFetches(on), fetcher, objects, MongoUploads(on), MongoReader(on), units, clock.now)
    fetches.settled = lambda outcome: fetches_settled.labels(outcome).inc()
    old = timedelta(hours=settings.sweep_after_hours)
    sweep = Sweep(objects, MongoSweepMarks(on), Lease(on, "sweep", SWEEP_LEASE), clock.now, old)

    def close() -> None:
        fetcher.close()
        darkrooms.close()
        mirror.stop()
        copy.close()
        objects.close()
        on.close()

    return Work(
        photos=photos,
        fetches=fetches,
        mirror=mirror,
        sweep=sweep,
        bucket_problem=objects.problem,
        close=close,
    )


def _objects(settings: MirrorSettings) -> "S3Objects":
    from media.adapters.s3_objects import S3Objects, s3_client  # the green service never loads boto3

    client = s3_client(
        settings.s3_endpoint_url, settings.s3_region, settings.s3_access_key_id, settings.s3_secret_access_key
    )
    return S3Objects(client, settings.s3_bucket)
