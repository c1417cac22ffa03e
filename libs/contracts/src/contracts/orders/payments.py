"""Payments of an order."""

import msgspec

from contracts.orders.orders import Order


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
