"""On what terms a product is sold. Money is an integer in TWD."""

from typing import Literal

import msgspec


class QuantityTier(msgspec.Struct, frozen=True, kw_only=True):
    """多件優惠: from this quantity on, this many percent off."""

    from_quantity: int
    percent_off: int


class DiscountRule(msgspec.Struct, frozen=True, kw_only=True):
    """What is taken off: TWD or percent (rounded down), always or from one instant to another (not included).

    Times are RFC 3339.
    """

    kind: Literal["amount", "percent"]
    value: int
    starts_at: str | None = None
    ends_at: str | None = None


class Package(msgspec.Struct, frozen=True, kw_only=True):
    """The packed product, in cm."""

    length: int
    width: int
    height: int


class GroupBuyOption(msgspec.Struct, frozen=True, kw_only=True):
    """團購: from `min_quantity` pieces together within `open_hours`, `percent_off` for everybody."""

    min_quantity: int
    percent_off: int
    open_hours: int
