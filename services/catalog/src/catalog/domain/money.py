"""Prices per unit, in whole TWD, and what is taken off them."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from catalog.domain.text import whole
from chassis.errors import Invalid

HIGHEST = 10_000_000
HIGHEST_PERCENT = 99  # what is sold is never for nothing

DiscountKind = Literal["amount", "percent"]


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


@dataclass(frozen=True)
class Discount:
    """What is taken off a price: TWD or percent, always or from one instant to another (not included)."""

    kind: DiscountKind = "amount"
    value: int = 0
    starts_at: datetime | None = None
    ends_at: datetime | None = None

    def __post_init__(self) -> None:
        whole(self.value, "discount", 0, HIGHEST if self.kind == "amount" else HIGHEST_PERCENT)
        if self.starts_at and self.ends_at and self.starts_at >= self.ends_at:
            raise Invalid("a discount ends after it starts", field="discount_rule.ends_at")

    def off(self, amount: int) -> int:
        """TWD off this amount while it holds; percentages round down."""
        return self.value if self.kind == "amount" else amount * self.value // 100

    def holds(self, at: datetime) -> bool:
        """Whether it is in force."""
        return (self.starts_at is None or self.starts_at <= at) and (self.ends_at is None or at < self.ends_at)

    def boundary_after(self, at: datetime) -> datetime | None:
        """When it next begins or ends; None when nothing will change."""
        return earliest(one for one in (self.starts_at, self.ends_at) if one is not None and one > at)


NO_DISCOUNT = Discount()


def discount_of(given: "int | Discount | None") -> Discount | None:
    """A plain number is so many TWD off, always. Raises Invalid."""
    return given if given is None or isinstance(given, Discount) else Discount("amount", given)


def discount_still_to_come(discount: Discount, at: datetime) -> Discount:
    """The discount, unless its time is over already. Raises Invalid."""
    if discount.ends_at is not None and discount.ends_at <= at:
        raise Invalid("the discount's time is over already", field="discount_rule.ends_at")
    return discount


@dataclass(frozen=True)
class Pricing:
    """An amount and the discount that may hold on it. Raises Invalid when the discount would exceed the amount."""

    amount: int
    discount: Discount = NO_DISCOUNT

    def __post_init__(self) -> None:
        whole(self.amount, "price", 0, HIGHEST)
        whole(self.discount.off(self.amount), "discount", 0, self.amount)

    def at(self, moment: datetime) -> Price:
        """The price in force."""
        return Price(self.amount, self.discount.off(self.amount) if self.discount.holds(moment) else 0)

    @property
    def lowest(self) -> int:
        """What a buyer pays at the least, now or later."""
        return self.amount - self.discount.off(self.amount)

    def changed(self, amount: int | None, discount: Discount | None) -> "Pricing":
        """This one with another amount or discount; None keeps the part. Raises Invalid."""
        return replace(
            self,
            amount=self.amount if amount is None else amount,
            discount=self.discount if discount is None else discount,
        )


def earliest(moments: Iterable[datetime | None]) -> datetime | None:
    """The first of these that is one."""
    return min((one for one in moments if one is not None), default=None)


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
