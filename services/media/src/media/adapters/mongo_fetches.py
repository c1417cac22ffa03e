"""Photographs to be fetched, in MongoDB; times are the server's."""

from typing import Any
from uuid import UUID, uuid4

from pymongo import ASCENDING, ReturnDocument

from chassis.mongo import Database
from media.adapters.rows import FETCHES
from media.application.fetching import FetchClaim
from media.domain.fetch import Fetch

CLAIM_SECONDS = 60  # longer than the slowest address is waited for


class MongoFetches:
    """Claims on what is due."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def claim(self) -> FetchClaim | None:
        """The oldest that is due and that nobody works on, ours for a minute. Raises DatabaseUnavailable."""
        token = str(uuid4())
        with self._database.deadline():
            row = self._database[FETCHES].find_one_and_update(
                {"$expr": {"$lt": ["$claimed_until", "$$NOW"]}},
                [{"$set": {"claim": token, "claimed_until": _in(CLAIM_SECONDS)}}],
                sort=[("_id", ASCENDING)],
                return_document=ReturnDocument.AFTER,
            )
        return FetchClaim(fetch_of(row), token) if row else None

    def give_back(self, claim: FetchClaim, pause: float, *, failed: bool) -> None:
        """Lets somebody claim it again after `pause` seconds. Raises DatabaseUnavailable."""
        tries = {"$add": ["$tries", 1 if failed else 0]}
        ours = {"_id": str(claim.fetch.id), "claim": claim.token}
        with self._database.deadline():
            self._database[FETCHES].update_one(ours, [{"$set": {"claimed_until": _in(pause), "tries": tries}}])

    def end(self, fetch_id: UUID) -> None:
        """Nothing is to be fetched any more. Raises DatabaseUnavailable."""
        with self._database.deadline():
            self._database[FETCHES].delete_one({"_id": str(fetch_id)})


def fetch_of(row: dict[str, Any]) -> Fetch:
    """A fetch as it was read."""
    return Fetch(
        UUID(row["_id"]), UUID(row["product_id"]), UUID(row["metadata_id"]), row["url"], tries=int(row["tries"])
    )


def _in(seconds: float) -> dict[str, Any]:
    return {"$add": ["$$NOW", int(seconds * 1000)]}
