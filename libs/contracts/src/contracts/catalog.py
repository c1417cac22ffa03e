"""What catalog says: shops, products, stock and reservations. Money is an integer in TWD."""

from typing import Any, ClassVar, Literal

import msgspec

from contracts.message import Message

ShippingMethod = Literal[
    "home_delivery", "post", "store_711", "store_family", "store_hilife", "store_ok", "face_to_face"
]
StaffRole = Literal["owner", "manager", "staff"]


class ShippingOption(msgspec.Struct, frozen=True, kw_only=True):
    """A method a shop ships by: its fee, and from which items total it is free (none: never)."""

    method: ShippingMethod
    fee: int
    free_from: int | None = None


class Staff(msgspec.Struct, frozen=True, kw_only=True):
    """One person's role in a shop."""

    user_id: str
    role: StaffRole


class ShopChangedV1(Message, frozen=True, kw_only=True):
    """A shop's whole public state with its staff and shipping methods."""

    source: ClassVar[str] = "catalog"
    topic: ClassVar[str] = "catalog.shop_changed.v1"
    heard_by: ClassVar[tuple[str, ...]] = ("orders", "notify", "edge-gateway", "gateway")
    subject_field: ClassVar[str] = "shop_id"
    state_of: ClassVar[str | None] = "shop"

    shop_id: str
    version: int
    owner_id: str
    name: str
    kind: str
    state: Literal["open", "closed", "suspended"]
    staff: list[Staff]
    shipping: list[ShippingOption]


class QuantityTier(msgspec.Struct, frozen=True, kw_only=True):
    """多件優惠: from this quantity on, this many percent off."""

    from_quantity: int
    percent_off: int


class Variant(msgspec.Struct, frozen=True, kw_only=True):
    """One sellable variant. `options` are its two levels at most, e.g. 顏色 then 尺寸."""

    product_variant_id: str
    sku: str | None
    desc: str
    options: list[str]
    price: int
    discount: int
    final_price: int
    price_version: int


class ProductChangedV1(Message, frozen=True, kw_only=True):
    """The full public product with its variants, listed or not."""

    source: ClassVar[str] = "catalog"
    topic: ClassVar[str] = "catalog.product_changed.v1"
    heard_by: ClassVar[tuple[str, ...]] = ("orders", "gateway")
    subject_field: ClassVar[str] = "product_id"
    state_of: ClassVar[str | None] = "product"

    product_id: str
    version: int
    shop_id: str
    seller_id: str
    name: str
    desc: str
    category: str
    state: Literal["draft", "listed", "unlisted", "deleted"]
    condition: Literal["new", "used"]
    attributes: dict[str, Any]
    price: int
    discount: int
    metadata_id: str
    variants: list[Variant]
    refund_rules: dict[str, Any]
    tiers: list[QuantityTier]
    days_to_ship: int
    listed_at: str | None = None


class StockChangedV1(Message, frozen=True, kw_only=True):
    """How many of a variant can be bought: a hint for readers, never a promise."""

    source: ClassVar[str] = "catalog"
    topic: ClassVar[str] = "catalog.stock_changed.v1"
    heard_by: ClassVar[tuple[str, ...]] = ("orders", "gateway")
    subject_field: ClassVar[str] = "variant_id"
    state_of: ClassVar[str | None] = "stock"

    variant_id: str
    product_id: str
    version: int
    available: int


class MetadataSubmittedV1(Message, frozen=True, kw_only=True):
    """The free metadata document of a product, to be kept by media."""

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


class ReservedLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line of an order whose stock is held."""

    line_id: str
    variant_id: str
    quantity: int


class StockReservedV1(Message, frozen=True, kw_only=True):
    """All lines of the order are held until it is shipped or voided."""

    source: ClassVar[str] = "catalog"
    topic: ClassVar[str] = "catalog.stock_reserved.v1"
    heard_by: ClassVar[tuple[str, ...]] = ("orders",)
    subject_field: ClassVar[str] = "order_id"

    order_id: str
    lines: list[ReservedLine]


class StockRejectedV1(Message, frozen=True, kw_only=True):
    """No line of the order is held: not enough stock, another price, not for sale, or already void."""

    source: ClassVar[str] = "catalog"
    topic: ClassVar[str] = "catalog.stock_rejected.v1"
    heard_by: ClassVar[tuple[str, ...]] = ("orders",)
    subject_field: ClassVar[str] = "order_id"

    order_id: str
    reason: Literal["out_of_stock", "price_changed", "not_listed", "order_void"]
    variant_ids: list[str]  # the lines at fault


class CreateShop(msgspec.Struct, frozen=True, kw_only=True):
    """`create_shop`. `shop_id` is made by the caller."""

    shop_id: str
    name: str
    kind: str
    address: dict[str, str]  # city, district, postal_code, line


class GetMany(msgspec.Struct, frozen=True, kw_only=True):
    """`get_products` / `get_shops` / `get_offers`: answers by id; what is not there is absent."""

    ids: list[str]


class SetStock(msgspec.Struct, frozen=True, kw_only=True):
    """`set_stock`: `quantity` becomes on_hand. Below what is reserved: `stock_below_reserved`."""

    variant_id: str
    quantity: int


class Stock(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of `set_stock`."""

    quantity: int
    reserved: int
    available: int
