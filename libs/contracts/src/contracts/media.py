"""What media says: photos and metadata documents."""

from typing import Any, ClassVar, Literal

import msgspec

from contracts.message import Message


class Photo(msgspec.Struct, frozen=True, kw_only=True):
    """One stored photo. `url`, `width` and `height` (pixels) are those of the largest size.

    `urls` by size: `full`, `card` and `thumb` in WebP, at most 1600, 800 and 320 pixels wide, and `jpeg`, the largest
    again for those who read no WebP (LINE's messages). A URL is `/media/<name>` on the gateway, for the object of that
    key in the bucket, or the same path on the host in MEDIA_BASE_URL; what it names never changes.
    """

    photo_id: str
    url: str
    width: int
    height: int
    urls: dict[str, str] = {}


class MetadataChangedV1(Message, frozen=True, kw_only=True):
    """A metadata document as readers see it: catalog's content and media's photos, under media's own version."""

    source: ClassVar[str] = "media"
    topic: ClassVar[str] = "media.metadata_changed.v1"
    heard_by: ClassVar[tuple[str, ...]] = ("gateway", "orders", "notify")
    subject_field: ClassVar[str] = "metadata_id"
    state_of: ClassVar[str | None] = "metadata"

    metadata_id: str
    product_id: str
    version: int
    document: dict[str, Any]
    photos: list[Photo]


class PhotoSettledV1(Message, frozen=True, kw_only=True):
    """A photo was stored, or refused with a code: `unsupported_image`, `broken_image`, `image_too_large`,
    `animated_image`, `too_many_photos`, `upload_lost` or `upload_damaged`.
    """

    source: ClassVar[str] = "media"
    topic: ClassVar[str] = "media.photo_settled.v1"
    heard_by: ClassVar[tuple[str, ...]] = ("gateway",)
    subject_field: ClassVar[str] = "photo_id"

    photo_id: str
    product_id: str
    state: Literal["stored", "refused"]
    url: str | None = None
    width: int | None = None
    height: int | None = None
    code: str | None = None


class AcceptPhoto(msgspec.Struct, frozen=True, kw_only=True):
    """`accept_photo`: the bytes lie at `incoming/<photo_id>`; work on them follows. Answers `PhotoStatus`.

    The same bytes on the same product are the same photo: the answer then names the photo there is. Refused with
    `image_too_large` above 10 MiB and `photo_id_taken` when the id names a photo of another product.
    """

    photo_id: str
    product_id: str
    metadata_id: str
    sha256: str  # hex, of the bytes as received
    size: int  # bytes


class PhotoId(msgspec.Struct, frozen=True, kw_only=True):
    """`get_photo`: how a photo stands."""

    photo_id: str


class GetMetadata(msgspec.Struct, frozen=True, kw_only=True):
    """`get_metadata`: answers `{"items": {id: Metadata}}`; what is not there is absent."""

    ids: list[str]


class PhotoStatus(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of `accept_photo` and `get_photo`. `code` says why a photo was refused."""

    photo_id: str
    product_id: str
    state: Literal["waiting", "stored", "refused"]
    url: str | None = None
    width: int | None = None
    height: int | None = None
    code: str | None = None


class Metadata(msgspec.Struct, frozen=True, kw_only=True):
    """A document as readers see it, under media's own version."""

    metadata_id: str
    product_id: str
    version: int
    document: dict[str, Any]
    photos: list[Photo]
