"""From the event queue to what lives by it: cards, waiting checkouts, waiting uploads."""

from collections.abc import Callable
from typing import Any, Protocol

import contracts
from contracts import catalog, media, orders
from gateway.adapters.card_measures import measures
from gateway.adapters.card_source import document_of
from gateway.application.cards import CardCache
from gateway.application.checkout import CheckoutDesk, OrderSettled
from gateway.application.photos import PhotoDesk


class Feed(Protocol):
    """The process's own event queue."""

    @property
    def alive(self) -> bool:
        """Whether events arrive."""

    def on(self, message: type[contracts.Message], handler: Callable[[Any], None]) -> None:
        """Hands over each event of this topic."""

    def on_bound(self, listener: Callable[[], None]) -> None:
        """Called when nothing is missed from then on."""

    def on_lost(self, listener: Callable[[], None]) -> None:
        """Called when events may be missed from then on."""


def listen(feed: Feed, cards: CardCache, checkouts: CheckoutDesk, photos: PhotoDesk) -> None:
    """Subscribes all three. Call it before the feed starts."""
    measures.watch(cards)
    cards.pulse = lambda: feed.alive
    feed.on_bound(cards.bound)
    feed.on_lost(cards.lost)
    feed.on(catalog.ProductChangedV1, lambda event: cards.product_changed(event.product_id, event.version))
    feed.on(catalog.StockChangedV1, lambda event: _stock(cards, event))
    feed.on(catalog.ShopChangedV1, lambda event: _shop(cards, event))
    feed.on(media.MetadataChangedV1, lambda event: cards.metadata_changed(document_of(event)))
    feed.on(media.PhotoSettledV1, lambda event: _photo(photos, event))
    feed.on(orders.OrderConfirmedV1, lambda event: _confirmed(checkouts, event))
    feed.on(orders.OrderVoidedV1, lambda event: _voided(checkouts, event))


def _stock(cards: CardCache, event: catalog.StockChangedV1) -> None:
    cards.stock_changed(event.product_id, event.variant_id, event.version, event.available)


def _shop(cards: CardCache, event: catalog.ShopChangedV1) -> None:
    cards.shop_changed(event.shop_id, event.version, event.state == "open")


def _photo(photos: PhotoDesk, event: media.PhotoSettledV1) -> None:
    status = {
        "photo_id": event.photo_id,
        "product_id": event.product_id,
        "state": event.state,
        "url": event.url,
        "width": event.width,
        "height": event.height,
        "code": event.code,
    }
    photos.settled(event.photo_id, status)


def _confirmed(checkouts: CheckoutDesk, event: orders.OrderConfirmedV1) -> None:
    checkouts.settled(event.checkout_id, OrderSettled(event.order_id, event.status, pay_before=event.pay_before))


def _voided(checkouts: CheckoutDesk, event: orders.OrderVoidedV1) -> None:
    checkouts.settled(event.checkout_id, OrderSettled(event.order_id, "void", event.reason, event.by))
