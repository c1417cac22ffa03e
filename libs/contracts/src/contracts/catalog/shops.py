"""Shops: what everybody may know of one, and the calls that open and run it. Fees are integers in TWD."""

from typing import ClassVar, Literal

import msgspec

from contracts.message import Message

ShippingMethod = Literal[
    "home_delivery", "post", "store_711", "store_family", "store_hilife", "store_ok", "face_to_face"
]
StaffRole = Literal["owner", "manager", "packer", "staff"]  # staff: a packer, in older messages


class ShippingOption(msgspec.Struct, frozen=True, kw_only=True):
    """A method a shop ships by: its fee, and from which items total it is free (none: never)."""

    method: ShippingMethod
    fee: int
    free_from: int | None = None


class Staff(msgspec.Struct, frozen=True, kw_only=True):
    """One person's role in a shop."""

    user_id: str
    role: StaffRole


class Holiday(msgspec.Struct, frozen=True, kw_only=True):
    """休假: what is listed stays to be seen and cannot be bought, until a day in Taiwan (that one too) or until further
    notice.
    """

    until: str | None = None  # YYYY-MM-DD


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
    holiday: Holiday | None = None  # since 2026-12


class CreateShop(msgspec.Struct, frozen=True, kw_only=True):
    """`create_shop`. `shop_id` is made by the caller."""

    shop_id: str
    name: str
    kind: str
    address: dict[str, str]  # city, district, postal_code, line


class ShopId(msgspec.Struct, frozen=True, kw_only=True):
    """`get_shop`, `list_staff`, `list_invitations`."""

    shop_id: str


class PatchShop(msgspec.Struct, frozen=True, kw_only=True):
    """`patch_shop`: absent fields stay. `shipping` replaces the whole list; a `holiday` of null ends it.

    Closing and opening (`state`) is the owner's, the rest also a manager's.
    """

    shop_id: str
    name: str | None = None
    kind: str | None = None
    address: dict[str, str] | None = None
    state: Literal["open", "closed"] | None = None
    shipping: list[ShippingOption] | None = None
    introduction: str | None = None
    days_to_ship: int | None = None  # of new products that do not say it themselves
    holiday: Holiday | msgspec.UnsetType | None = msgspec.UNSET
    expected_version: int | None = None


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """`list_my_shops`: shops where the caller has a role. `cursor` is `next_cursor` of the page before."""

    cursor: str | None = None
    limit: int = 20
