"""Orders: reading them, and what their buyers and shops do with them. Money is an integer in TWD."""

from typing import Any, Literal

import msgspec

PaymentMethod = Literal["line_pay", "cod", "bank_transfer"]
Status = Literal["pending", "unpaid", "to_ship", "shipping", "completed", "void"]
VoidReason = Literal[
    "out_of_stock", "price_changed", "not_listed", "cancelled_by_buyer", "cancelled_by_seller", "payment_timeout"
]


class OrderLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line of an order, frozen when it was placed. Amounts are per unit; `final_price = price - discount`."""

    line_id: str
    product_id: str
    product_variant_id: str
    name: str
    options: list[str]
    quantity: int
    price: int
    discount: int
    final_price: int
    refund_rule: dict[str, Any] = {}
    photo_url: str | None = None


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """An order as its buyer or its shop's people see it. `shipping` holds method, and address or store."""

    order_id: str
    checkout_id: str
    shop_id: str
    shop_name: str
    buyer_id: str
    seller_id: str
    status: Status
    payment_method: PaymentMethod
    payment_status: str
    products: list[OrderLine]
    items_total: int
    shipping_fee: int
    total_price: int
    shipping: dict[str, Any]
    created_at: str
    version: int
    type: str = "single"
    is_multi_buyer: bool = False
    multibuyers: list[dict[str, Any]] = []
    note: str | None = None
    void_reason: VoidReason | None = None
    voided_by: str | None = None
    pay_before: str | None = None
    paid_at: str | None = None
    shipped_at: str | None = None
    completed_at: str | None = None
    tracking_number: str | None = None


class OrderId(msgspec.Struct, frozen=True, kw_only=True):
    """`get_order`, `cancel_order`, `receive_order`, `mark_refunded` (a void bank transfer, by the shop).

    All answer the `Order`.
    """

    order_id: str


class ShipOrder(msgspec.Struct, frozen=True, kw_only=True):
    """`ship_order`, by the shop's people. Answers the `Order`."""

    order_id: str
    tracking_number: str | None = None


class ListOrders(msgspec.Struct, frozen=True, kw_only=True):
    """`list_orders` (as buyer) and `list_seller_orders`, newest first. `status` is one of the tabs' statuses.

    Answers `{"items": [Order], "next_cursor": ...}`.
    """

    status: Status | None = None
    shop_id: str | None = None
    cursor: str | None = None
    limit: int = 20


class Dashboard(msgspec.Struct, frozen=True, kw_only=True):
    """`seller_dashboard` of the principal's shops: how many orders stand in each status, and what today brought.

    Of one shop and status no more than 10,000 are counted. `revenue_today` leaves out what is not paid yet, unless it
    is paid on delivery.
    """

    counts: dict[str, int]
    orders_today: int
    revenue_today: int | None  # none: they may see it nowhere
