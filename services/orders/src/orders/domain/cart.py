"""A buyer's cart: what is wanted, at the price that was shown."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from orders.domain.errors import CartFull
from orders.domain.money import UnitPrice, unit_price
from orders.domain.offer import Offer, Shop
from orders.domain.text import whole

MOST_LINES = 100
MOST_QUANTITY = 1_000_000


@dataclass(frozen=True, slots=True)
class CartLine:
    """So many of a variant, with the price version the buyer was shown, and what is known of both today."""

    quantity: int
    price_version: int
    offer: Offer
    shop: Shop | None

    @property
    def for_sale(self) -> bool:
        """Whether it can be ordered at all."""
        return self.offer.listed and self.shop is not None and self.shop.open

    def problem(self, at: datetime) -> str | None:
        """Why the line cannot be bought as it is at this moment: a code of ours, or None."""
        if not self.for_sale:
            return "not_listed"
        if self.shop is not None and self.shop.resting(at):
            return "shop_on_holiday"
        if self.price_version != self.offer.price_version:
            return "price_changed"
        if self.quantity < self.offer.min_quantity:
            return "below_min_quantity"
        if self.offer.available is not None and self.offer.available < self.quantity:
            return "out_of_stock"
        return None


def quantity(value: int) -> int:
    """How many somebody may want of one variant. Raises Invalid."""
    return whole(value, "quantity", 1, MOST_QUANTITY)


def make_room(variant_ids: Iterable[UUID], wanted: UUID) -> None:
    """Refuses a line too many. Raises CartFull."""
    others = set(variant_ids) - {wanted}
    if len(others) >= MOST_LINES:
        raise CartFull(f"a cart holds at most {MOST_LINES} lines", most=MOST_LINES)


def with_line(lines: Iterable[CartLine], put: CartLine) -> list[CartLine]:
    """The cart with this line: in the place of the one it replaces, or last."""
    before = list(lines)
    if any(line.offer.variant_id == put.offer.variant_id for line in before):
        return [put if line.offer.variant_id == put.offer.variant_id else line for line in before]
    return [*before, put]


def priced(lines: Iterable[CartLine]) -> list[tuple[CartLine, UnitPrice]]:
    """What a unit of each line costs, with the quantity tiers that its product reaches over all its variants."""
    lines = list(lines)
    counted: Counter[UUID] = Counter()
    for line in lines:
        counted[line.offer.product_id] += line.quantity
    return [
        (
            line,
            unit_price(line.offer.price, line.offer.discount, line.offer.tiers, counted[line.offer.product_id]),
        )
        for line in lines
    ]
