"""Stock and reservations: what orders take, give back and carry away. Pure; `StockBook` is one transaction's worth.

`0 ≤ reserved ≤ on_hand` holds after every step; an order gets all of its lines or none.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from catalog.domain.errors import NotReturnable, StockBelowReserved
from catalog.domain.events import OrderRejected, OrderReserved, Reason, StockChanged
from catalog.domain.text import whole
from chassis.errors import Invalid, Unavailable

MOST_ON_HAND = 9_999_999


class ReservationUnknown(Unavailable):
    """Shipped before it was placed: the events came in another order. The same event works once the other is in."""

    code = "reservation_unknown"


class OrderState(StrEnum):
    """What became of an order's stock. `void` is the tombstone of an order that was never heard of."""

    UNKNOWN = "unknown"
    HELD = "held"
    REJECTED = "rejected"
    RELEASED = "released"
    COMMITTED = "committed"
    VOID = "void"


@dataclass(eq=False)
class StockLevel:
    """How many of a variant there are, and how many are promised. At `low_at` left, its shop is told; None: never."""

    variant_id: UUID
    product_id: UUID
    on_hand: int = 0
    reserved: int = 0
    version: int = 1
    low_at: int | None = None

    @property
    def available(self) -> int:
        """How many can be bought."""
        return self.on_hand - self.reserved

    def ran_low(self, before: int) -> bool:
        """Whether so many are left since that few is low, when `before` were left until now."""
        return self.low_at is not None and self.available <= self.low_at < before

    def add(self, quantity: int, returnable: int | None = None) -> int:
        """So many more on hand, or fewer; answers the difference. Goods that come back are at most `returnable`.

        Raises Invalid, StockBelowReserved, NotReturnable.
        """
        whole(quantity, "add", -MOST_ON_HAND, MOST_ON_HAND)
        if not quantity:
            raise Invalid("add must not be 0", field="add")
        if returnable is not None and not 0 < quantity <= returnable:
            raise NotReturnable(f"{returnable} of this order can come back", returnable=returnable)
        if self.on_hand + quantity > MOST_ON_HAND:
            raise Invalid(f"at most {MOST_ON_HAND} on hand", field="add")
        if self.on_hand + quantity < self.reserved:
            raise StockBelowReserved(f"{self.reserved} are reserved for orders", reserved=self.reserved)
        self.on_hand += quantity
        self.version += 1
        return quantity

    def set(self, quantity: int) -> int:
        """on_hand becomes `quantity`; answers the difference. Raises Invalid, StockBelowReserved."""
        whole(quantity, "quantity", 0, MOST_ON_HAND)
        if quantity < self.reserved:
            raise StockBelowReserved(f"{self.reserved} are reserved for orders", reserved=self.reserved)
        delta = quantity - self.on_hand
        if delta:
            self.on_hand = quantity
            self.version += 1
        return delta

    def changed(self) -> StockChanged:
        """The event of its state now."""
        return StockChanged(self.variant_id, self.product_id, self.version, self.available)


@dataclass(frozen=True)
class Offer:
    """For what a variant is sold now. `for_sale`: listed, not deleted, in an open shop."""

    shop_id: UUID
    price_version: int
    for_sale: bool


@dataclass(frozen=True)
class Line:
    """One line of a placed order."""

    line_id: str
    variant_id: UUID
    quantity: int
    price_version: int


@dataclass(frozen=True)
class Placed:
    """An order asks for its stock."""

    order_id: UUID
    shop_id: UUID
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Voided:
    """An order will never ship."""

    order_id: UUID


@dataclass(frozen=True)
class Shipped:
    """The goods of an order left the shop."""

    order_id: UUID


Move = Placed | Voided | Shipped


@dataclass(frozen=True)
class LedgerEntry:
    """A change of on_hand. `reason`: set, added, subtracted, shipped, returned. `key` is of callers who may repeat."""

    variant_id: UUID
    delta: int
    reason: str
    order_id: UUID | None = None
    by: UUID | None = None
    key: str | None = None


@dataclass(frozen=True)
class HeldLine:
    """One reservation."""

    line_id: str
    variant_id: UUID
    quantity: int


@dataclass(eq=False)
class OrderStock:
    """An order as stock knows it, with its lines where they are needed."""

    order_id: UUID
    state: OrderState = OrderState.UNKNOWN
    lines: tuple[HeldLine, ...] = ()
    was: OrderState = field(default=OrderState.UNKNOWN)


