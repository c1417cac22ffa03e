"""Checkouts: a cart, or some shops of it, becomes orders."""

import msgspec

from contracts.orders.orders import Order, PaymentMethod


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
    orders: list[Order]
    replayed: bool = False


class CheckoutId(msgspec.Struct, frozen=True, kw_only=True):
    """`get_checkout`, the buyer's own."""

    checkout_id: str
