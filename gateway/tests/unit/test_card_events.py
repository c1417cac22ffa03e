"""Events of the bus, by their stored samples, and what they set in motion."""

import asyncio
from collections import defaultdict
from pathlib import Path

import msgspec
import pytest
from prometheus_client import REGISTRY

import contracts
from gateway.adapters import card_events
from gateway.application.cards import CardCache
from gateway.application.checkout import CheckoutDesk, OrderSettled
from gateway.application.photos import PhotoDesk

SAMPLES = Path(__file__).parents[3] / "libs/contracts/tests/samples"


class FakeFeed:
    """Hands over what a test tells."""

    def __init__(self) -> None:
        self.alive = True
        self._handlers = defaultdict(list)
        self.bound, self.lost = [], []

    def on(self, message, handler) -> None:
        self._handlers[message.topic].append(handler)

    def on_bound(self, listener) -> None:
        self.bound.append(listener)

    def on_lost(self, listener) -> None:
        self.lost.append(listener)

    def tell(self, topic: str, **changes):
        event = contracts.decode((SAMPLES / f"{topic}.json").read_bytes())
        data = msgspec.structs.replace(contracts.data_of(event), **changes)
        assert self._handlers[topic], f"nobody listens to {topic}"
        for handler in self._handlers[topic]:
            handler(data)
        return data


class Source:
    """Shows one product as the samples have it."""

    def __init__(self, product) -> None:
        self.view = {
            **msgspec.to_builtins(product),
            "variants": [{**msgspec.to_builtins(one), "available": 5, "stock_version": 1} for one in product.variants],
        }

    async def product(self, _product_id):
        return msgspec.json.decode(msgspec.json.encode(self.view))

    async def documents(self, _ids):
        return {}


class World:
    def __init__(self) -> None:
        event = contracts.decode((SAMPLES / "catalog.product_changed.v1.json").read_bytes())
        self.product = contracts.data_of(event)
        self.feed = FakeFeed()
        self.cards = CardCache(Source(self.product), msgspec.json)
        self.checkouts = CheckoutDesk(None)
        self.photos = PhotoDesk(None, None, None, None)
        card_events.listen(self.feed, self.cards, self.checkouts, self.photos)
        for listener in self.feed.bound:
            listener()
        asyncio.run(self.cards.get(self.product.product_id))

    def shown(self):
        card = self.cards.peek(self.product.product_id)
        return card and msgspec.json.decode(card.body)


@pytest.fixture
def world() -> World:
    return World()


def test_the_cards_live_with_the_queue(world):
    assert world.cards.alive
    assert world.shown()["name"] == world.product.name
    world.feed.alive = False
    assert not world.cards.alive
    for listener in world.feed.lost:
        listener()
    assert world.shown() is None


def test_stock_is_put_on_the_card(world):
    variant = world.product.variants[0].product_variant_id
    told = world.feed.tell("catalog.stock_changed.v1", product_id=world.product.product_id, variant_id=variant)
    assert world.shown()["variants"][0]["available"] == told.available


def test_a_document_is_put_on_the_card(world):
    told = world.feed.tell(
        "media.metadata_changed.v1", product_id=world.product.product_id, metadata_id=world.product.metadata_id
    )
    assert world.shown()["metadata"] == told.document
    assert world.shown()["photos"] == msgspec.to_builtins(told.photos)


def test_a_changed_product_leaves(world):
    world.feed.tell("catalog.product_changed.v1", version=world.product.version + 1)
    assert world.shown() is None


@pytest.mark.parametrize(("state", "held"), [("open", True), ("closed", False), ("suspended", False)])
def test_only_open_shops_keep_their_cards(world, state, held):
    world.feed.tell("catalog.shop_changed.v1", shop_id=world.product.shop_id, version=99, state=state)
    assert (world.shown() is not None) is held


def test_what_becomes_of_orders_reaches_who_waits_for_their_checkout(world):
    with world.checkouts.waiters.expect("c-1") as waiter:
        confirmed = world.feed.tell("orders.order_confirmed.v1", checkout_id="c-1", pay_before="2026-11-25T12:00:00Z")
        voided = world.feed.tell("orders.order_voided.v1", checkout_id="c-1")
        world.feed.tell("orders.order_confirmed.v1", checkout_id="c-2")
    assert waiter.news == [
        OrderSettled(confirmed.order_id, confirmed.status, pay_before="2026-11-25T12:00:00Z"),
        OrderSettled(voided.order_id, "void", voided.reason, voided.by),
    ]


def test_what_becomes_of_a_photo_reaches_who_waits_for_it(world):
    with world.photos.waiters.expect("p-1") as waiter:
        told = world.feed.tell("media.photo_settled.v1", photo_id="p-1")
        world.feed.tell("media.photo_settled.v1", photo_id="p-2")
    assert waiter.news == [msgspec.to_builtins(told)]


def test_prometheus_sees_the_cards(world):
    world.shown()
    assert REGISTRY.get_sample_value("yeshi_cards") == 1
    assert REGISTRY.get_sample_value("yeshi_card_hits_total") == 1
    assert REGISTRY.get_sample_value("yeshi_card_misses_total") == 1
    assert REGISTRY.get_sample_value("yeshi_card_bytes") == world.cards.weight > 0
    assert REGISTRY.get_sample_value("yeshi_cards_alive") == 1
