"""Media in memory: the same use cases on parts that forget everything."""

import copy
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from uuid import UUID

import pytest

from chassis.errors import Unavailable
from chassis.ids import uuid7
from media.adapters.published_events import Publisher
from media.application import keys
from media.application.mirror import Mirror, MirrorCopy
from media.application.photo_work import PhotoWork
from media.application.ports import Change, Claim, Developed, HistoryLost, NotAPhoto, ObjectMissing, StoredObject
from media.application.sweep import Sweep
from media.bootstrap import assemble
from media.domain.document import Document, Submission
from media.domain.errors import Unfit
from media.domain.photo import JPEGS, Photo, State

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)


@dataclass
class Store:
    """What would be collections and a bucket."""

    documents: dict[UUID, Document] = field(default_factory=dict)
    photos: dict[UUID, Photo] = field(default_factory=dict)
    noted: dict[UUID, list[str]] = field(default_factory=dict)
    failures: dict[UUID, int] = field(default_factory=dict)
    claimed: set[UUID] = field(default_factory=set)
    unfinished: list = field(default_factory=list)
    marks: set[str] = field(default_factory=set)
    objects: dict[str, tuple[bytes, datetime]] = field(default_factory=dict)
    events: list = field(default_factory=list)
    now: datetime = NOON
    bucket_away: bool = False


class MemoryUnit:
    """Works on copies; `run` keeps them."""

    def __init__(self, store: Store) -> None:
        self.store = copy.deepcopy(store)

    def documents(self, ids: Iterable[UUID]) -> dict[UUID, Document]:
        return {one: self.store.documents[one] for one in ids if one in self.store.documents}

    def save_documents(self, documents: Sequence[Document]) -> None:
        self.store.documents.update({document.id: document for document in documents})

    def photo(self, photo_id: UUID) -> Photo | None:
        return self.store.photos.get(photo_id)

    def save_photo(self, photo: Photo) -> None:
        self.store.photos[photo.id] = photo

    def publish(self, *events) -> None:
        self.store.events += [copy.deepcopy(event) for event in events]


class MemoryDatabase:
    """Units, reader, uploads, queue and sweep marks on one store."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def run(self, work):
        unit = MemoryUnit(self.store)
        result = work(unit)
        for name in ("documents", "photos", "events"):
            setattr(self.store, name, getattr(unit.store, name))
        return result

    def documents(self, ids):
        there = self._there()
        return {one: copy.deepcopy(there[one]) for one in ids if one in there}

    def documents_after(self, after, limit):
        there = self._there()
        return [there[one] for one in sorted(there) if after is None or one > after][:limit]

    def _there(self):
        return {one: document for one, document in self.store.documents.items() if not document.withdrawn}

    def photo(self, photo_id):
        return copy.deepcopy(self.store.photos.get(photo_id))

    def add(self, photo):
        for known in self.store.photos.values():
            same = (known.metadata_id, known.sha256) == (photo.metadata_id, photo.sha256)
            if known.id == photo.id or (same and known.stands_for_bytes):
                return known
        self.store.photos[photo.id] = photo
        return photo

    def claim(self):
        for photo in sorted(self.store.photos.values(), key=lambda one: one.id):
            if photo.state is State.WAITING and photo.id not in self.store.claimed:
                self.store.claimed.add(photo.id)
                return Claim(copy.deepcopy(photo), "ours", self.store.failures.get(photo.id, 0))
        return None

    def announce(self, claim, keys):
        self.store.noted[claim.photo.id] = list(keys)
        if self.store.marks & set(keys):
            raise Unavailable("being swept")

    def give_back(self, claim, pause, *, failed):
        self.store.claimed.discard(claim.photo.id)
        self.store.failures[claim.photo.id] = claim.failures + failed

    def waiting(self, photo_ids):
        return {one for one in photo_ids if one in self.store.photos and self.store.photos[one].state is State.WAITING}

    def referenced(self, keys):
        stored = {one.key for photo in self.store.photos.values() for one in photo.renditions}
        return (stored | {key for noted in self.store.noted.values() for key in noted}) & set(keys)

    def mark(self, keys):
        self.store.marks |= set(keys)

    def marked(self):
        return sorted(self.store.marks)

    def unmark(self, keys):
        self.store.marks -= set(keys)


class MemoryObjects:
    """The bucket."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def _look(self) -> dict:
        if self.store.bucket_away:
            raise Unavailable("the bucket is away")
        return self.store.objects

    def fetch(self, key, most):
        if key not in self._look():
            raise ObjectMissing
        return self.store.objects[key][0][: most + 1]

    def put(self, key, body, content_type, cache_control):
        self._look()[key] = (body, self.store.now)

    def delete(self, key):
        self._look().pop(key, None)

    def listing(self, prefix, after=""):
        for key in sorted(self._look()):
            if key.startswith(prefix) and key > after:
                yield StoredObject(key, self.store.objects[key][1])

    def unfinished(self, prefix):
        self._look()
        yield from [one for one in self.store.unfinished if one.key.startswith(prefix)]

    def abandon(self, upload):
        self._look()
        self.store.unfinished.remove(upload)


