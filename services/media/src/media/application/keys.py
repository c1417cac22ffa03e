"""Where things lie in the bucket. Only `media/` is public: the gateway serves `/media/<name>` from `media/<name>`."""

import hashlib
from uuid import UUID

INCOMING = "incoming/"
DERIVED = "media/"
METADATA = "metadata/"
FOREVER = "public, max-age=31536000, immutable"  # a key is made from its bytes, so they never change
NOT_KEPT = "no-cache"
SUFFIXES = {"image/webp": "webp", "image/jpeg": "jpg"}
_METADATA_SUFFIX = ".json"


def incoming(photo_id: UUID) -> str:
    """An upload that nobody has looked at."""
    return f"{INCOMING}{photo_id}"


def derived(body: bytes, content_type: str) -> str:
    """One size of a photo, by its content."""
    return f"{DERIVED}{hashlib.sha256(body).hexdigest()}.{SUFFIXES[content_type]}"


def metadata(metadata_id: UUID) -> str:
    """A document in the mirror."""
    return f"{METADATA}{metadata_id}{_METADATA_SUFFIX}"


def id_in(key: str, prefix: str) -> UUID | None:
    """The id in an upload's or a mirrored document's key; None for a key of another form."""
    text = key.removeprefix(prefix).removesuffix(_METADATA_SUFFIX if prefix == METADATA else "")
    try:
        identifier = UUID(text)
    except ValueError:
        return None
    return identifier if str(identifier) == text else None
