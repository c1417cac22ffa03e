"""What media keeps for catalog: free documents, photos, a shop's logo and cover."""

from typing import Any, ClassVar, Literal

import msgspec

from contracts.message import Message


class MetadataSubmittedV1(Message, frozen=True, kw_only=True):
    """The free metadata document of a product or a variant, to be kept by media, or not any more if `withdrawn`."""

    source: ClassVar[str] = "catalog"
    topic: ClassVar[str] = "catalog.metadata_submitted.v1"
    heard_by: ClassVar[tuple[str, ...]] = ("media",)
    subject_field: ClassVar[str] = "metadata_id"
    state_of: ClassVar[str | None] = "metadata"

    metadata_id: str
    product_id: str
    shop_id: str
    version: int
    document: dict[str, Any]
    variant_id: str | None = None  # of the variant it is about; none: it is the product's own
    withdrawn: bool = False  # the product or variant was deleted


class MayEdit(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of `may_edit_product` and `may_edit_variant`: the caller may; photos belong to this document."""

    product_id: str
    shop_id: str
    metadata_id: str
    variant_id: str | None = None


class ShopPicture(msgspec.Struct, frozen=True, kw_only=True):
    """`may_edit_shop`: a shop's logo or cover. Answers `MayEdit`: media keeps it as a document of one photo, as it does
    a variant's, with the shop's id in place of the product's.
    """

    shop_id: str
    kind: Literal["logo", "cover"]


class Picture(msgspec.Struct, frozen=True, kw_only=True):
    """A picture that media keeps."""

    photo_id: str
    url: str


class PutShopPicture(msgspec.Struct, frozen=True, kw_only=True):
    """`put_shop_picture`: the gateway says which stored picture is a shop's logo or cover now; none takes it away."""

    shop_id: str
    kind: Literal["logo", "cover"]
    picture: Picture | None = None
