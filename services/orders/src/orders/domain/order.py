"""An order: where it stands, where it may go, and what it costs. Its lines never change after it was placed."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from orders.domain.errors import IllegalTransition
from orders.domain.events import Event, OrderCompleted, OrderConfirmed, OrderPaid, OrderShipped, OrderVoided


class Status(StrEnum):
    """Where an order stands."""

    PENDING = "pending"
    UNPAID = "unpaid"
    TO_SHIP = "to_ship"
    SHIPPING = "shipping"
    COMPLETED = "completed"
    VOID = "void"


ALLOWED: dict[Status, frozenset[Status]] = {
    Status.PENDING: frozenset({Status.UNPAID, Status.TO_SHIP, Status.VOID}),
    Status.UNPAID: frozenset({Status.TO_SHIP, Status.VOID}),
    Status.TO_SHIP: frozenset({Status.SHIPPING, Status.VOID}),
    Status.SHIPPING: frozenset({Status.COMPLETED}),
    Status.COMPLETED: frozenset(),
    Status.VOID: frozenset(),
}


class PaymentStatus(StrEnum):
    """Where an order's money stands."""

    NONE = "none"
    REQUESTED = "requested"
    CONFIRMING = "confirming"
    CAPTURED = "captured"
    REFUNDING = "refunding"
    REFUNDED = "refunded"
    FAILED = "failed"


# A browser that came back too early, or was made up, sends `confirming` back to `requested`; a failed payment may be
# tried again; cash and bank transfers are captured without having been requested.
PAYMENT_ALLOWED: dict[PaymentStatus, frozenset[PaymentStatus]] = {
    PaymentStatus.NONE: frozenset({PaymentStatus.REQUESTED, PaymentStatus.CAPTURED}),
    PaymentStatus.REQUESTED: frozenset({PaymentStatus.CONFIRMING, PaymentStatus.FAILED}),
    PaymentStatus.CONFIRMING: frozenset({PaymentStatus.CAPTURED, PaymentStatus.REQUESTED, PaymentStatus.FAILED}),
    PaymentStatus.CAPTURED: frozenset({PaymentStatus.REFUNDING}),
    PaymentStatus.REFUNDING: frozenset({PaymentStatus.REFUNDED, PaymentStatus.FAILED}),
    PaymentStatus.REFUNDED: frozenset(),
    PaymentStatus.FAILED: frozenset({PaymentStatus.REQUESTED}),
}


class PaymentMethod(StrEnum):
    """How an order is paid."""

    LINE_PAY = "line_pay"
    COD = "cod"
    BANK_TRANSFER = "bank_transfer"


class VoidReason(StrEnum):
    """Why an order will never ship."""

    OUT_OF_STOCK = "out_of_stock"
    PRICE_CHANGED = "price_changed"
    NOT_LISTED = "not_listed"
    CANCELLED_BY_BUYER = "cancelled_by_buyer"
    CANCELLED_BY_SELLER = "cancelled_by_seller"
    PAYMENT_TIMEOUT = "payment_timeout"


