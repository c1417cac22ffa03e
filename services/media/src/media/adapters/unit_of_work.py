"""One MongoDB transaction with documents, photos and outbox in it, and reads outside of any."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar
from uuid import UUID

from pymongo import ASCENDING, InsertOne, ReplaceOne, UpdateOne
from pymongo.errors import BulkWriteError

from chassis import clock
from chassis.mongo import Conflict, Database, Transaction, run
from media.adapters.published_events import Publisher
from media.adapters.rows import (
    DOCUMENTS,
    FETCHES,
    PHOTOS,
    document_of,
    document_row,
    fetch_row,
    photo_of,
    settled_fields,
)
from media.application.ports import Unit
from media.domain.document import Document
from media.domain.events import Event
from media.domain.fetch import Fetch
from media.domain.photo import Photo, State

T = TypeVar("T")

DUPLICATE_KEY = 11000
THERE = {"withdrawn_at": None}  # also what was written before documents could be withdrawn


class MongoUnit:
    """Documents and photos in an open transaction."""

    def __init__(self, tx: Transaction, publisher: Publisher) -> None:
        self._tx = tx
        self._publisher = publisher
        self._read_at: dict[UUID, int] = {}

    def documents(self, ids: Iterable[UUID]) -> dict[UUID, Document]:
        """The documents there are."""
        rows = self._tx.database[DOCUMENTS].find({"_id": {"$in": _texts(ids)}}, session=self._tx.session)
        found = {document.id: document for document in map(document_of, rows)}
        self._read_at.update({document.id: document.version for document in found.values()})
        return found

    def save_documents(self, documents: Sequence[Document]) -> None:
        """Writes new and changed documents, each over the version that was read. Raises Conflict."""
        if not documents:
            return
        now = clock.now()
        writes: list[InsertOne | ReplaceOne] = []
        replaced = 0
        for document in documents:
            before = self._read_at.get(document.id)
            if before is None:
                writes.append(InsertOne(document_row(document, now)))
            else:
                replaced += 1
                writes.append(ReplaceOne({"_id": str(document.id), "version": before}, document_row(document, now)))
        try:
            result = self._tx.database[DOCUMENTS].bulk_write(writes, session=self._tx.session)
        except BulkWriteError as error:
            if all(one.get("code") == DUPLICATE_KEY for one in error.details["writeErrors"]):
                raise Conflict("a document was made meanwhile") from error
            raise
        if result.matched_count != replaced:
            raise Conflict("a document was changed meanwhile")
        self._read_at.update({document.id: document.version for document in documents})

    def photo(self, photo_id: UUID) -> Photo | None:
        """A photo."""
        row = self._tx.database[PHOTOS].find_one({"_id": str(photo_id)}, session=self._tx.session)
        return photo_of(row) if row else None

    def save_photo(self, photo: Photo) -> None:
        """Writes a photo that was settled or deleted here. Raises Conflict when it was elsewhere meanwhile."""
        before = State.STORED if photo.state is State.DELETED else State.WAITING
        result = self._tx.database[PHOTOS].update_one(
            {"_id": str(photo.id), "state": before.value},
            {"$set": settled_fields(photo), "$unset": {"claim": "", "claimed_until": ""}},
            session=self._tx.session,
        )
        if result.matched_count != 1:
            raise Conflict("the photo was settled or deleted meanwhile")

    def add_fetches(self, fetches: Sequence[Fetch]) -> None:
        """Photographs to be fetched; one that is there stays as it is."""
        if not fetches:
            return
        writes = [UpdateOne({"_id": str(one.id)}, {"$setOnInsert": fetch_row(one)}, upsert=True) for one in fetches]
        self._tx.database[FETCHES].bulk_write(writes, session=self._tx.session)

    def end_fetch(self, fetch_id: UUID) -> bool:
        """Whether it was still to be fetched; it is no more."""
        result = self._tx.database[FETCHES].delete_one({"_id": str(fetch_id)}, session=self._tx.session)
        return result.deleted_count == 1

    def publish(self, *events: Event) -> None:
        """Adds events to the transaction's outbox."""
        for event in events:
            self._tx.emit(self._publisher.message(event))


class MongoUnits:
    """Transactions on a database."""

    def __init__(self, database: Database, publisher: Publisher) -> None:
        self._database = database
        self._publisher = publisher

    def run(self, work: Callable[[Unit], T]) -> T:
        """Does this work in a transaction, from the start again when others get in its way."""
        return run(self._database, lambda tx: work(MongoUnit(tx, self._publisher)))


class MongoReader:
    """Questions that change nothing. A withdrawn document is not there."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def documents(self, ids: Iterable[UUID]) -> dict[UUID, Document]:
        """The documents there are."""
        wanted = _texts(ids)
        if not wanted:
            return {}
        with self._database.deadline():
            rows = list(self._database[DOCUMENTS].find({"_id": {"$in": wanted}, **THERE}))
        return {document.id: document for document in map(document_of, rows)}

    def documents_after(self, after: UUID | None, limit: int) -> list[Document]:
        """The next documents in the order of their ids."""
        beyond: dict[str, Any] = {"_id": {"$gt": str(after)}} if after else {}
        with self._database.deadline():
            return [
                document_of(row)
                for row in self._database[DOCUMENTS].find({**beyond, **THERE}).sort("_id", ASCENDING).limit(limit)
            ]

    def photo(self, photo_id: UUID) -> Photo | None:
        """A photo."""
        with self._database.deadline():
            row = self._database[PHOTOS].find_one({"_id": str(photo_id)})
        return photo_of(row) if row else None


def _texts(ids: Iterable[UUID]) -> list[str]:
    return [str(identifier) for identifier in ids]
