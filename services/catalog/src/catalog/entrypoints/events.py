"""The events catalog hears. A batch's orders are settled together, however their topics alternate."""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from uuid import UUID

import msgspec

from catalog.adapters.postgres_imports import PostgresImports
from catalog.adapters.unit_of_work import PostgresUnit
from catalog.application.imports.ports import SettledPhoto
from catalog.application.ports import SellerCopy
from catalog.bootstrap import Catalog
from catalog.domain.events import Event, OrderRejected, OrderReserved
from catalog.domain.stock import Line, Move, Placed, Shipped, Voided
from chassis import context
from chassis.errors import Invalid
from chassis.events import Delivered, EventRouter
from chassis.postgres import Transaction
from contracts import media, orders, users

MOST_QUANTITY = 10**12
STOCK_TOPICS = frozenset(
    {
        orders.OrderPlacedV1.topic,
        orders.OrderVoidedV1.topic,
        orders.OrderShippedV1.topic,
        orders.OrderPaidV1.topic,
        orders.OrderCompletedV1.topic,
    }
)


class CatalogRouter(EventRouter):
    """Hands what moves stock to one call per batch, so that it is one set of locks and statements; the rest in runs."""

    def __init__(self, catalog: Catalog) -> None:
        super().__init__()
        self._catalog = catalog
        self.on(users.SellerChangedV1)(self._on_sellers)
        self.on(media.PhotoSettledV1)(self._on_photos)

    def topics(self) -> frozenset[str]:
        """Everything catalog listens to."""
        return super().topics() | STOCK_TOPICS

    def apply(self, events: Sequence[Delivered], tx: Transaction) -> None:
        """Settles the batch's orders in the order they came, and keeps its news of sellers."""
        # One run of each topic: what a run locks it locks in order, what two runs lock not.
        others = [event for event in events if event.topic not in STOCK_TOPICS]
        super().apply(sorted(others, key=lambda event: event.topic), tx)
        moving = [event for event in events if event.topic in STOCK_TOPICS]
        moves = [move for move in map(move_of, moving) if move is not None]
        if not moves:
            return
        causes = {_order_of(event): event.work for event in moving if isinstance(event.data, orders.OrderPlacedV1)}

        def in_context(event: Event) -> AbstractContextManager[object]:
            if isinstance(event, OrderReserved | OrderRejected):
                return context.bind(causes[event.order_id])
            return nullcontext()

        with context.bind(moving[-1].work):
            self._catalog.stock.settle(moves, PostgresUnit(tx, in_context))

    def _on_sellers(self, run: Sequence[Delivered], tx: Transaction) -> None:
        copies = [SellerCopy(_id(event.data.user_id), event.data.state, event.data.version) for event in run]
        self._catalog.sellerhood.heard(copies, PostgresUnit(tx))

    def _on_photos(self, run: Sequence[Delivered], tx: Transaction) -> None:
        news = [SettledPhoto(_id(event.data.photo_id), event.data.code) for event in run]
        self._catalog.photo_news.heard(news, PostgresImports(tx.cursor))


def move_of(event: Delivered) -> Move | None:
    """What an order's event means for stock; None for those that mean nothing. Raises Invalid, which ends its tries."""
    data = event.data
    if isinstance(data, orders.OrderPlacedV1):
        return _placed(data)
    if isinstance(data, orders.OrderVoidedV1):
        return Voided(_id(data.order_id))
    if isinstance(data, orders.OrderShippedV1):
        return Shipped(_id(data.order_id))
    return None  # paid and completed orders keep what they have


def _placed(data: orders.OrderPlacedV1) -> Placed:
    lines = tuple(Line(one.line_id, _id(one.variant_id), one.quantity, one.price_version) for one in data.lines)
    if not lines or len({line.line_id for line in lines}) != len(lines):
        raise Invalid("an order needs lines with different ids")
    if any(not 0 < line.quantity <= MOST_QUANTITY or "\0" in line.line_id for line in lines):
        raise Invalid("a line needs a quantity above nothing and a readable id")
    return Placed(_id(data.order_id), _id(data.shop_id), lines)


def _order_of(event: Delivered) -> UUID:
    return _id(event.data.order_id)


def _id(text: str) -> UUID:
    try:
        return msgspec.convert(text, UUID)  # several times as fast as UUID(text)
    except ValueError:
        raise Invalid(f"{text[:60]!r} is not an id") from None
