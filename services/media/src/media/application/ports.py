"""What the use cases need from outside. Adapters implement it for real, tests in memory."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeVar
from uuid import UUID

from media.domain.document import Document
from media.domain.errors import Unfit
from media.domain.events import Event
from media.domain.fetch import Fetch
from media.domain.photo import Photo

T = TypeVar("T")
Clock = Callable[[], datetime]


class Unit(Protocol):
    """One open transaction. What is published goes out when it commits."""

    def documents(self, ids: Iterable[UUID]) -> dict[UUID, Document]:
        """The documents there are."""

    def save_documents(self, documents: Sequence[Document]) -> None:
        """Writes new and changed documents; the transaction begins again if somebody else changed one first."""

    def photo(self, photo_id: UUID) -> Photo | None:
        """A photo."""

    def save_photo(self, photo: Photo) -> None:
        """Writes a photo that was settled or deleted in this transaction."""

    def add_fetches(self, fetches: Sequence[Fetch]) -> None:
        """Photographs to be fetched; one that is there stays as it is."""

    def end_fetch(self, fetch_id: UUID) -> bool:
        """Whether it was still to be fetched; it is no more."""

    def publish(self, *events: Event) -> None:
        """Adds events to the transaction."""


class Units(Protocol):
    """Transactions."""

    def run(self, work: Callable[[Unit], T]) -> T:
        """Does this work in one, from the start again when others get in its way. Raises DatabaseUnavailable."""


class Reader(Protocol):
    """Questions that change nothing; each is one round trip. A withdrawn document is not there."""

    def documents(self, ids: Iterable[UUID]) -> dict[UUID, Document]:
        """The documents there are."""

    def documents_after(self, after: UUID | None, limit: int) -> list[Document]:
        """The next documents in the order of their ids."""

    def photo(self, photo_id: UUID) -> Photo | None:
        """A photo."""


class Uploads(Protocol):
    """Photos that come in."""

    def add(self, photo: Photo) -> Photo:
        """Keeps a new waiting photo and answers it; or the one of this id, or of the same bytes on its document."""


@dataclass(frozen=True)
class Claim:
    """A waiting photo that is ours to work on for a while. `failures` counts the tries that ended by surprise."""

    photo: Photo
    token: str
    failures: int


class PhotoQueue(Protocol):
    """Waiting photos. A claim ends by itself, so a worker that dies costs a pause and nothing else."""

    def claim(self) -> Claim | None:
        """The oldest waiting photo that nobody works on."""

    def announce(self, claim: Claim, keys: Sequence[str]) -> None:
        """Notes which objects are about to be written for it, before they are: what is noted is never swept.

        Raises Unavailable while one of them is just being swept, or when the claim is not ours any more.
        """

    def give_back(self, claim: Claim, pause: float, *, failed: bool) -> None:
        """Lets somebody claim it again after `pause` seconds."""


class ObjectMissing(Exception):
    """No object under this key."""


@dataclass(frozen=True)
class StoredObject:
    """An object in a listing."""

    key: str
    modified: datetime


@dataclass(frozen=True)
class Unfinished:
    """An object that came in parts, and whose last part has not come."""

    key: str
    upload_id: str
    begun: datetime


class Objects(Protocol):
    """The bucket. Every method raises Unavailable when it is away."""

    def fetch(self, key: str, most: int) -> bytes:
        """The object's bytes, or its first `most` + 1 when it is longer. Raises ObjectMissing."""

    def put(self, key: str, body: bytes, content_type: str, cache_control: str) -> None:
        """Writes an object, over one that is there."""

    def delete(self, key: str) -> None:
        """Deletes an object; one that is not there is fine."""

    def listing(self, prefix: str, after: str = "") -> Iterator[StoredObject]:
        """Objects whose keys begin with `prefix` and come after `after`, in the order of their keys."""

    def unfinished(self, prefix: str) -> Iterator[Unfinished]:
        """What is only there in parts, below `prefix`."""

    def abandon(self, upload: Unfinished) -> None:
        """Deletes its parts; one that is not there any more is fine."""


@dataclass(frozen=True)
class Developed:
    """One size of a picture, encoded."""

    name: str
    body: bytes
    width: int
    height: int
    content_type: str


class NotAPhoto(Exception):
    """The bytes are no photo; `code` says why."""

    def __init__(self, code: Unfit) -> None:
        super().__init__(code.value)
        self.code = code


class Darkroom(Protocol):
    """Makes the sizes of a picture out of whatever bytes a stranger sent, bounded in memory and time."""

    def develop(self, data: bytes) -> list[Developed]:
        """Every size, without any metadata. Raises NotAPhoto; Unavailable when it took too long by the clock."""


@dataclass(frozen=True)
class Change:
    """A document that changed, or went away, at this time."""

    metadata_id: UUID
    at: datetime


class HistoryLost(Exception):
    """The database no longer knows what happened since we last looked: only comparing everything helps."""


class Changes(Protocol):
    """Every change of a document, from where it was last confirmed. Raises DatabaseUnavailable."""

    def read(self, most: int, wait: float) -> list[Change]:
        """The next changes; when there are none, what comes within `wait` seconds. Raises HistoryLost."""

    def confirm(self) -> None:
        """What was read is mirrored: reading goes on behind it, also after a restart."""

    def begin_again(self) -> None:
        """From now on, with everything before to be compared."""

    @property
    def comparing_after(self) -> UUID | None:
        """Up to which id everything was compared; the lowest id at first, None when nothing is to be compared."""

    def compared(self, after: UUID | None) -> None:
        """Compared up to this id; None: to the end."""

    def close(self) -> None:
        """Lets go of the stream."""


class Lease(Protocol):
    """One holder at a time."""

    @property
    def held(self) -> bool:
        """Whether it surely is ours at this moment."""

    def take(self) -> bool:
        """Takes or prolongs it."""

    def release(self) -> None:
        """Gives it up."""


class SweepMarks(Protocol):
    """What keeps the sweep from deleting what somebody is about to refer to. Raises DatabaseUnavailable."""

    def waiting(self, photo_ids: Sequence[UUID]) -> set[UUID]:
        """Those of these photos that still wait for their upload to be looked at."""

    def referenced(self, keys: Sequence[str]) -> set[str]:
        """Those of these objects that a photo or a document refers to."""

    def mark(self, keys: Sequence[str]) -> None:
        """From now on nobody may begin to refer to these objects."""

    def marked(self) -> list[str]:
        """What is marked, also by a sweep that died."""

    def unmark(self, keys: Sequence[str]) -> None:
        """Done with these."""
