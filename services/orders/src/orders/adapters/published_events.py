"""What the outside hears of what happened inside: the only door from our words to the contracts'."""

from functools import singledispatch
from typing import Any

from chassis.clock import rfc3339
from contracts import Message
from contracts import orders as contract
from orders.domain.events import (
    Event,
    OrderCompleted,
    OrderConfirmed,
    OrderPaid,
    OrderPlaced,
    OrderShipped,
    OrderVoided,
)


@singledispatch
def to_contract(event: Event) -> Message:
    """The message of an event. Raises TypeError for one that has none."""
    raise TypeError(f"{type(event).__name__} has no message")


@to_contract.register
def _(event: OrderPlaced) -> Message:
    order = event.order
    return contract.OrderPlacedV1(
        order_id=str(order.id),
        checkout_id=str(order.checkout_id),
        shop_id=str(order.shop_id),
        placed_at=rfc3339(event.at),
        lines=[
            contract.PlacedLine(
                line_id=line.line_id,
                variant_id=str(line.variant_id),
                product_id=str(line.product_id),
                quantity=line.quantity,
                price_version=line.price_version,
            )
            for line in event.lines
        ],
    )


@to_contract.register
def _(event: OrderConfirmed) -> Message:
    order = event.order
    return contract.OrderConfirmedV1(
        checkout_id=str(order.checkout_id),
        order_id=str(order.id),
        shop_id=str(order.shop_id),
        seller_id=str(order.seller_id),
        buyer_id=str(order.buyer_id),
        status="to_ship" if order.pay_before is None else "unpaid",
        items_total=order.items_total,
        shipping_fee=order.shipping_fee,
        total_price=order.total_price,
        confirmed_at=rfc3339(event.at),
        pay_before=rfc3339(order.pay_before) if order.pay_before else None,
    )


@to_contract.register
def _(event: OrderVoided) -> Message:
    return contract.OrderVoidedV1(**_moved(event), reason=str(event.reason))


@to_contract.register
def _(event: OrderPaid) -> Message:
    return contract.OrderPaidV1(**_moved(event))


@to_contract.register
def _(event: OrderShipped) -> Message:
    return contract.OrderShippedV1(**_moved(event))


@to_contract.register
def _(event: OrderCompleted) -> Message:
    return contract.OrderCompletedV1(**_moved(event))


def _moved(event: OrderVoided | OrderPaid | OrderShipped | OrderCompleted) -> dict[str, Any]:
    order = event.order
    return {
        "checkout_id": str(order.checkout_id),
        "order_id": str(order.id),
        "shop_id": str(order.shop_id),
        "seller_id": str(order.seller_id),
        "buyer_id": str(order.buyer_id),
        "at": rfc3339(event.at),
        "by": str(event.by) if event.by else None,
    }
