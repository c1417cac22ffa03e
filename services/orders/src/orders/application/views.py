"""How carts and orders look to whoever asked: plain values, ready for any wire."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis.clock import rfc3339
from orders.domain.cart import CartLine, priced
from orders.domain.checkout import PlacedOrder
from orders.domain.order import Line

View = dict[str, Any]


def cart(lines: Sequence[CartLine], at: datetime) -> View:
    """A cart by shop, priced as it would be bought now. Lines that cannot be bought say why and count all the same."""
    shops: dict[UUID, View] = {}
    for line, unit in priced(lines):
        offer = line.offer
        shop = shops.setdefault(
            offer.shop_id,
            {
                "shop_id": str(offer.shop_id),
                "shop_name": line.shop.name if line.shop else "",
                "items": [],
                "items_total": 0,
            },
        )
        shop["items"].append(
            {
                "variant_id": str(offer.variant_id),
                "product_id": str(offer.product_id),
                "name": offer.name,
                "options": list(offer.options),
                "quantity": line.quantity,
                "price": unit.final,
                "available": offer.available or 0,
                "problem": line.problem(at),
                "photo_url": offer.photo_url,
            }
        )
        shop["items_total"] += unit.final * line.quantity
    return {"shops": list(shops.values()), "total": sum(shop["items_total"] for shop in shops.values())}


def checkout(checkout_id: UUID, orders: Iterable[PlacedOrder], *, replayed: bool) -> View:
    """A checkout with its orders as they stand."""
    return {"checkout_id": str(checkout_id), "orders": [order(one) for one in orders], "replayed": replayed}


def order(placed: PlacedOrder) -> View:
    """An order as its buyer and its shop's people see it."""
    one = placed.order
    return {
        "order_id": str(one.id),
        "checkout_id": str(one.checkout_id),
        "shop_id": str(one.shop_id),
        "shop_name": placed.shop_name,
        "buyer_id": str(one.buyer_id),
        "seller_id": str(one.seller_id),
        "status": one.status.value,
        "payment_method": one.payment_method.value,
        "payment_status": one.payment.value,
        "products": [_line(line) for line in placed.lines],
        "items_total": one.items_total,
        "shipping_fee": one.shipping_fee,
        "total_price": one.total_price,
        "shipping": placed.destination.as_dict(),
        "created_at": rfc3339(placed.placed_at),
        "version": one.version,
        "type": "single",
        "is_multi_buyer": False,
        "multibuyers": [],
        "note": placed.note,
        "void_reason": one.void_reason.value if one.void_reason else None,
        "voided_by": str(one.voided_by) if one.voided_by else None,
        "pay_before": _moment(one.pay_before),
        "paid_at": _moment(one.paid_at),
        "shipped_at": _moment(one.shipped_at),
        "completed_at": _moment(one.completed_at),
        "tracking_number": one.tracking_number,
    }


def _line(line: Line) -> View:
    return {
        "line_id": line.line_id,
        "product_id": str(line.product_id),
        "product_variant_id": str(line.variant_id),
        "name": line.name,
        "options": list(line.options),
        "quantity": line.quantity,
        "price": line.price,
        "discount": line.discount,
        "final_price": line.final_price,
        "refund_rule": line.refund_rule,
        "photo_url": line.photo_url,
    }


def _moment(moment: datetime | None) -> str | None:
    return rfc3339(moment) if moment else None
