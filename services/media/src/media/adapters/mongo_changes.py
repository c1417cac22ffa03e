"""Changes of documents as a change stream that goes on where it was confirmed, over restarts of both sides."""

import time
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from bson.timestamp import Timestamp
from pymongo import ReadPreference
from pymongo.change_stream import CollectionChangeStream
from pymongo.errors import OperationFailure, PyMongoError

from chassis.mongo import Database, translate
from chassis.mongo.errors import is_unavailable
from media.adapters.rows import DOCUMENTS, MIRROR
from media.application.ports import Change, HistoryLost

STATE = "metadata"
LOWEST = UUID(int=0)
CONFIRM_EVERY = 5.0  # seconds between confirmations while nothing changes, so that the place does not grow old
# Source: MongoDB 6.0, error_codes.yml: InvalidResumeToken, ChangeStreamFatalError, ChangeStreamHistoryLost
_LOST = frozenset({260, 280, 286})
_NOT_ALLOWED = frozenset({13, 18})  # Unauthorized, AuthenticationFailed


class MongoChanges:
    """The change stream of the documents with its place in a collection of its own. One thread uses it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._stream: CollectionChangeStream[Any] | None = None
        self._comparing: UUID | None = None
        self._unconfirmed = False
        self._confirmed_at = 0.0

    @property
    def comparing_after(self) -> UUID | None:
        """Up to which id everything was compared; None when nothing is to be compared."""
        return self._comparing

    def read(self, most: int, wait: float) -> list[Change]:
        """The next changes; when there are none, what comes within `wait` seconds. Raises HistoryLost."""
        with translate():
            try:
                return self._read(self._opened(), most, wait)
            except OperationFailure as error:
                self.close()
                if error.code in _LOST:
                    raise HistoryLost from error
                raise
            except PyMongoError:
                self.close()
                raise

    def confirm(self) -> None:
        """What was read is mirrored. While nothing changes the place is written every few seconds."""
        idle = time.monotonic() - self._confirmed_at < CONFIRM_EVERY
        if self._stream is None or (idle and not self._unconfirmed):
            return
        self._keep({"token": self._stream.resume_token})

    def begin_again(self) -> None:
        """From now on, with everything before to be compared."""
        self.close()
        with translate():
            self._stream = self._watch(None)
        self._comparing = LOWEST
        self._keep({"token": self._stream.resume_token, "comparing_after": str(LOWEST)})

    def compared(self, after: UUID | None) -> None:
        """Compared up to this id; None: to the end."""
        self._comparing = after
        self._keep({"comparing_after": str(after) if after else None})

    def close(self) -> None:
        """Lets go of the stream."""
        stream, self._stream = self._stream, None
        self._unconfirmed = False
        if stream is not None:
            stream.close()

    def _opened(self) -> CollectionChangeStream[Any]:
        if self._stream is not None:
            return self._stream
        with self._database.deadline():
            state = self._database[MIRROR].find_one({"_id": STATE})
        if state is None:
            raise HistoryLost  # never begun: what is there already is compared
        self._stream = self._resumed(state["token"])
        after = state.get("comparing_after")
        self._comparing = UUID(after) if after else None
        return self._stream

    def _resumed(self, token: Any) -> CollectionChangeStream[Any]:
        try:
            return self._watch(token)
        except OperationFailure as error:
            if is_unavailable(error) or error.code in _NOT_ALLOWED:
                raise
            raise HistoryLost from error  # whatever is wrong with the place, the answer is the same

    def _watch(self, token: Any) -> CollectionChangeStream[Any]:
        documents = self._database[DOCUMENTS].with_options(read_preference=ReadPreference.PRIMARY)
        pipeline = [{"$project": {"_id": 1, "documentKey": 1, "clusterTime": 1, "operationType": 1}}]
        return documents.watch(pipeline, resume_after=token, max_await_time_ms=1000)

    def _read(self, stream: CollectionChangeStream[Any], most: int, wait: float) -> list[Change]:
        until = time.monotonic() + wait
        found: list[Change] = []
        while len(found) < most:
            event = stream.try_next()  # waits up to a second itself
            if event is None:
                if found or time.monotonic() >= until:
                    break
                continue
            if event["operationType"] == "invalidate":
                raise HistoryLost
            if "documentKey" in event:
                found.append(Change(UUID(event["documentKey"]["_id"]), _time(event["clusterTime"])))
        self._unconfirmed = self._unconfirmed or bool(found)
        return found

    def _keep(self, fields: dict[str, Any]) -> None:
        with self._database.deadline():
            self._database[MIRROR].update_one({"_id": STATE}, {"$set": fields}, upsert=True)
        if "token" in fields:
            self._unconfirmed = False
            self._confirmed_at = time.monotonic()


def _time(stamp: Timestamp) -> datetime:
    return datetime.fromtimestamp(stamp.time, UTC)
