"""The mirror: every document's current version as an object, written within seconds of its change.

One lease-holder follows the database's changes from the last confirmed one. What it writes is the document as it stands
when it is written, so a change that is read twice does no harm. When the database has forgotten where we were, all
documents and objects are compared, piece by piece, beside what goes on.
"""

import logging
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile
from uuid import UUID

from chassis.errors import Unavailable
from media.application import keys
from media.application.ports import Changes, Clock, HistoryLost, Lease, ObjectMissing, Objects, Reader
from media.domain.document import Document

log = logging.getLogger(__name__)

MOST_CHANGES = 200  # of one step
WAIT = 1.0  # seconds
PIECE = 100  # documents compared in one step
SIDE_BY_SIDE = 8  # objects written at once
JSON = "application/json"

Render = Callable[[Document], bytes]


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

    def write(self, ids: Iterable[UUID], still: Callable[[], bool]) -> None:
        """Writes these documents as they stand now, and deletes those that are gone. Raises Unavailable.

        `still` is asked before each object whether we may go on.
        """
        wanted = sorted(set(ids))
        for start in range(0, len(wanted), PIECE):
            piece = wanted[start : start + PIECE]
            found = self._reader.documents(piece)

            def one(metadata_id: UUID, found: dict[UUID, Document] = found) -> None:
                if not still():
                    raise Unavailable("the mirror's lease has ended")
                self._write(metadata_id, found.get(metadata_id))

            list(self._writers.map(one, piece))

    def compare(self, after: UUID | None, *, repair: bool, still: Callable[[], bool]) -> "Piece":
        """Compares the next documents behind `after`, and the objects between them. Raises Unavailable."""
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
            self.write([one for one in wrong if one is not None], still)
        return Piece(differences, len(documents), last)

    def close(self) -> None:
        """Ends the writing threads."""
        self._writers.shutdown()

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
        self._pending: dict[UUID, datetime] = {}
        self.written: Callable[[float], None] = lambda seconds: None

    @property
    def lag(self) -> float:
        """For how many seconds the oldest change that is read but not mirrored has waited."""
        waiting = list(self._pending.values())
        return max((self._clock() - min(waiting)).total_seconds(), 0.0) if waiting else 0.0

    def step(self) -> bool:
        """Mirrors what has changed; waits a moment for it when nothing has. False when another one holds the lease.

        Raises Unavailable: what was read stays to be written.
        """
        if not self._lease.take():
            self.let_go()
            return False
        busy = bool(self._pending) or self._changes.comparing_after is not None
        try:
            for change in self._changes.read(MOST_CHANGES, 0.0 if busy else WAIT):
                self._pending.setdefault(change.metadata_id, change.at)
        except HistoryLost:
            log.warning("the changes since the last ones are lost: everything is compared")
            self._changes.begin_again()
        self._flush()
        self._compare_on()
        return True

    def let_go(self) -> None:
        """Forgets what was read: whoever holds the lease reads it again."""
        self._pending.clear()
        self._changes.close()

    def stop(self) -> None:
        """Ends for good and lets another one begin at once."""
        self.let_go()
        self._lease.release()

    def _flush(self) -> None:
        if self._pending:
            self._copy.write(self._pending, lambda: self._lease.held)
            for since in self._pending.values():
                self.written((self._clock() - since).total_seconds())
            self._pending.clear()
        self._changes.confirm()

    def _compare_on(self) -> None:
        after = self._changes.comparing_after
        if after is None:
            return
        piece = self._copy.compare(after, repair=True, still=lambda: self._lease.held)
        for difference in piece.differences:
            log.warning("the mirror was wrong: %s is %s", difference.key, difference.what)
        self._changes.compared(piece.last)
