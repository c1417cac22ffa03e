"""The outbox in MongoDB: a collection beside the service's own, written in the same transaction.

A row waits while it has `waiting`; then it has `published_at`, and goes away by itself after the days it is kept.
Times are the server's, so that the clocks of several relays need not agree.
"""

import logging
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from bson.binary import Binary
from pymongo import ASCENDING, IndexModel
from pymongo.change_stream import CollectionChangeStream
from pymongo.client_session import ClientSession
from pymongo.errors import PyMongoError

from chassis.ids import time_of
from chassis.mongo.database import Database
from chassis.outbox import Row

log = logging.getLogger(__name__)

COLLECTION = "outbox"
DAYS_KEPT = 7
PATIENCE = 1.0  # seconds
INDEXES = (
    IndexModel([("waiting", ASCENDING), ("_id", ASCENDING)], name="waiting", partialFilterExpression={"waiting": True}),
    IndexModel([("lease", ASCENDING)], name="lease", sparse=True),
    IndexModel([("published_at", ASCENDING)], name="kept", expireAfterSeconds=DAYS_KEPT * 86400),
)
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


def insert(database: Database, session: ClientSession, rows: Sequence[Row]) -> None:
    """Writes events in the caller's transaction."""
    database[COLLECTION].insert_many(
        [
            {
                "_id": str(row.id),
                "topic": row.topic,
                "body": Binary(row.body),
                "created_at": time_of(row.id),
                "waiting": True,
                "leased_until": _NEVER,
                "attempts": 0,
            }
            for row in rows
        ],
        ordered=True,
        session=session,
    )


class MongoFeed:
    """The outbox of one database as the relay sees it (chassis.outbox.OutboxFeed)."""

    errors: tuple[type[Exception], ...] = (PyMongoError,)

    def __init__(self, database: Database) -> None:
        self._database = database
        self._rows = database[COLLECTION]
        self._stream: CollectionChangeStream[Any] | None = None

    def claim(
        self, limit: int = 500, lease: timedelta = timedelta(seconds=30), published: Sequence[UUID] = ()
    ) -> list[Row]:
        """Marks rows the broker has confirmed, then leases the oldest that nobody else has, ordered by id.

        Two relays may see the same rows; each row lets itself be leased by one of them.
        """
        if published:
            self.mark_published(published)
        free = {"waiting": True, "$expr": {"$lt": ["$leased_until", "$$NOW"]}}
        with self._database.deadline():
            ids = [row["_id"] for row in self._rows.find(free, {"_id": 1}).sort("_id", ASCENDING).limit(limit)]
            if not ids:
                return []
            token = str(uuid4())
            self._rows.update_many(
                {"_id": {"$in": ids}, **free},
                [{"$set": {"lease": token, "leased_until": _in(lease), "attempts": {"$add": ["$attempts", 1]}}}],
            )
            found = self._rows.find({"lease": token, "waiting": True}, {"topic": 1, "body": 1}).sort("_id", ASCENDING)
            return [Row(UUID(row["_id"]), row["topic"], bytes(row["body"])) for row in found]

    def mark_published(self, ids: Iterable[UUID]) -> None:
        """The broker has confirmed these rows."""
        gone = {"$unset": {"waiting": "", "lease": "", "leased_until": ""}, "$currentDate": {"published_at": True}}
        with self._database.deadline():
            self._rows.update_many({"_id": {"$in": _texts(ids)}, "waiting": True}, gone)

    def mark_returned(self, ids: Iterable[UUID], error: str, pause: timedelta = timedelta(seconds=5)) -> None:
        """No queue took these rows: they stay unpublished and are tried again after a pause."""
        said = {"last_error": {"$literal": error[:500]}, "leased_until": _in(pause)}
        change: list[dict[str, Any]] = [{"$set": said}, {"$unset": "lease"}]
        with self._database.deadline():
            self._rows.update_many({"_id": {"$in": _texts(ids)}, "waiting": True}, change)

    def release(self, ids: Iterable[UUID]) -> None:
        """Gives claimed rows back at once, when the broker went away before they were sent."""
        change = {"$set": {"leased_until": _NEVER}, "$unset": {"lease": ""}}
        with self._database.deadline():
            self._rows.update_many({"_id": {"$in": _texts(ids)}, "waiting": True}, change)

    def backlog(self) -> tuple[int, float]:
        """How many rows wait, and for how many seconds the oldest has."""
        with self._database.deadline():
            count = self._rows.count_documents({"waiting": True}, hint="waiting")
            oldest = self._rows.find_one({"waiting": True}, {"created_at": 1}, sort=[("_id", ASCENDING)])
        age = (datetime.now(UTC) - oldest["created_at"]).total_seconds() if oldest else 0.0
        return count, max(age, 0.0)

    def wait(self, seconds: float) -> None:
        """Returns when an event was committed, at the latest after a second: a stream has one patience for all waits.

        Polling finds what a stream misses while it is opened anew, so it needs no place to resume from.
        """
        try:
            if self._stream is None:
                self._stream = self._rows.watch(
                    [{"$match": {"operationType": "insert"}}, {"$project": {"_id": 1}}],
                    max_await_time_ms=int(min(PATIENCE, self._database.timeout / 2) * 1000),
                )
            self._stream.try_next()
        except PyMongoError:
            self.close()
            raise

    def maintain(self) -> None:
        """Nothing to do: MongoDB itself drops what has been published for long enough."""

    def close(self) -> None:
        """Closes the stream it waits on."""
        stream, self._stream = self._stream, None
        if stream is not None:
            stream.close()


def _in(span: timedelta) -> dict[str, Any]:
    return {"$add": ["$$NOW", int(span.total_seconds() * 1000)]}


def _texts(ids: Iterable[UUID]) -> list[str]:
    return [str(identifier) for identifier in ids]
