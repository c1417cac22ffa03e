"""What happened to orders. `adapters.published_events` says how the outside hears of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:
    from orders.domain.order import Line, Order


@dataclass(frozen=True, slots=True)
class OrderPlaced:
    """An order waits for its stock."""

    order: "Order"
    lines: "tuple[Line, ...]"
    at: datetime


@dataclass(frozen=True, slots=True)
class OrderConfirmed:
    """The stock is held."""

    order: "Order"
    at: datetime


@dataclass(frozen=True, slots=True)
class OrderVoided:
    """The order will never ship. `by` is None when nobody decided it."""

    order: "Order"
    at: datetime
    by: UUID | None
    reason: str


@dataclass(frozen=True, slots=True)
class OrderPaid:
    """The money is captured."""

    order: "Order"
    at: datetime
    by: UUID | None


@dataclass(frozen=True, slots=True)
class OrderShipped:
    """The goods left the shop."""

    order: "Order"
    at: datetime
    by: UUID


@dataclass(frozen=True, slots=True)
class OrderCompleted:
    """The buyer has the goods."""

    order: "Order"
    at: datetime
    by: UUID


Event = OrderPlaced | OrderConfirmed | OrderVoided | OrderPaid | OrderShipped | OrderCompleted
