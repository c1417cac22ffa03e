"""What orders says: an order from placed to completed or void. Money is an integer in TWD."""

from typing import ClassVar, Literal

import msgspec

from contracts.message import Message


class PlacedLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line to reserve, at the price version the buyer saw."""

    line_id: str
    variant_id: str
    product_id: str
    quantity: int
    price_version: int


class OrderPlacedV1(Message, frozen=True, kw_only=True):
    """An order waits for its stock."""

    source: ClassVar[str] = "orders"
    topic: ClassVar[str] = "orders.order_placed.v1"
    heard_by: ClassVar[tuple[str, ...]] = ("catalog",)
    subject_field: ClassVar[str] = "order_id"

    order_id: str
    checkout_id: str
    shop_id: str
    placed_at: str
    lines: list[PlacedLine]


class OrderConfirmedV1(Message, frozen=True, kw_only=True):
    """The stock is held: the order stands. `status` is `unpaid`, to be paid before `pay_before`, or `to_ship` for cash
    on delivery.
    """

    source: ClassVar[str] = "orders"
    topic: ClassVar[str] = "orders.order_confirmed.v1"
    heard_by: ClassVar[tuple[str, ...]] = ("notify", "gateway")
    subject_field: ClassVar[str] = "order_id"

    checkout_id: str
    order_id: str
    shop_id: str
    seller_id: str
    buyer_id: str
    status: Literal["unpaid", "to_ship"]
    items_total: int
    shipping_fee: int
    total_price: int
    confirmed_at: str
    pay_before: str | None = None


class _OrderMoved(Message, frozen=True, kw_only=True):
    """What every later event of an order carries."""

    checkout_id: str
    order_id: str
    shop_id: str
    seller_id: str
    buyer_id: str
    at: str
    by: str | None = None  # user id; none when the platform's own timer did it
    reason: str | None = None


class OrderVoidedV1(_OrderMoved, frozen=True, kw_only=True):
    """The order will never ship. Release its reservation and refund the buyer if paid."""

    source: ClassVar[str] = "orders"
    topic: ClassVar[str] = "orders.order_voided.v1"
    heard_by: ClassVar[tuple[str, ...]] = ("catalog", "notify", "gateway")
    subject_field: ClassVar[str] = "order_id"


class OrderPaidV1(_OrderMoved, frozen=True, kw_only=True):
    """The money is captured; the order waits to be shipped."""

    source: ClassVar[str] = "orders"
    topic: ClassVar[str] = "orders.order_paid.v1"
    heard_by: ClassVar[tuple[str, ...]] = ("catalog", "notify", "gateway")
    subject_field: ClassVar[str] = "order_id"


class OrderShippedV1(_OrderMoved, frozen=True, kw_only=True):
    """The goods left the shop: commit the reservation."""

    source: ClassVar[str] = "orders"
    topic: ClassVar[str] = "orders.order_shipped.v1"
    heard_by: ClassVar[tuple[str, ...]] = ("catalog", "notify", "gateway")
    subject_field: ClassVar[str] = "order_id"


class OrderCompletedV1(_OrderMoved, frozen=True, kw_only=True):
    """The buyer has the goods."""

    source: ClassVar[str] = "orders"
    topic: ClassVar[str] = "orders.order_completed.v1"
    heard_by: ClassVar[tuple[str, ...]] = ("catalog", "notify", "gateway")
    subject_field: ClassVar[str] = "order_id"
