"""One holder at a time for work that must not be done twice side by side."""

import time
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from pymongo import ReturnDocument

from chassis.mongo.database import Database

COLLECTION = "leases"
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


class Lease:
    """A named lease on the server's clock. Not for several threads at once."""

    def __init__(self, database: Database, name: str, span: timedelta) -> None:
        self._database = database
        self._name = name
        self._span = span
        self._holder = str(uuid4())
        self._until = 0.0  # our own clock: an early end, since it counts from before the question

    @property
    def held(self) -> bool:
        """Whether it surely is ours at this moment; work must end when it is not."""
        return time.monotonic() < self._until

    def take(self) -> bool:
        """Takes or prolongs it. False while another one holds it. Raises DatabaseUnavailable."""
        asked = time.monotonic()
        until = {"$add": ["$$NOW", int(self._span.total_seconds() * 1000)]}
        free = {"$or": [{"$eq": ["$holder", self._holder]}, {"$lt": [{"$ifNull": ["$until", _NEVER]}, "$$NOW"]}]}
        ours = {"holder": self._holder, "until": until}
        kept = {"holder": "$holder", "until": "$until"}
        with self._database.deadline():
            lease = self._database[COLLECTION].find_one_and_update(
                {"_id": self._name},
                [{"$set": {name: {"$cond": [free, ours[name], kept[name]]} for name in ours}}],
                upsert=True,
                return_document=ReturnDocument.AFTER,
            )
        mine = lease is not None and lease["holder"] == self._holder
        self._until = asked + self._span.total_seconds() if mine else 0.0
        return mine

    def release(self) -> None:
        """Gives it up, if it is ours. Raises DatabaseUnavailable."""
        self._until = 0.0
        with self._database.deadline():
            self._database[COLLECTION].delete_one({"_id": self._name, "holder": self._holder})
