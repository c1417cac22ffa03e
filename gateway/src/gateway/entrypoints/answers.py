"""Answers that no contract spells out, for the documents. They may carry further fields."""

import msgspec

from contracts import catalog, edge, orders, users


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
    introduction: str
    days_to_ship: int
    holiday: catalog.Holiday | None = None
    logo: catalog.Picture | None = None
    cover: catalog.Picture | None = None
    staff: list[catalog.Staff] | None = None


class Shops(msgspec.Struct, kw_only=True):
    """賣場清單 · One page of shops."""

    items: list[Shop]
    next_cursor: str | None = None


class StaffList(msgspec.Struct, kw_only=True):
    """人員 · Who works in a shop."""

    items: list[catalog.Staff]


class Invitations(msgspec.Struct, kw_only=True):
    """邀請 · Those that wait for an answer."""

    items: list[catalog.Invitation]


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


class Imports(msgspec.Struct, kw_only=True):
    """匯入清單 · One page of imports."""

    items: list[catalog.Import]
    next_cursor: str | None = None


class ImportProblems(msgspec.Struct, kw_only=True):
    """匯入的問題 · One page of what is wrong with a sheet."""

    items: list[catalog.ImportProblem]
    next_cursor: str | None = None
