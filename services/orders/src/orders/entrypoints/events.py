"""The events orders hears. A batch's stock answers are settled together, however their topics alternate."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import date
from typing import Any
from uuid import UUID

from chassis import context
from chassis.errors import Invalid
from chassis.events import Delivered, EventRouter
from chassis.postgres import Transaction
from contracts import catalog, media
from kernel.rights import role_of
from orders.adapters.unit_of_work import PostgresUnit
from orders.application import projections
from orders.application.settling import Settling, StockAnswer
from orders.domain.events import Event
from orders.domain.money import ShippingOption, Tier
from orders.domain.offer import CoverPhoto, Holiday, Offer, ProductCopy, Shop, StockHint
from orders.domain.order import VoidReason

ANSWERS = frozenset({catalog.StockReservedV1.topic, catalog.StockRejectedV1.topic})
COPIES = frozenset(
    {
        catalog.ProductChangedV1.topic,
        catalog.StockChangedV1.topic,
        catalog.ShopChangedV1.topic,
        media.MetadataChangedV1.topic,
    }
)


class OrdersRouter(EventRouter):
    """Hands all answers of a batch to one call and all copies to another, so that each kind is one statement."""

    def __init__(self, settling: Settling) -> None:
        super().__init__()
        self._settling = settling

    def topics(self) -> frozenset[str]:
        """Everything orders listens to."""
        return ANSWERS | COPIES

    def apply(self, events: Sequence[Delivered], tx: Transaction) -> None:
        """Keeps the batch's news, which are versioned, and settles its answers in the order they came."""
        news = [heard_of(event.data) for event in events if event.topic in COPIES]
        if news:
            projections.keep(news, PostgresUnit(tx))
        answering = [event for event in events if event.topic in ANSWERS]
        answers = [answer for answer in map(answer_of, answering) if answer is not None]
        if not answers:
            return
        causes = {UUID(event.data.order_id): event.work for event in answering}

        def in_context(event: Event) -> AbstractContextManager[object]:
            return context.bind(causes[event.order.id])

        self._settling.settle(answers, PostgresUnit(tx, in_context))


def answer_of(event: Delivered) -> StockAnswer | None:
    """Catalog's answer to an order; None when it only repeats that the order is void. Raises Invalid."""
    data = event.data
    if isinstance(data, catalog.StockReservedV1):
        return StockAnswer(_id(data.order_id))
    if data.reason == "order_void":
        return None
    return StockAnswer(_id(data.order_id), VoidReason(data.reason))


def heard_of(data: Any) -> projections.Heard:
    """The copy that an event's state makes. Raises Invalid, which ends its tries."""
    if isinstance(data, catalog.ProductChangedV1):
        return _product(data)
    if isinstance(data, catalog.StockChangedV1):
        return StockHint(_id(data.variant_id), data.version, data.available)
    if isinstance(data, catalog.ShopChangedV1):
        return _shop(data)
    own = data.variant_id is None  # a variant's picture is not the product's cover
    url = data.photos[0].url if own and data.photos else None
    return CoverPhoto(_id(data.product_id), _id(data.metadata_id), data.version, url)


def _product(data: catalog.ProductChangedV1) -> ProductCopy:
    tiers = tuple(Tier(tier.from_quantity, tier.percent_off) for tier in data.tiers)
    offers = tuple(
        Offer(
            variant_id=_id(one.product_variant_id),
            product_id=_id(data.product_id),
            product_version=data.version,
            shop_id=_id(data.shop_id),
            seller_id=_id(data.seller_id),
            name=data.name,
            options=tuple(one.options),
            price=one.price,
            discount=one.discount,
            price_version=one.price_version,
            listed=data.state == "listed",
            tiers=tiers,
            refund_rule=data.refund_rules,
            min_quantity=data.min_quantity,
            methods=None if data.shipping_methods is None else tuple(data.shipping_methods),
        )
        for one in data.variants
    )
    return ProductCopy(_id(data.product_id), data.version, offers)


def _shop(data: catalog.ShopChangedV1) -> Shop:
    return Shop(
        id=_id(data.shop_id),
        version=data.version,
        owner_id=_id(data.owner_id),
        name=data.name,
        state=data.state,
        shipping=tuple(ShippingOption(one.method, one.fee, one.free_from) for one in data.shipping),
        holiday=_holiday(data.holiday),
        staff={_id(one.user_id): role_of(one.role) for one in data.staff},
    )


def _holiday(holiday: catalog.Holiday | None) -> Holiday | None:
    if holiday is None:
        return None
    try:
        return Holiday(date.fromisoformat(holiday.until) if holiday.until else None)
    except ValueError:
        raise Invalid(f"{holiday.until!r} is not a day") from None


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Invalid(f"{text[:60]!r} is not an id") from None
