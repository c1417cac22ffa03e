"""Documents and photos as they lie in MongoDB, and how each collection must look."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from pymongo import ASCENDING, IndexModel

from chassis.mongo.migrate import CollectionPlan
from media.domain.document import Document, Picture
from media.domain.errors import Unfit
from media.domain.fetch import Fetch
from media.domain.photo import Photo, Rendition, State

DOCUMENTS, PHOTOS, SWEEPS, MIRROR, FETCHES = "documents", "photos", "sweeps", "mirror", "fetches"

DAYS_A_REFUSAL_IS_KEPT = 30
DAYS_A_DELETED_PHOTO_IS_KEPT = 1  # and with it its files, which whoever just read of them still wants
DAYS_A_WITHDRAWAL_IS_KEPT = 30  # longer than any event may be late

_WHOLE = {"bsonType": ["int", "long"]}
_RENDITIONS = {
    "bsonType": "array",
    "items": {
        "bsonType": "object",
        "required": ["name", "key", "width", "height", "content_type"],
        "properties": {"key": {"bsonType": "string", "pattern": "^media/[0-9a-f]{64}\\."}},
    },
}

PLANS = {
    DOCUMENTS: CollectionPlan(
        indexes=(
            IndexModel(
                [("withdrawn_at", ASCENDING)],
                name="withdrawn",
                expireAfterSeconds=DAYS_A_WITHDRAWAL_IS_KEPT * 86400,
                partialFilterExpression={"withdrawn_at": {"$type": "date"}},
            ),
        ),
        schema={
            "bsonType": "object",
            "required": ["_id", "product_id", "version", "content_version", "pictures"],
            "additionalProperties": False,
            "properties": {
                "_id": {"bsonType": "string"},
                "product_id": {"bsonType": "string"},
                "version": _WHOLE,
                # JSON as text: keys with dots and dollar signs and numbers of any size stay what they were
                "content": {"bsonType": ["string", "null"]},
                "content_version": _WHOLE,
                "variant_id": {"bsonType": ["string", "null"]},
                "withdrawn_at": {"bsonType": ["date", "null"]},
                "pictures": {
                    "bsonType": "array",
                    "items": {"bsonType": "object", "properties": {"renditions": _RENDITIONS}},
                },
            },
        },
    ),
    PHOTOS: CollectionPlan(
        indexes=(
            IndexModel(
                [("metadata_id", ASCENDING), ("sha256", ASCENDING)],
                name="same_bytes_of_document",
                unique=True,
                partialFilterExpression={"stands_for_bytes": True},
            ),
            IndexModel(
                [("state", ASCENDING), ("_id", ASCENDING)],
                name="waiting",
                partialFilterExpression={"state": State.WAITING.value},
            ),
            IndexModel([("keys", ASCENDING)], name="keys"),
            IndexModel(
                [("settled_at", ASCENDING)],
                name="refused",
                expireAfterSeconds=DAYS_A_REFUSAL_IS_KEPT * 86400,
                partialFilterExpression={"state": State.REFUSED.value},
            ),
            IndexModel(
                [("deleted_at", ASCENDING)],
                name="deleted",
                expireAfterSeconds=DAYS_A_DELETED_PHOTO_IS_KEPT * 86400,
                partialFilterExpression={"state": State.DELETED.value},
            ),
        ),
        schema={
            "bsonType": "object",
            "required": ["_id", "product_id", "metadata_id", "sha256", "size", "state", "accepted_at"],
            "properties": {
                "_id": {"bsonType": "string"},
                "sha256": {"bsonType": "string", "pattern": "^[0-9a-f]{64}$"},
                "state": {"enum": [state.value for state in State]},
                "renditions": _RENDITIONS,
            },
        },
    ),
    FETCHES: CollectionPlan(
        schema={
            "bsonType": "object",
            "required": ["_id", "product_id", "metadata_id", "url", "tries", "claimed_until"],
            "properties": {"_id": {"bsonType": "string"}, "url": {"bsonType": "string"}, "tries": _WHOLE},
        },
    ),
    SWEEPS: CollectionPlan(),
    MIRROR: CollectionPlan(),
}


def document_row(document: Document, now: datetime) -> dict[str, Any]:
    """A document as it is written at this time."""
    return {
        "_id": str(document.id),
        "product_id": str(document.product_id),
        "version": document.version,
        "content": document.content,
        "content_version": document.content_version,
        "pictures": [
            {"photo_id": str(picture.photo_id), "renditions": [_rendition_row(one) for one in picture.renditions]}
            for picture in document.pictures
        ],
        "variant_id": str(document.variant_id) if document.variant_id else None,
        "withdrawn_at": now if document.withdrawn else None,
    }


def document_of(row: dict[str, Any]) -> Document:
    """A document as it was read."""
    return Document(
        id=UUID(row["_id"]),
        product_id=UUID(row["product_id"]),
        version=row["version"],
        content=row["content"],
        content_version=row["content_version"],
        pictures=[Picture(UUID(one["photo_id"]), _renditions(one["renditions"])) for one in row["pictures"]],
        variant_id=_id(row.get("variant_id")),
        withdrawn=row.get("withdrawn_at") is not None,
    )


def fetch_row(fetch: Fetch) -> dict[str, Any]:
    """A photograph to be fetched, due at once."""
    return {
        "product_id": str(fetch.product_id),
        "metadata_id": str(fetch.metadata_id),
        "url": fetch.url,
        "tries": fetch.tries,
        "claimed_until": datetime(1970, 1, 1, tzinfo=UTC),
    }


def photo_row(photo: Photo) -> dict[str, Any]:
    """A photo as it is written when it is accepted."""
    return {
        "_id": str(photo.id),
        "product_id": str(photo.product_id),
        "metadata_id": str(photo.metadata_id),
        "variant_id": str(photo.variant_id) if photo.variant_id else None,
        "sha256": photo.sha256,
        "size": photo.size,
        "accepted_at": photo.accepted_at,
        "failures": 0,
        **settled_fields(photo),
    }


def settled_fields(photo: Photo) -> dict[str, Any]:
    """What changes when it is settled or deleted."""
    return {
        "state": photo.state.value,
        "code": photo.code.value if photo.code else None,
        "stands_for_bytes": photo.stands_for_bytes,
        "renditions": [_rendition_row(one) for one in photo.renditions],
        "settled_at": photo.settled_at,
        "deleted_at": photo.deleted_at,
        "keys": sorted({one.key for one in photo.renditions}),
    }


def photo_of(row: dict[str, Any]) -> Photo:
    """A photo as it was read."""
    return Photo(
        id=UUID(row["_id"]),
        product_id=UUID(row["product_id"]),
        metadata_id=UUID(row["metadata_id"]),
        sha256=row["sha256"],
        size=row["size"],
        accepted_at=row["accepted_at"],
        state=State(row["state"]),
        code=Unfit(row["code"]) if row["code"] else None,
        renditions=_renditions(row["renditions"]),
        settled_at=row["settled_at"],
        variant_id=_id(row.get("variant_id")),
        deleted_at=row.get("deleted_at"),
    )


def _id(text: str | None) -> UUID | None:
    return UUID(text) if text else None


def _rendition_row(one: Rendition) -> dict[str, Any]:
    return {
        "name": one.name,
        "key": one.key,
        "width": one.width,
        "height": one.height,
        "content_type": one.content_type,
    }


def _renditions(rows: list[dict[str, Any]]) -> tuple[Rendition, ...]:
    return tuple(Rendition(row["name"], row["key"], row["width"], row["height"], row["content_type"]) for row in rows)
