"""Carts."""

from dataclasses import replace

import pytest

from chassis.errors import Invalid, Missing, Unavailable
from chassis.ids import uuid7
from orders.application.carts import CartWish
from orders.application.group_commit import StorageRefused
from orders.application.ports import StorageFault
from orders.domain.errors import BelowMinimum, CartFull, NotListed, OutOfStock


def test_what_the_copy_can_sell_asks_nobody(world):
    offer = world.offer(world.shop())
    cart = world.put(offer, 3)
    assert cart["total"] == 300
    assert world.catalog.asked == []
    assert world.put(offer, 2)["shops"][0]["items"][0]["quantity"] == 2
    assert world.app.carts.delete(world.buyer, offer.variant_id) == {"shops": [], "total": 0}
    assert world.app.carts.delete(world.buyer, uuid7())["total"] == 0


@pytest.mark.parametrize("doubt", [{"listed": False}, {"available": 1}, {"available": None}, {"min_quantity": 3}])
def test_when_the_copy_would_refuse_catalog_decides(world, doubt):
    offer = world.offer(world.shop(), **doubt)
    world.catalog.known[offer.variant_id] = replace(offer, listed=True, available=5, price_version=7, min_quantity=1)
    world.put(offer, 2)
    assert world.catalog.asked == ["offers"]
    assert world.store.carts[world.buyer][offer.variant_id] == (2, 7)


@pytest.mark.parametrize(
    ("truth", "error"),
    [
        (None, Missing),
        ({"listed": False}, NotListed),
        ({"available": 1}, OutOfStock),
        ({"min_quantity": 3}, BelowMinimum),
    ],
)
def test_catalogs_no_stands(world, truth, error):
    offer = world.offer(world.shop(), listed=False)
    if truth is not None:
        world.catalog.known[offer.variant_id] = replace(offer, **{"listed": True, **truth})
    with pytest.raises(error):
        world.put(offer, 2)
    assert not world.store.carts.get(world.buyer)


def test_an_unknown_shop_is_asked_for(world):
    shop = world.shop()
    offer = world.offer(shop)
    world.store.shops.clear()
    world.catalog.known[offer.variant_id], world.catalog.open[shop.id] = offer, shop
    assert world.put(offer)["shops"][0]["shop_name"] == shop.name
    assert world.catalog.asked == ["offers", "shops"]


def test_without_catalog_a_doubt_is_not_a_no(world):
    offer = world.offer(world.shop(), available=0)
    world.catalog.away = True
    with pytest.raises(Unavailable):
        world.put(offer)


def test_a_copy_that_cannot_be_kept_refuses_only_who_needed_it(world):
    shop = world.shop()
    doubted, sure = world.offer(shop, available=0), world.offer(shop)
    world.catalog.known[doubted.variant_id] = replace(doubted, available=5)
    world.store.copy_faults = [StorageFault("deadlock detected")]
    wishes = [CartWish(uuid7(), offer.variant_id, 1) for offer in (doubted, sure)]
    refused, put = world.app.carts.put(wishes, world.catalog)
    assert isinstance(refused, StorageRefused)
    assert put["total"] == 100


@pytest.mark.parametrize("quantity", [0, -1, 1_000_001, True])
def test_quantities_have_bounds(world, quantity):
    with pytest.raises(Invalid):
        world.put(world.offer(world.shop()), quantity)


def test_a_cart_holds_a_hundred_lines_and_takes_changes_when_full(world):
    shop = world.shop()
    offers = [world.offer(shop) for _ in range(101)]
    for offer in offers[:100]:
        world.put(offer)
    with pytest.raises(CartFull):
        world.put(offers[100])
    assert world.put(offers[0], 5)["total"] == 10_400


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"listed": False}, "not_listed"),
        ({"price_version": 2}, "price_changed"),
        ({"available": 0}, "out_of_stock"),
        ({"min_quantity": 2}, "below_min_quantity"),
    ],
)
def test_a_line_says_why_it_cannot_be_bought(world, change, problem):
    offer = world.offer(world.shop())
    world.put(offer)
    world.store.offers[offer.variant_id] = replace(offer, **change)
    assert world.app.carts.get(world.buyer)["shops"][0]["items"][0]["problem"] == problem


def test_wishes_that_come_together_share_a_transaction_and_fail_alone(world):
    shop, strangers = world.shop(), [uuid7() for _ in range(3)]
    plenty, scarce = world.offer(shop), world.offer(shop, available=1)
    world.catalog.known[scarce.variant_id] = scarce
    answers = world.app.carts.put([CartWish(by, plenty.variant_id, 2) for by in strangers], world.catalog)
    assert [answer["total"] for answer in answers] == [200, 200, 200]
    assert world.store.opened == 1
    wishes = zip(strangers, (scarce.variant_id, uuid7(), plenty.variant_id), strict=True)
    sold_out, unknown, put = world.app.carts.put([CartWish(by, variant, 3) for by, variant in wishes], world.catalog)
    assert (type(sold_out), type(unknown), put["total"]) == (OutOfStock, Missing, 300)
    assert world.catalog.asked == ["offers"]


def test_one_buyers_wishes_are_done_in_order(world):
    offer = world.offer(world.shop())
    answers = world.app.carts.put([CartWish(world.buyer, offer.variant_id, many) for many in (1, 2, 3)], world.catalog)
    assert [answer["total"] for answer in answers] == [100, 200, 300]
    assert world.store.carts[world.buyer][offer.variant_id] == (3, 1)


def test_a_wish_that_the_database_refuses_does_not_harm_its_neighbours(world):
    shop, strangers = world.shop(), [uuid7() for _ in range(3)]
    offer = world.offer(shop)
    world.store.faults = [StorageFault("batch"), StorageFault("the first alone")]
    wishes = [CartWish(by, offer.variant_id, 1) for by in strangers]
    first, second, third = world.app.carts.put(wishes, world.catalog)
    assert isinstance(first, StorageRefused)
    assert (second["total"], third["total"]) == (100, 100)
