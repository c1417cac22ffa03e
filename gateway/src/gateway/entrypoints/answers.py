"""Answers that no contract spells out, for the documents. They may carry further fields."""

from typing import Any

import msgspec

from contracts import catalog, edge, media, orders, users


class Session(msgspec.Struct, kw_only=True):
    """登入結果 · A session. With `X-Yeshi-Client: web` the tokens are in cookies, and `csrf_token` is here instead."""

    user: users.User
    expires_in: int
    access_token: str | None = None
    refresh_token: str | None = None
    csrf_token: str | None = None


class Addresses(msgspec.Struct, kw_only=True):
    """地址簿 · All addresses."""

    items: list[users.Address]


class ShopPlace(msgspec.Struct, kw_only=True):
    """賣場地址 · Visitors see the town only."""

    city: str
    district: str
    postal_code: str | None = None
    line: str | None = None


class Shop(msgspec.Struct, kw_only=True):
    """賣場 · A shop; its own people see the staff."""

    shop_id: str
    owner_id: str
    name: str
    kind: str
    address: ShopPlace
    state: str
    shipping: list[catalog.ShippingOption]
    version: int
    created_at: str
    staff: list[catalog.Staff] | None = None


class Shops(msgspec.Struct, kw_only=True):
    """賣場清單 · One page of shops."""

    items: list[Shop]
    next_cursor: str | None = None


class StaffList(msgspec.Struct, kw_only=True):
    """人員 · Who works in a shop."""

    items: list[catalog.Staff]


class Variant(msgspec.Struct, kw_only=True):
    """規格 · One sellable variant; the shop's people also see what is on hand and reserved."""

    product_variant_id: str
    sku: str | None
    desc: str
    options: list[str]
    price: int
    discount: int
    final_price: int
    price_version: int
    available: int
    metadata_id: str | None = None
    quantity: int | None = None
    reserved: int | None = None
    metadata: dict[str, Any] = {}
    photo: media.Photo | None = None


class Product(msgspec.Struct, kw_only=True):
    """商品 · A product with its variants."""

    product_id: str
    shop_id: str
    seller_id: str
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
    metadata: dict[str, Any] = {}
    photos: list[media.Photo] = []
    listed_at: str | None = None


class Products(msgspec.Struct, kw_only=True):
    """商品清單 · One page of products."""

    items: list[Product]
    next_cursor: str | None = None


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
    """類別 · One node of the tree; leaves take products."""

    category_id: str
    name: str
    children: list["Category"]
    attributes: list[Attribute]
    name_en: str = ""


class Categories(msgspec.Struct, kw_only=True):
    """類別樹 · The whole tree."""

    items: list[Category]


class StoredPhoto(msgspec.Struct, kw_only=True):
    """照片 · A photo that was stored. Sizes in pixels."""

    photo_id: str
    url: str
    width: int
    height: int


class PhotoTicket(msgspec.Struct, kw_only=True):
    """上傳憑證 · Send the bytes there with these headers within `expires_in` seconds, then accept the upload."""

    photo_id: str
    method: str
    url: str
    headers: dict[str, str]
    expires_in: int


class Orders(msgspec.Struct, kw_only=True):
    """訂單清單 · One page of orders."""

    items: list[orders.Order]
    next_cursor: str | None = None


class Checkout(msgspec.Struct, kw_only=True):
    """結帳結果 · One order for each shop, as they stand now."""

    checkout_id: str
    orders: list[orders.Order]


class Devices(msgspec.Struct, kw_only=True):
    """裝置清單 · A shop's devices."""

    items: list[edge.Device]


class UnreadCount(msgspec.Struct, kw_only=True):
    """未讀數 · How many notifications are unread."""

    unread_count: int


class Taken(msgspec.Struct, kw_only=True):
    """已收到 · How many events were taken over."""

    events: int


class Received(msgspec.Struct, kw_only=True):
    """已收到 · The type of the message that was taken."""

    type: str


class Sellers(msgspec.Struct, kw_only=True):
    """賣家清單 · One page of sellers."""

    items: list[users.Seller]
    next_cursor: str | None = None
