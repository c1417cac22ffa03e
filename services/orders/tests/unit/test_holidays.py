"""A shop on holiday: what it sells stays to be seen, and cannot be bought."""

from dataclasses import replace
from datetime import date

import pytest

from orders.domain.errors import ShopOnHoliday
from orders.domain.offer import Holiday


@pytest.fixture
def resting(world):
    """A shop that went on holiday until tomorrow (in Taiwan) while something of it lay in the cart."""
    shop = world.shop()
    offer = world.offer(shop)
    world.put(offer)
    shop = replace(shop, holiday=Holiday(date(2026, 12, 2)))
    world.store.shops[shop.id] = world.catalog.open[shop.id] = shop
    world.catalog.known[offer.variant_id] = offer
    return shop, offer


def take(world, shop):
    return world.app.checkouts.take([world.wish(shop)], world.catalog)[0]


def test_nothing_can_be_put_into_a_cart_or_bought(world, resting):
    shop, offer = resting
    with pytest.raises(ShopOnHoliday) as refused:
        world.put(offer, 2)
    assert refused.value.fields == {"shop_id": str(shop.id), "until": "2026-12-02"}
    answer = take(world, shop)
    assert (answer.code, answer.fields["until"]) == ("shop_on_holiday", "2026-12-02")


def test_the_cart_says_why(world, resting):
    [line] = world.app.carts.get(world.buyer)["shops"][0]["items"]
    assert (line["quantity"], line["problem"]) == (1, "shop_on_holiday")


def test_a_holiday_ends_by_itself_at_midnight_in_taiwan(world, resting):
    shop, offer = resting
    world.later(hours=27, minutes=59)
    assert take(world, shop).code == "shop_on_holiday"
    world.later(minutes=1)
    assert world.app.carts.get(world.buyer)["shops"][0]["items"][0]["problem"] is None
    world.put(offer, 2)
    assert len(take(world, shop)["orders"]) == 1


def test_without_a_last_day_it_goes_on(world, resting):
    shop, _ = resting
    world.store.shops[shop.id] = world.catalog.open[shop.id] = replace(shop, holiday=Holiday())
    world.later(days=400)
    assert take(world, shop).code == "shop_on_holiday"


@pytest.mark.parametrize("through", ["cart", "checkout"])
def test_a_copy_that_has_not_heard_of_the_end_refuses_nothing(world, resting, through):
    shop, offer = resting
    world.catalog.open[shop.id] = replace(shop, version=2, holiday=None)
    if through == "cart":
        assert world.put(offer, 2)["total"] == 200
    assert len(take(world, shop)["orders"]) == 1


def test_without_catalog_the_copy_counts(world, resting):
    shop, _ = resting
    world.catalog.away = True
    assert take(world, shop).code == "shop_on_holiday"