class MemoryDarkroom:
    """Answers three sizes for bytes that say `picture`."""

    error: Exception | None = None

    def develop(self, data):
        if self.error is not None:
            raise self.error
        if not data.startswith(b"picture"):
            raise NotAPhoto(Unfit.UNSUPPORTED)
        return [
            Developed(name, name.encode() + data, 100, 80, f"image/{kind}")
            for size, jpeg in JPEGS.items()
            for name, kind in ((size, "webp"), (jpeg, "jpeg"))
        ]


class MemoryLease:
    """A lease that a test gives and takes."""

    def __init__(self) -> None:
        self.held = True

    def take(self):
        return self.held

    def release(self):
        self.held = False


class MemoryChanges:
    """Changes a test puts in."""

    def __init__(self) -> None:
        self.waiting: list[Change] = []
        self.confirmed = 0
        self.lost = False
        self.comparing_after: UUID | None = None

    def read(self, most, wait):
        if self.lost:
            raise HistoryLost
        taken, self.waiting = self.waiting[:most], self.waiting[most:]
        return taken

    def confirm(self):
        self.confirmed += 1

    def begin_again(self):
        self.lost = False
        self.comparing_after = UUID(int=0)

    def compared(self, after):
        self.comparing_after = after

    def close(self):
        pass


@pytest.fixture
def world():
    """Everything on one store, with hands for tests."""
    store = Store()
    database, objects, darkroom = MemoryDatabase(store), MemoryObjects(store), MemoryDarkroom()
    publisher = Publisher()
    changes, lease = MemoryChanges(), MemoryLease()
    copier = MirrorCopy(database, objects, publisher.mirrored)
    made = SimpleNamespace(
        store=store,
        database=database,
        media=assemble(database, database, database, publisher, lambda: store.now),
        work=PhotoWork(database, objects, darkroom, database, lambda: store.now),
        darkroom=darkroom,
        objects=objects,
        changes=changes,
        lease=lease,
        copy=copier,
        mirror=Mirror(changes, copier, lease, lambda: store.now),
        sweep=Sweep(objects, database, lease, lambda: store.now),
        product=uuid7(),
        metadata=uuid7(),
    )

    def submit(version, content='{"a":1}', metadata=None, **more):
        submission = Submission(metadata or made.metadata, made.product, version, content, **more)
        database.run(lambda unit: made.media.documents.submitted([submission], unit))

    def upload(data=b"picture", **changed):
        wanted = {"id": uuid7(), "product_id": made.product, "metadata_id": made.metadata, **changed}
        photo = Photo(sha256=hashlib.sha256(data).hexdigest(), size=len(data), accepted_at=NOON, **wanted)
        store.objects[keys.incoming(photo.id)] = (data, store.now)
        return made.media.photos.accept(photo)

    def changed(*ids):
        changes.waiting += [Change(one, store.now) for one in ids]

    made.submit, made.upload, made.changed = submit, upload, changed
    made.later = lambda **span: setattr(store, "now", store.now + timedelta(**span))
    made.heard = lambda kind: [event for event in store.events if type(event).__name__ == kind]
    yield made
    copier.close()
