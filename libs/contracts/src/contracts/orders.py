"""What orders says: from placed to completed or void. Money is an integer in TWD."""

from typing import Any, ClassVar, Literal

import msgspec

from contracts.message import Message

PaymentMethod = Literal["line_pay", "cod", "bank_transfer"]
Status = Literal["pending", "unpaid", "to_ship", "shipping", "completed", "void"]
VoidReason = Literal[
    "out_of_stock", "price_changed", "not_listed", "cancelled_by_buyer", "cancelled_by_seller", "payment_timeout"
]


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
    """The stock is held: the order stands. `status` is `unpaid`, or `to_ship` for cash on delivery."""

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


class PutCartItem(msgspec.Struct, frozen=True, kw_only=True):
    """`put_cart_item_many`: the quantity becomes this one. Answers the `Cart`."""

    variant_id: str
    quantity: int


class VariantId(msgspec.Struct, frozen=True, kw_only=True):
    """`delete_cart_item`. Answers the `Cart`."""

    variant_id: str


class CartItem(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a cart. `price` is what one unit costs the buyer now, after discount and quantity tier.

    `available` is a hint; `problem` says why the line cannot be bought as it is: `not_listed`, `out_of_stock`,
    `price_changed`, `shop_on_holiday`.
    """

    variant_id: str
    product_id: str
    name: str
    options: list[str]
    quantity: int
    price: int
    available: int
    problem: str | None = None
    photo_url: str | None = None


class CartShop(msgspec.Struct, frozen=True, kw_only=True):
    """What a cart holds of one shop."""

    shop_id: str
    shop_name: str
    items: list[CartItem]
    items_total: int


class Cart(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of `get_cart`, `put_cart_item_many`, `delete_cart_item`. `total` is without shipping."""

    shops: list[CartShop]
    total: int


class ShipTo(msgspec.Struct, frozen=True, kw_only=True):
    """How one shop's part of a checkout travels: a home address, or a convenience store."""

    shop_id: str
    method: str
    address: dict[str, str] | None = None
    store: dict[str, str] | None = None


class Checkout(msgspec.Struct, frozen=True, kw_only=True):
    """One item of `checkout_many`. Ids are made by the caller; `key` is the buyer's Idempotency-Key.

    `order_ids` are ids for the orders to be made, at least one for each entry of `shipping`, used in its order.
    """

    checkout_id: str
    order_ids: list[str]
    key: str
    fingerprint: str  # of the request body: another body under the same key is refused
    payment_method: PaymentMethod
    shipping: list[ShipTo]
    note: str | None = None
    expected_total: int | None = None


class CheckoutResult(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of `checkout_many` items and of `get_checkout`. A replayed key gets the stored checkout as it is now."""

    checkout_id: str
    orders: list["Order"]
    replayed: bool = False


class CheckoutId(msgspec.Struct, frozen=True, kw_only=True):
    """`get_checkout`, the buyer's own."""

    checkout_id: str


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


class PayOrder(msgspec.Struct, frozen=True, kw_only=True):
    """`pay_order`: by the buyer of a LINE Pay order, begins the payment; by the shop of a bank transfer, marks it paid.

    `key` and `fingerprint` as in `Checkout`.
    """

    order_id: str
    key: str
    fingerprint: str


class Payment(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of `pay_order`. `payment_url` is where the buyer approves; absent until LINE Pay has answered, or when
    nothing is left to approve.
    """

    order: Order
    payment_status: str
    payment_url: str | None = None


class LinePayReturned(msgspec.Struct, frozen=True, kw_only=True):
    """`line_pay_returned`: the browser came back from LINE Pay. It proves nothing; the stored payment is confirmed.

    `order_id` is LINE Pay's orderId. Answers the `Order`'s id and status only: anybody may come by.
    """

    order_id: str
    transaction_id: str
    cancelled: bool = False


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
