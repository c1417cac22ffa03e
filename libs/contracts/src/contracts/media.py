"""What media says: photos and metadata documents."""

from typing import Any, ClassVar, Literal

import msgspec

from contracts.message import Message


class PhotoSize(msgspec.Struct, frozen=True, kw_only=True):
    """One file of a photo, for a `srcset`: its width and height in pixels, `format` as a media type's second half."""

    url: str
    width: int
    height: int
    format: Literal["webp", "jpeg"]


class Photo(msgspec.Struct, frozen=True, kw_only=True):
    """One stored photo. `url`, `width` and `height` (pixels) are those of the largest size.

    `urls` by size: `full`, `card` and `thumb` in WebP, at most 1600, 800 and 320 pixels wide, and `jpeg`, `jpeg_card`
    and `jpeg_thumb`, the same for those who read no WebP (LINE's messages). `sizes` are the same files, widest first.
    A URL is `/media/<name>` on the gateway, for the object of that key in the bucket, or the same path on the host in
    MEDIA_BASE_URL; what it names never changes.
    """

    photo_id: str
    url: str
    width: int
    height: int
    urls: dict[str, str] = {}
    sizes: list[PhotoSize] = []  # since 2026-12; empty in older messages


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
    variant_id: str | None = None  # of the variant it is about; none: it is the product's own


class PhotoSettledV1(Message, frozen=True, kw_only=True):
    """A photo was stored, or refused with a code: `unsupported_image`, `broken_image`, `image_too_large`,
    `animated_image`, `too_many_photos`, `upload_lost`, `upload_damaged` or `product_gone`; one that was to be fetched
    also with `address_refused`, `fetch_failed`, `fetch_timeout`, `fetch_not_found` or `too_many_redirects`.
    """

    source: ClassVar[str] = "media"
    topic: ClassVar[str] = "media.photo_settled.v1"
    heard_by: ClassVar[tuple[str, ...]] = ("catalog", "gateway")
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

    The same bytes on the same document are the same photo: the answer then names the photo there is. A variant's
    document holds one photo: a new one takes its place. Refused with `image_too_large` above 10 MiB and
    `photo_id_taken` when the id names a photo of another product.
    """

    photo_id: str
    product_id: str
    metadata_id: str
    variant_id: str | None = None  # of the variant whose document it is
    sha256: str  # hex, of the bytes as received
    size: int  # bytes


class PhotoId(msgspec.Struct, frozen=True, kw_only=True):
    """`get_photo`: how a photo stands."""

    photo_id: str


class ArrangePhotos(msgspec.Struct, frozen=True, kw_only=True):
    """`arrange_photos`: the document's photos stand in this order; the first is the cover. Answers `Photos`.

    Each photo of the document is named once, otherwise `photos_changed` with those there are.
    """

    metadata_id: str
    photo_ids: list[str]


class DeletePhoto(msgspec.Struct, frozen=True, kw_only=True):
    """`delete_photo`: the document goes on without it; without `photo_id`, without any. Answers `Photos`.

    Its files are kept for another day.
    """

    metadata_id: str
    photo_id: str | None = None


class Photos(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of `arrange_photos` and `delete_photo`: what stands in the document then, under media's own version."""

    metadata_id: str
    version: int
    photos: list[Photo]


class GetMetadata(msgspec.Struct, frozen=True, kw_only=True):
    """`get_metadata`: answers `{"items": {id: Metadata}}`; what is not there is absent."""

    ids: list[str]


class PhotoStatus(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of `accept_photo` and `get_photo`. `code` says why a photo was refused."""

    photo_id: str
    product_id: str
    state: Literal["waiting", "stored", "refused", "deleted"]
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
    variant_id: str | None = None  # of the variant it is about; none: it is the product's own
