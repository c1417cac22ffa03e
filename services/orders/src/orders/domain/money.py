"""What a buyer pays, in whole TWD."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tier:
    """多件優惠: from this quantity on, this many percent off."""

    from_quantity: int
    percent_off: int


@dataclass(frozen=True, slots=True)
class UnitPrice:
    """What one unit costs: `price` less `discount`."""

    price: int
    discount: int

    @property
    def final(self) -> int:
        """What the buyer pays for one."""
        return self.price - self.discount


def unit_price(price: int, discount: int, tiers: Iterable[Tier], quantity: int) -> UnitPrice:
    """The price of one of `quantity` units of a product, counted over its variants.

    The highest tier reached takes its percentage off what is left after the discount, rounded down.
    """
    percent = max((tier.percent_off for tier in tiers if quantity >= tier.from_quantity), default=0)
    return UnitPrice(price, discount + (price - discount) * percent // 100)


@dataclass(frozen=True, slots=True)
class ShippingOption:
    """A method a shop ships by: its fee, and from which items total it is free (None: never)."""

    method: str
    fee: int
    free_from: int | None = None

    def fee_for(self, items_total: int) -> int:
        """What shipping of this much costs."""
        return 0 if self.free_from is not None and items_total >= self.free_from else self.fee
