"""Waiting photos in MongoDB: taken in, claimed by a worker for a while, given back."""

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from pymongo import ASCENDING, ReturnDocument
from pymongo.errors import DuplicateKeyError

from chassis.errors import Unavailable
from chassis.mongo import Database
from media.adapters.rows import PHOTOS, SWEEPS, photo_of, photo_row
from media.application.ports import Claim
from media.domain.photo import Photo, State

CLAIM_SECONDS = 60  # longer than the slowest photo, so that a second worker takes it only when the first is gone


class MongoUploads:
    """New photos."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, photo: Photo) -> Photo:
        """Keeps a new waiting photo and answers it; or that of this id, or of the same bytes on its document.

        One round trip for a new one. Raises DatabaseUnavailable.
        """
        photos = self._database[PHOTOS]
        same = {"metadata_id": str(photo.metadata_id), "sha256": photo.sha256, "stands_for_bytes": True}
        with self._database.deadline():
            try:
                photos.insert_one(photo_row(photo))
                return photo
            except DuplicateKeyError:
                found = photos.find_one({"_id": str(photo.id)}) or photos.find_one(same)
        if found is None:
            raise Unavailable("the same photo was just refused; send it again")
        return photo_of(found)


class MongoPhotoQueue:
    """Claims on waiting photos, by the server's clock."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def claim(self) -> Claim | None:
        """The oldest waiting photo that nobody works on, ours for a minute. Raises DatabaseUnavailable."""
        token = str(uuid4())
        free = {"state": State.WAITING.value, "$expr": {"$lt": ["$claimed_until", "$$NOW"]}}
        with self._database.deadline():
            row = self._database[PHOTOS].find_one_and_update(
                free,
                [{"$set": {"claim": token, "claimed_until": _in(CLAIM_SECONDS)}}],
                sort=[("_id", ASCENDING)],
                return_document=ReturnDocument.AFTER,
            )
        return Claim(photo_of(row), token, row["failures"]) if row else None

    def announce(self, claim: Claim, keys: Sequence[str]) -> None:
        """Notes which objects will be written for it.

        A sweep marks an object, then looks for notes; here it is a note, then a look for marks: one of the two sees
        the other. Raises Unavailable when it does, and when the claim is not ours any more.
        """
        with self._database.deadline():
            noted = self._database[PHOTOS].update_one(_ours(claim), {"$set": {"keys": list(keys)}})
            if noted.matched_count != 1:
                raise Unavailable("the claim on a photo has ended")
            if self._database[SWEEPS].find_one({"_id": {"$in": list(keys)}}):
                raise Unavailable("an object of this photo is just being swept")

    def give_back(self, claim: Claim, pause: float, *, failed: bool) -> None:
        """Lets somebody claim it again after `pause` seconds. Raises DatabaseUnavailable."""
        failures = {"$add": ["$failures", 1 if failed else 0]}
        with self._database.deadline():
            self._database[PHOTOS].update_one(
                _ours(claim), [{"$set": {"claimed_until": _in(pause), "failures": failures}}, {"$unset": "claim"}]
            )


def _ours(claim: Claim) -> dict[str, Any]:
    return {"_id": str(claim.photo.id), "state": State.WAITING.value, "claim": claim.token}


def _in(seconds: float) -> dict[str, Any]:
    return {"$add": ["$$NOW", int(seconds * 1000)]}