@dataclass(eq=False)
class StockBook:
    """Levels, offers and orders of one batch, all locked; `take` applies one move after the other.

    A variant that is not in `levels` does not exist.
    """

    levels: dict[UUID, StockLevel]
    offers: dict[UUID, Offer]
    orders: dict[UUID, OrderStock]
    answers: list[OrderReserved | OrderRejected] = field(default_factory=list)
    entries: list[LedgerEntry] = field(default_factory=list)
    _before: dict[UUID, tuple[int, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._before = {level.variant_id: (level.on_hand, level.reserved) for level in self.levels.values()}
        for order in self.orders.values():
            order.was = order.state

    def take(self, move: Move) -> None:
        """Applies one move. Repeated and late ones change nothing. Raises ReservationUnknown."""
        order = self.orders[move.order_id]
        if isinstance(move, Placed):
            self._place(order, move)
        elif isinstance(move, Voided):
            self._void(order)
        else:
            self._ship(order)

    def changed_levels(self) -> list[StockLevel]:
        """Levels that are not what they were, each one version further, in the order of their ids. Ask once."""
        changed = [
            level for level in self.levels.values() if self._before[level.variant_id] != (level.on_hand, level.reserved)
        ]
        for level in changed:
            level.version += 1
        return sorted(changed, key=lambda level: level.variant_id)

    def ran_low(self) -> list[StockLevel]:
        """Levels that are low now and were not before."""
        return [
            level
            for level in self.levels.values()
            if level.ran_low(self._before[level.variant_id][0] - self._before[level.variant_id][1])
        ]

    def changed_orders(self) -> list[OrderStock]:
        """Orders that are not what they were."""
        return [order for order in self.orders.values() if order.state is not order.was]

    def _place(self, order: OrderStock, move: Placed) -> None:
        if order.state not in (OrderState.UNKNOWN, OrderState.VOID):
            return
        order.lines = _held(move.lines)
        reason, at_fault = self._obstacle(move) if order.state is OrderState.UNKNOWN else (Reason.ORDER_VOID, ())
        if reason is not None:
            order.state = OrderState.REJECTED
            self.answers.append(OrderRejected(order.order_id, reason, at_fault))
            return
        for line in move.lines:
            self.levels[line.variant_id].reserved += line.quantity
        order.state = OrderState.HELD
        held = tuple((line.line_id, line.variant_id, line.quantity) for line in move.lines)
        self.answers.append(OrderReserved(order.order_id, held))

    def _obstacle(self, move: Placed) -> tuple[Reason | None, tuple[UUID, ...]]:
        """Why the order cannot have its lines, with the variants at fault; the gravest reason first."""
        unlisted, repriced = [], []
        for line in move.lines:
            offer = self.offers.get(line.variant_id)
            if offer is None or not offer.for_sale or offer.shop_id != move.shop_id:
                unlisted.append(line.variant_id)
            elif offer.price_version != line.price_version:
                repriced.append(line.variant_id)
        if unlisted:
            return Reason.NOT_LISTED, _once(unlisted)
        if repriced:
            return Reason.PRICE_CHANGED, _once(repriced)
        wanted: Counter[UUID] = Counter()
        for line in move.lines:
            wanted[line.variant_id] += line.quantity
        short = [variant for variant, quantity in wanted.items() if quantity > self.levels[variant].available]
        return (Reason.OUT_OF_STOCK, _once(short)) if short else (None, ())

    def _void(self, order: OrderStock) -> None:
        if order.state is OrderState.UNKNOWN:
            order.state = OrderState.VOID
        elif order.state is OrderState.HELD:
            for line in order.lines:
                self.levels[line.variant_id].reserved -= line.quantity
            order.state = OrderState.RELEASED

    def _ship(self, order: OrderStock) -> None:
        if order.state is OrderState.UNKNOWN:
            raise ReservationUnknown(f"order {order.order_id} was shipped, but never placed")
        if order.state is not OrderState.HELD:
            return
        for line in order.lines:
            level = self.levels[line.variant_id]
            level.reserved -= line.quantity
            level.on_hand -= line.quantity
            self.entries.append(LedgerEntry(line.variant_id, -line.quantity, "shipped", order.order_id))
        order.state = OrderState.COMMITTED


def _held(lines: Iterable[Line]) -> tuple[HeldLine, ...]:
    return tuple(HeldLine(line.line_id, line.variant_id, line.quantity) for line in lines)


def _once(variants: Iterable[UUID]) -> tuple[UUID, ...]:
    return tuple(dict.fromkeys(variants))
