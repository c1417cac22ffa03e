"""The mirror: every document's current version as an object, written within seconds of its change.

One lease-holder follows the database's changes from the last confirmed one. What it writes is the document as it stands
when it is written, so a change that is read twice does no harm. When the database has forgotten where we were, all
documents and objects are compared, piece by piece, beside what goes on.

A write that failed may still be under way in the bucket and end after a newer one. So whoever failed is written, and
once more when nothing of it can be under way any longer; only then are the changes confirmed.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice, takewhile
from uuid import UUID

from chassis.errors import Unavailable
from media.application import keys
from media.application.ports import Changes, Clock, HistoryLost, Lease, ObjectMissing, Objects, Reader
from media.domain.document import Document

log = logging.getLogger(__name__)

MOST_CHANGES = 200  # that are read and not written
WAIT = 1.0  # seconds
AT_ONCE = 40  # documents written before the time is looked at
LONGEST = timedelta(seconds=5)  # of writing in one step
PIECE = 100  # documents compared in one step
SIDE_BY_SIDE = 8  # objects written at once
AGAIN_AFTER = timedelta(seconds=15)  # much longer than a bucket works on a write whose sender has gone
JSON = "application/json"

Render = Callable[[Document], bytes]
Still = Callable[[], bool]
Told = Callable[[UUID, bool], None]


def _nobody(_metadata_id: UUID, _surely: bool) -> None:
    """Where nobody wants to be told."""


@dataclass(frozen=True)
class Difference:
    """Where the mirror is wrong about one document: `missing`, `different`, `left_over` or `foreign`."""

    key: str
    what: str


class MirrorCopy:
    """Documents and their objects, compared and brought together."""

    def __init__(self, reader: Reader, objects: Objects, render: Render) -> None:
        self._reader = reader
        self._objects = objects
        self._render = render
        self._writers = ThreadPoolExecutor(SIDE_BY_SIDE, thread_name_prefix="mirror-write")

    def write(self, ids: Iterable[UUID], still: Still, told: Told = _nobody) -> None:
        """Writes these documents as they stand now, and deletes those that are gone. Raises Unavailable.

        `still` is asked before each few objects, which are written side by side, whether we may go on. `told` hears of
        each whether it is surely written; what is not may be written by the bucket later. Of ours nothing is under way
        any more when this ends, however it ends.
        """
        for piece in _pieces(sorted(set(ids)), PIECE):
            self._write_piece(piece, still, told)

    def compare(self, after: UUID | None, *, repair: bool, still: Still, told: Told = _nobody) -> "Piece":
        """Compares the next documents behind `after`, and the objects between them. Raises Unavailable.

        `still` and `told` are those of `write`.
        """
        documents = self._reader.documents_after(after, PIECE)
        last = documents[-1].id if len(documents) == PIECE else None
        listed = self._listed(after, last)
        differences = [Difference(key, "foreign") for key in listed if keys.id_in(key, keys.METADATA) is None]
        known = {identifier for key in listed if (identifier := keys.id_in(key, keys.METADATA)) is not None}
        here = {document.id for document in documents}
        differences += [Difference(keys.metadata(one), "left_over") for one in sorted(known - here)]
        differences += [Difference(keys.metadata(one), "missing") for one in sorted(here - known)]
        differences += self._different([one for one in documents if one.id in known])
        if repair:
            wrong = [keys.id_in(one.key, keys.METADATA) for one in differences if one.what != "foreign"]
            self._put_right([one for one in wrong if one is not None], still, told)
        return Piece(differences, len(documents), last)

    def close(self) -> None:
        """Ends the writing threads."""
        self._writers.shutdown()

    def _put_right(self, ids: Sequence[UUID], still: Still, told: Told) -> None:
        """Writes until what was written is what stands: beside us another may have mirrored a change, and we what was
        before it.
        """
        for piece in _pieces(sorted(ids), PIECE):
            rest = piece
            while rest:
                written = self._write_piece(rest, still, told)
                stands = self._reader.documents(rest)
                rest = [one for one in rest if _version(stands.get(one)) != _version(written.get(one))]

    def _write_piece(self, piece: Sequence[UUID], still: Still, told: Told) -> Mapping[UUID, Document]:
        found = self._reader.documents(piece)
        for some in _pieces(piece, SIDE_BY_SIDE):
            if not still():
                raise Unavailable("the mirror's lease has ended")
            writes = {one: self._writers.submit(self._write, one, found.get(one)) for one in some}
            wait(writes.values())
            for one, write in writes.items():
                told(one, write.exception() is None)
            for write in writes.values():
                write.result()
        return found

    def _write(self, metadata_id: UUID, document: Document | None) -> None:
        key = keys.metadata(metadata_id)
        if document is None:
            self._objects.delete(key)
        else:
            self._objects.put(key, self._render(document), JSON, keys.NOT_KEPT)

    def _listed(self, after: UUID | None, last: UUID | None) -> list[str]:
        start = keys.metadata(after) if after else ""
        end = keys.metadata(last) if last else None
        names = (one.key for one in self._objects.listing(keys.METADATA, start))
        return list(takewhile(lambda key: end is None or key <= end, names))

    def _different(self, documents: Sequence[Document]) -> list[Difference]:
        """Those whose object says something else than the document now."""
        same = self._writers.map(self._same, documents)
        return [
            Difference(keys.metadata(one.id), "different")
            for one, alike in zip(documents, same, strict=True)
            if not alike
        ]

    def _same(self, document: Document) -> bool:
        body = self._render(document)
        try:
            return self._objects.fetch(keys.metadata(document.id), len(body)) == body
        except ObjectMissing:
            return False


def _pieces(ids: Sequence[UUID], size: int) -> Iterator[Sequence[UUID]]:
    return (ids[start : start + size] for start in range(0, len(ids), size))


def _version(document: Document | None) -> int | None:
    return document.version if document else None


@dataclass(frozen=True)
class Piece:
    """What a comparison found in one piece, and where the next begins; `last` is None at the end."""

    differences: list[Difference]
    documents: int
    last: UUID | None


class Mirror:
    """Keeps the mirror up to date, if the lease lets it."""

    def __init__(self, changes: Changes, copy: MirrorCopy, lease: Lease, clock: Clock) -> None:
        self._changes = changes
        self._copy = copy
        self._lease = lease
        self._clock = clock
        self._pending: dict[UUID, datetime] = {}  # since when
        self._doubtful: set[UUID] = set()  # those pending of which a write has failed
        self._again: dict[UUID, datetime] = {}  # those written after that, and when once more
        self.written: Callable[[float], None] = lambda seconds: None

    @property
    def lag(self) -> float:
        """For how many seconds the oldest change that is read but not mirrored has waited."""
        waiting = list(self._pending.values())
        return max((self._clock() - min(waiting)).total_seconds(), 0.0) if waiting else 0.0

    def step(self) -> bool:
        """Mirrors what has changed; waits a moment for it when nothing has. False when another one holds the lease.

        Raises Unavailable: what was read and not written stays to be written.
        """
        if not self._lease.take():
            self.let_go()
            return False
        self._read_on()
        self._flush()
        self._compare_on()
        return True

    def let_go(self) -> None:
        """Forgets what was read: whoever holds the lease reads it again."""
        self._pending.clear()
        self._doubtful.clear()
        self._again.clear()
        self._changes.close()

    def stop(self) -> None:
        """Ends for good and lets another one begin at once."""
        self.let_go()
        self._lease.release()

    def _read_on(self) -> None:
        room = MOST_CHANGES - len(self._pending)
        if room <= 0:
            return
        busy = bool(self._pending) or self._changes.comparing_after is not None
        try:
            for change in self._changes.read(room, 0.0 if busy else WAIT):
                self._pending.setdefault(change.metadata_id, change.at)
        except HistoryLost:
            log.warning("the changes since the last ones are lost: everything is compared")
            self._changes.begin_again()

    def _flush(self) -> None:
        now = self._clock()
        for one in [one for one, due in self._again.items() if due <= now]:
            del self._again[one]
            self._pending.setdefault(one, now)
        while self._pending and self._clock() - now <= LONGEST:
            self._copy.write(list(islice(self._pending, AT_ONCE)), self._still, self._told)
        if not self._pending and not self._again:
            self._changes.confirm()

    def _still(self) -> bool:
        """Prolongs the lease, which must not have ended meanwhile: what is written next ends within it."""
        return self._lease.held and self._lease.take()

    def _told(self, metadata_id: UUID, surely: bool) -> None:
        """What became of a write: each is noted as it comes, so that a step that fails has done what it has done."""
        if not surely:
            self._again.pop(metadata_id, None)
            self._pending.setdefault(metadata_id, self._clock())
            self._doubtful.add(metadata_id)
            return
        since = self._pending.pop(metadata_id, None)
        if since is not None:
            self.written((self._clock() - since).total_seconds())
        if metadata_id in self._doubtful:
            self._doubtful.discard(metadata_id)
            self._again[metadata_id] = self._clock() + AGAIN_AFTER

    def _compare_on(self) -> None:
        after = self._changes.comparing_after
        if after is None or self._again:  # its place is kept at once, and must not be ahead of what is in doubt
            return
        piece = self._copy.compare(after, repair=True, still=self._still, told=self._told)
        for difference in piece.differences:
            log.warning("the mirror was wrong: %s is %s", difference.key, difference.what)
        self._changes.compared(piece.last)
