"""Events already seen, in MongoDB, written in the same transaction as their effect."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import TypeVar
from uuid import UUID

from pymongo import ASCENDING, IndexModel
from pymongo.errors import BulkWriteError

from chassis import clock
from chassis.ids import time_of
from chassis.mongo.database import Database
from chassis.mongo.errors import Conflict
from chassis.mongo.unit_of_work import Transaction, run

T = TypeVar("T")

COLLECTION = "inbox"
DAYS_KEPT = 7
DAYS_AHEAD = 3
DUPLICATE_KEY = 11000
# A row stays a day longer than its event is taken, and its age is the event's: no event outlives its row.
INDEXES = (IndexModel([("event_time", ASCENDING)], name="kept", expireAfterSeconds=(DAYS_KEPT + 1) * 86400),)


class MongoInbox:
    """The inbox as chassis.events uses it (chassis.events.Inbox)."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def run(self, work: Callable[[Transaction], T]) -> T:
        """Does this work in one transaction, again when others get in its way. Raises DatabaseUnavailable."""
        return run(self._database, work)

    def window(self, tx: Transaction) -> tuple[datetime, datetime]:
        """From when and until when the inbox can remember, end exclusive."""
        now = clock.now()
        return now - timedelta(days=DAYS_KEPT), now + timedelta(days=DAYS_AHEAD)

    def claim(self, tx: Transaction, consumer: str, event_ids: Sequence[UUID]) -> set[UUID]:
        """The ids that this consumer has not seen before. They are seen once the transaction commits.

        A duplicate key would end the transaction, so what is there is looked up first; whoever writes the same id
        beside us makes this transaction begin again.
        """
        rows = self._database[COLLECTION]
        by_key = {f"{consumer}:{identifier}": identifier for identifier in sorted(set(event_ids))}
        for row in rows.find({"_id": {"$in": list(by_key)}}, {"_id": 1}, session=tx.session):
            del by_key[row["_id"]]
        if by_key:
            new = [{"_id": key, "event_time": time_of(identifier)} for key, identifier in by_key.items()]
            try:
                rows.insert_many(new, session=tx.session)
            except BulkWriteError as error:
                if all(one.get("code") == DUPLICATE_KEY for one in error.details["writeErrors"]):
                    raise Conflict("the same events are taken elsewhere") from error
                raise
        return set(by_key.values())

    expect_new = claim  # a look-up costs less than a transaction that begins again