@dataclass(frozen=True, slots=True)
class Step:
    """One status change: what `order_history` keeps. The first has no `before`."""

    version: int
    before: Status | None
    after: Status
    at: datetime
    by: UUID | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One line, frozen when the order was placed. Amounts are per unit."""

    line_id: str
    variant_id: UUID
    product_id: UUID
    name: str
    options: tuple[str, ...]
    quantity: int
    price: int
    discount: int
    price_version: int
    refund_rule: dict[str, Any] = field(default_factory=dict)
    photo_url: str | None = None

    @property
    def final_price(self) -> int:
        """What the buyer pays for one."""
        return self.price - self.discount


@dataclass(eq=False, slots=True)
class Order:
    """What moves of an order. `version` counts its statuses; `steps` and `events` are what happened since it was read.

    Every method that moves raises IllegalTransition for a move outside the table; one whose target is reached already
    changes nothing.
    """

    id: UUID
    checkout_id: UUID
    shop_id: UUID
    seller_id: UUID
    buyer_id: UUID
    payment_method: PaymentMethod
    items_total: int
    shipping_fee: int
    total_price: int
    status: Status = Status.PENDING
    payment: PaymentStatus = PaymentStatus.NONE
    version: int = 1
    void_reason: VoidReason | None = None
    voided_by: UUID | None = None
    pay_before: datetime | None = None
    paid_at: datetime | None = None
    shipped_at: datetime | None = None
    completed_at: datetime | None = None
    tracking_number: str | None = None
    steps: list[Step] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)

    @property
    def version_read(self) -> int:
        """The version before the moves that are not saved yet."""
        return self.version - len(self.steps)

    def reserved(self, at: datetime, pay_within: timedelta) -> None:
        """The stock is held. For an order that no longer waits it comes too late and changes nothing."""
        if self.status is not Status.PENDING:
            return
        if self.payment_method is PaymentMethod.COD or self.total_price == 0:
            self._move(Status.TO_SHIP, at)
        else:
            self._move(Status.UNPAID, at)
            self.pay_before = at + pay_within
        self.events.append(OrderConfirmed(self, at))

    def rejected(self, reason: VoidReason, at: datetime) -> None:
        """Nothing is held. For an order that no longer waits it comes too late and changes nothing."""
        if self.status is Status.PENDING:
            self._void(reason, None, at)

    def cancel(self, reason: VoidReason, by: UUID, at: datetime) -> None:
        """Buyer or seller call it off; money that was taken goes back."""
        if self.status is Status.VOID:
            return
        self._void(reason, by, at)
        if self.payment is PaymentStatus.CAPTURED:
            self.pay(PaymentStatus.REFUNDING)

    def expire(self, at: datetime) -> None:
        """Nobody has paid in time. A payment that is being confirmed is waited for."""
        if self.status is Status.UNPAID and self.payment is not PaymentStatus.CONFIRMING:
            self._void(VoidReason.PAYMENT_TIMEOUT, None, at)

    def paid(self, at: datetime, by: UUID | None = None) -> None:
        """The money is there. On a void order it goes back at once."""
        if self.payment is PaymentStatus.CAPTURED and self.status is not Status.UNPAID:
            return
        if self.status is Status.VOID:
            self.pay(PaymentStatus.CAPTURED)
            self.pay(PaymentStatus.REFUNDING)
            self.paid_at = at
            return
        if self.status is not Status.UNPAID:
            raise _illegal(self.status, Status.TO_SHIP)
        self.pay(PaymentStatus.CAPTURED)
        self._move(Status.TO_SHIP, at, by, "paid")
        self.paid_at = at
        self.events.append(OrderPaid(self, at, by))

    def ship(self, by: UUID, at: datetime, tracking_number: str | None) -> None:
        """The goods leave the shop."""
        if self.status is Status.SHIPPING and tracking_number in (None, self.tracking_number):
            return
        self._move(Status.SHIPPING, at, by)
        self.shipped_at = at
        self.tracking_number = tracking_number
        self.events.append(OrderShipped(self, at, by))

    def receive(self, by: UUID, at: datetime) -> None:
        """The buyer has the goods; cash on delivery has been paid with that."""
        if self.status is Status.COMPLETED:
            return
        self._move(Status.COMPLETED, at, by)
        self.completed_at = at
        if self.payment_method is PaymentMethod.COD and self.payment is PaymentStatus.NONE:
            self.pay(PaymentStatus.CAPTURED)
            self.paid_at = at
        self.events.append(OrderCompleted(self, at, by))

    def pay(self, target: PaymentStatus) -> None:
        """The money moves on."""
        if target not in PAYMENT_ALLOWED[self.payment]:
            raise IllegalTransition(
                f"a payment cannot go from {self.payment} to {target}", **{"from": self.payment, "to": target}
            )
        self.payment = target

    def _void(self, reason: VoidReason, by: UUID | None, at: datetime) -> None:
        self._move(Status.VOID, at, by, reason)
        if self.payment is PaymentStatus.REQUESTED:
            self.pay(PaymentStatus.FAILED)  # an approval that comes later is never confirmed
        self.void_reason, self.voided_by = reason, by
        self.events.append(OrderVoided(self, at, by, reason))

    def _move(self, target: Status, at: datetime, by: UUID | None = None, reason: str | None = None) -> None:
        if target not in ALLOWED[self.status]:
            raise _illegal(self.status, target)
        self.version += 1
        self.steps.append(Step(self.version, self.status, target, at, by, reason))
        self.status = target


def _illegal(before: Status, after: Status) -> IllegalTransition:
    return IllegalTransition(f"an order cannot go from {before} to {after}", **{"from": before, "to": after})
