"""What photos and documents refer to, and the marks on objects about to be deleted."""

from collections.abc import Sequence
from uuid import UUID

from chassis import clock
from chassis.mongo import Database
from media.adapters.rows import PHOTOS, SWEEPS
from media.domain.photo import State


class MongoSweepMarks:
    """Marks in a collection of their own; references are the keys that photos note."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def waiting(self, photo_ids: Sequence[UUID]) -> set[UUID]:
        """Those of these photos that still wait."""
        ids = [str(identifier) for identifier in photo_ids]
        with self._database.deadline():
            rows = self._database[PHOTOS].find({"_id": {"$in": ids}, "state": State.WAITING.value}, {"_id": 1})
            return {UUID(row["_id"]) for row in rows}

    def referenced(self, keys: Sequence[str]) -> set[str]:
        """Those of these objects that a photo notes: waiting photos note what they are about to write."""
        wanted = set(keys)
        with self._database.deadline():
            rows = self._database[PHOTOS].find({"keys": {"$in": list(wanted)}}, {"keys": 1})
            return {key for row in rows for key in row["keys"] if key in wanted}

    def mark(self, keys: Sequence[str]) -> None:
        """From now on nobody may begin to refer to these objects."""
        with self._database.deadline():
            for key in keys:
                self._database[SWEEPS].update_one({"_id": key}, {"$set": {"marked_at": clock.now()}}, upsert=True)

    def marked(self) -> list[str]:
        """What is marked, also by a sweep that died."""
        with self._database.deadline():
            return [row["_id"] for row in self._database[SWEEPS].find({}, {"_id": 1})]

    def unmark(self, keys: Sequence[str]) -> None:
        """Done with these."""
        with self._database.deadline():
            self._database[SWEEPS].delete_many({"_id": {"$in": list(keys)}})
