"""The larger contract structs as commands."""

from typing import Any
from uuid import UUID

from chassis.decode import caller, new, request, there
from contracts import orders as contract
from orders.application.carts import CartWish
from orders.domain.checkout import Wish
from orders.domain.delivery import Destination
from orders.domain.order import PaymentMethod


def cart_wish(item: dict[str, Any]) -> CartWish:
    """One item of `put_cart_item_many`. Raises Unauthenticated, Missing, Invalid."""
    by, asked = caller(item.get("principal")), request(item.get("payload"), contract.PutCartItem)
    return CartWish(by, there(asked.variant_id), asked.quantity)


def wish(item: dict[str, Any]) -> Wish:
    """One item of `checkout_many`. Raises Unauthenticated, Invalid."""
    by, asked = caller(item.get("principal")), request(item.get("payload"), contract.Checkout)
    return Wish(
        by=by,
        checkout_id=new(asked.checkout_id, "checkout_id"),
        order_ids=tuple(new(order_id, "order_ids") for order_id in asked.order_ids),
        key=asked.key,
        fingerprint=asked.fingerprint,
        payment_method=PaymentMethod(asked.payment_method),
        destinations=tuple(_destination(one) for one in asked.shipping),
        note=asked.note,
        expected_total=asked.expected_total,
    )


def _destination(asked: contract.ShipTo) -> Destination:
    shop_id: UUID = new(asked.shop_id, "shipping.shop_id")
    return Destination.of(shop_id, asked.method, asked.address, asked.store)
