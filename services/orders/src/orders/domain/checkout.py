"""From a cart to orders: one per shop, frozen at today's prices if the buyer has agreed to them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis.errors import Invalid
from orders.domain import text
from orders.domain.cart import CartLine, priced
from orders.domain.delivery import Destination
from orders.domain.errors import (
    BelowMinimum,
    CartEmpty,
    MethodNotOffered,
    NotListed,
    PriceChanged,
    ShopClosed,
    ShopOnHoliday,
)
from orders.domain.events import OrderPlaced
from orders.domain.offer import Shop
from orders.domain.order import Line, Order, PaymentMethod, Status, Step

MOST_SHOPS = 100
LONGEST_KEY = 255
LONGEST_NOTE = 500


@dataclass(frozen=True, slots=True)
class Wish:
    """What a buyer asks for. Raises Invalid for what no cart could make right."""

    by: UUID
    checkout_id: UUID
    order_ids: tuple[UUID, ...]
    key: str
    fingerprint: str
    payment_method: PaymentMethod
    destinations: tuple[Destination, ...]
    note: str | None = None
    expected_total: int | None = None

    def __post_init__(self) -> None:
        text.line(self.key, "key", LONGEST_KEY)
        text.line(self.fingerprint, "fingerprint", LONGEST_KEY)
        text.whole(len(self.destinations), "shipping", 1, MOST_SHOPS)
        if len({one.shop_id for one in self.destinations}) != len(self.destinations):
            raise Invalid("shipping names a shop twice", field="shipping")
        if len(set(self.order_ids)) != len(self.order_ids) or len(self.order_ids) < len(self.destinations):
            raise Invalid("a different order id is needed for each shop", field="order_ids")
        if self.note is not None:
            text.paragraph(self.note, "note", LONGEST_NOTE)


@dataclass(frozen=True, slots=True)
class PlacedOrder:
    """An order with everything that is frozen in it."""

    order: Order
    lines: tuple[Line, ...]
    shop_name: str
    destination: Destination
    note: str | None
    placed_at: datetime


@dataclass(frozen=True, slots=True)
class Placement:
    """A checkout that can be kept."""

    wish: Wish
    orders: tuple[PlacedOrder, ...]
    at: datetime

    @property
    def total(self) -> int:
        """What all its orders cost."""
        return sum(one.order.total_price for one in self.orders)


def place(wish: Wish, cart: Sequence[CartLine], at: datetime) -> Placement:
    """The orders of a checkout. Nothing is kept yet.

    Raises CartEmpty, ShopClosed, ShopOnHoliday, MethodNotOffered, NotListed, BelowMinimum, PriceChanged.
    """
    lines: dict[UUID, list[CartLine]] = {}
    for line in cart:
        lines.setdefault(line.offer.shop_id, []).append(line)
    placed = tuple(
        _order(wish, order_id, destination, lines.get(destination.shop_id, ()), at)
        for order_id, destination in zip(wish.order_ids, wish.destinations, strict=False)
    )
    bought = [line for one in wish.destinations for line in lines[one.shop_id]]
    placement = Placement(wish, placed, at)
    _agree(wish, bought, placement)
    return placement


def _order(
    wish: Wish, order_id: UUID, destination: Destination, lines: Sequence[CartLine], at: datetime
) -> PlacedOrder:
    if not lines:
        raise CartEmpty("the cart holds nothing of this shop", shop_id=str(destination.shop_id))
    unlisted = [str(line.offer.variant_id) for line in lines if not line.offer.listed]
    shop = _selling(lines[0].shop, destination.shop_id, at)
    if unlisted:
        raise NotListed("something in the cart is not for sale any more", variant_ids=unlisted)
    option = shop.option(destination.method)
    if option is None:
        raise MethodNotOffered(
            f"the shop does not ship by {destination.method}", field="shipping.method", shop_id=str(shop.id)
        )
    _sellable(lines, destination.method)
    frozen = tuple(_frozen(number, line, unit) for number, (line, unit) in enumerate(priced(lines), 1))
    items_total = sum(line.final_price * line.quantity for line in frozen)
    fee = option.fee_for(items_total)
    order = Order(
        id=order_id,
        checkout_id=wish.checkout_id,
        shop_id=shop.id,
        seller_id=shop.owner_id,
        buyer_id=wish.by,
        payment_method=wish.payment_method,
        items_total=items_total,
        shipping_fee=fee,
        total_price=items_total + fee,
    )
    order.steps.append(Step(order.version, None, Status.PENDING, at, wish.by))
    order.events.append(OrderPlaced(order, frozen, at))
    note = text.paragraph(wish.note, "note", LONGEST_NOTE) if wish.note else None
    return PlacedOrder(order, frozen, shop.name, destination, note, at)


def _sellable(lines: Sequence[CartLine], method: str) -> None:
    """What the seller asks of each product: how it travels, and how many at least."""
    if stays := [str(line.offer.variant_id) for line in lines if not line.offer.ships_by(method)]:
        raise MethodNotOffered(
            f"something in the cart does not travel by {method}", field="shipping.method", variant_ids=stays
        )
    if few := {str(line.offer.variant_id): line.quantity for line in lines if line.quantity < line.offer.min_quantity}:
        raise BelowMinimum("fewer than the seller sells at once", variant_ids=list(few), wanted=few)


def _selling(shop: Shop | None, shop_id: UUID, at: datetime) -> Shop:
    if shop is None or not shop.open:
        raise ShopClosed("the shop takes no orders now", shop_id=str(shop_id))
    if shop.resting(at):
        raise on_holiday(shop)
    return shop


def on_holiday(shop: Shop) -> ShopOnHoliday:
    """What is said of a shop that rests."""
    until = shop.holiday.until.isoformat() if shop.holiday and shop.holiday.until else None
    return ShopOnHoliday("the shop is on holiday", shop_id=str(shop.id), until=until)


def _frozen(number: int, line: CartLine, unit: Any) -> Line:
    offer = line.offer
    return Line(
        line_id=str(number),
        variant_id=offer.variant_id,
        product_id=offer.product_id,
        name=offer.name,
        options=offer.options,
        quantity=line.quantity,
        price=unit.price,
        discount=unit.discount,
        price_version=offer.price_version,
        refund_rule=offer.refund_rule,
        photo_url=offer.photo_url,
    )


def _agree(wish: Wish, bought: Sequence[CartLine], placement: Placement) -> None:
    """A sent total decides alone; without one, every line must still cost what the cart showed."""
    total = placement.total
    if wish.expected_total is not None:
        changed = wish.expected_total != total
    else:
        changed = any(line.price_version != line.offer.price_version for line in bought)
    if changed:
        raise PriceChanged("the price is not what was shown", total=total, lines=_prices(placement, bought))


def _prices(placement: Placement, bought: Sequence[CartLine]) -> list[Mapping[str, Any]]:
    shown = {line.offer.variant_id: line.price_version for line in bought}
    return [
        {
            "variant_id": str(line.variant_id),
            "price": line.final_price,
            "changed": shown[line.variant_id] != line.price_version,
        }
        for one in placement.orders
        for line in one.lines
    ]
