"""Answers about products and categories, for the documents. They may carry further fields."""

from typing import Any

import msgspec

from contracts import catalog, media


class Variant(msgspec.Struct, kw_only=True):
    """規格 · One sellable variant; the shop's people also see what is on hand, reserved, and counts as low.

    `discount` is what is off now, `discount_rule` what it follows from.
    """

    product_variant_id: str
    sku: str | None
    desc: str
    options: list[str]
    price: int
    discount: int
    final_price: int
    price_version: int
    available: int
    gtin: str | None = None
    discount_rule: catalog.DiscountRule | None = None
    metadata_id: str | None = None
    quantity: int | None = None
    reserved: int | None = None
    low_stock_at: int | None = None
    metadata: dict[str, Any] = {}
    photo: media.Photo | None = None


class Blocked(msgspec.Struct, kw_only=True):
    """平台下架 · Why an operator took it off the market; for the shop's people."""

    reason: str
    at: str


class Product(msgspec.Struct, kw_only=True):
    """商品 · A product with its variants. `discount` is what is off now, `discount_rule` what it follows from.

    `seller_id`, `parent_sku`, `list_at`, `list_problems` and `blocked` are for the shop's people; to others the shop
    says whose it is.
    """

    product_id: str
    shop_id: str
    name: str
    desc: str
    category: str
    state: str
    condition: str
    attributes: dict[str, Any]
    price: int
    discount: int
    final_price: int
    metadata_id: str
    options: list[catalog.OptionLevel]
    variants: list[Variant]
    refund_rules: dict[str, Any]
    tiers: list[catalog.QuantityTier]
    days_to_ship: int
    version: int
    discount_rule: catalog.DiscountRule | None = None
    min_quantity: int = 1
    weight_g: int | None = None
    package_cm: catalog.Package | None = None
    shipping_methods: list[catalog.ShippingMethod] | None = None
    group_buy: catalog.GroupBuyOption | None = None
    sold: int = 0
    metadata: dict[str, Any] = {}
    photos: list[media.Photo] = []
    listed_at: str | None = None
    seller_id: str | None = None
    parent_sku: str | None = None
    list_at: str | None = None
    list_problems: dict[str, Any] | None = None
    blocked: Blocked | None = None


class BlockedProducts(msgspec.Struct, kw_only=True):
    """平台下架清單 · One page of blocked products, the latest block first."""

    items: list[catalog.BlockedProduct]
    next_cursor: str | None = None


class Products(msgspec.Struct, kw_only=True):
    """商品清單 · One page of products. The first page of a search says how many there are, about."""

    items: list[Product]
    next_cursor: str | None = None
    estimated_total: int | None = None


class Attribute(msgspec.Struct, kw_only=True):
    """屬性 · Something a product of a category tells about itself."""

    attribute_id: str
    name: str
    type: str
    required: bool
    name_en: str = ""
    choices: list[str] = []
    unit: str | None = None


class Category(msgspec.Struct, kw_only=True):
    """類別 · One node of the tree; leaves take products. Operators see whether it is retired, and its position."""

    category_id: str
    name: str
    children: list["Category"]
    attributes: list[Attribute]
    name_en: str = ""
    retired: bool | None = None
    position: int | None = None


class Categories(msgspec.Struct, kw_only=True):
    """類別樹 · The whole tree; `version` grows with every change."""

    items: list[Category]
    version: int = 1
