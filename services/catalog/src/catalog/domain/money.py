"""Prices per unit, in whole TWD."""

from dataclasses import dataclass

from catalog.domain.text import whole

HIGHEST = 10_000_000


@dataclass(frozen=True)
class Price:
    """What one unit costs: `amount` less `discount`. Raises Invalid when the discount exceeds the amount."""

    amount: int
    discount: int = 0

    def __post_init__(self) -> None:
        whole(self.amount, "price", 0, HIGHEST)
        whole(self.discount, "discount", 0, self.amount)

    @property
    def final(self) -> int:
        """What the buyer pays for one."""
        return self.amount - self.discount

    def changed(self, amount: int | None, discount: int | None) -> "Price":
        """This price with another amount or discount; None keeps the part."""
        return Price(self.amount if amount is None else amount, self.discount if discount is None else discount)


@dataclass(frozen=True)
class Tier:
    """多件優惠: from this quantity on, this many percent off."""

    from_quantity: int
    percent_off: int


def tiers(values: tuple[Tier, ...]) -> tuple[Tier, ...]:
    """Quantity tiers in growing order of both numbers, at most five. Raises Invalid."""
    whole(len(values), "tiers", 0, 5)
    quantity, percent = 1, 0
    for tier in values:
        quantity = whole(tier.from_quantity, "tiers.from_quantity", quantity + 1, 10_000)
        percent = whole(tier.percent_off, "tiers.percent_off", percent + 1, 90)
    return values
