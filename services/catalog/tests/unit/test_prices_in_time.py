"""Discounts that hold for a while: prices change at their boundaries by themselves, and everybody hears of it."""

from datetime import timedelta
from uuid import UUID

import pytest

from catalog.application.products import ChangeProduct, WantedVariant
from catalog.application.variants import ChangeVariant
from catalog.domain.events import ProductChanged
from catalog.domain.money import Discount, Pricing, Tier
from catalog.domain.options import OptionLevel
from chassis.errors import Invalid

COLOUR = OptionLevel("顏色", ("紅", "藍"))


def prices(view):
    return [(one["final_price"], one["price_version"]) for one in view["variants"]]


def seen(world, product):
    return world.app.reading.product(world.seller, UUID(product["product_id"]))


def change(world, product, **values):
    command = ChangeProduct(by=world.seller, product_id=UUID(product["product_id"]), **values)
    return world.app.products.change(command)


def in_hours(world, hours):
    return world.now + timedelta(hours=hours)


@pytest.mark.parametrize(
    ("amount", "percent", "off"), [(680, 10, 68), (99, 10, 9), (1, 99, 0), (1000, 33, 330), (0, 50, 0)]
)
def test_a_percentage_rounds_the_discount_down(amount, percent, off):
    assert Pricing(amount, Discount("percent", percent)).lowest == amount - off


@pytest.mark.parametrize(
    "discount",
    [("amount", 681), ("amount", -1), ("percent", 100), ("percent", -1), ("percent", True), ("amount", 1.5)],
)
def test_a_discount_beyond_the_price_is_refused(make_product, discount):
    with pytest.raises(Invalid):
        make_product(price=680, discount=Discount(*discount))


def test_a_period_ends_after_it_starts_and_not_in_the_past(world, make_product):
    with pytest.raises(Invalid):
        Discount("amount", 1, in_hours(world, 2), in_hours(world, 2))
    with pytest.raises(Invalid):
        make_product(discount=Discount("amount", 1, ends_at=world.now))
    product = make_product(discount=0)
    with pytest.raises(Invalid):
        change(world, product, discount=Discount("amount", 1, ends_at=world.now))


def test_the_price_changes_at_both_boundaries_and_everybody_hears(world, make_product):
    product = make_product(price=1000, discount=Discount("percent", 15, in_hours(world, 1), in_hours(world, 3)))
    assert prices(product) == [(1000, 1)]
    assert product["discount_rule"]["value"] == 15
    world.wait(minutes=59)
    assert prices(seen(world, product)) == [(1000, 1)]
    world.wait(minutes=2)
    assert prices(seen(world, product)) == [(850, 2)]
    world.wait(hours=2)
    assert prices(seen(world, product)) == [(1000, 3)]
    heard = [event.product for event in world.heard(ProductChanged)]
    assert [(one.version, one.price.final) for one in heard] == [(1, 1000), (2, 850), (3, 1000)]
    assert world.store.products[UUID(product["product_id"])].next_at is None


def test_an_edit_after_a_boundary_finds_the_price_that_holds(world, make_product):
    product = make_product(price=1000, discount=Discount("amount", 100, in_hours(world, 1)))
    world.now += timedelta(hours=2)  # nobody has looked since
    changed = change(world, product, name="改名")
    assert (prices(changed), changed["final_price"]) == ([(900, 2)], 900)


def test_time_that_changes_no_price_is_no_news(world, make_product):
    product = make_product(price=5, discount=Discount("percent", 10, in_hours(world, 1)))  # a tenth of 5 is nothing
    world.wait(hours=2)
    world.wait(hours=1)
    assert prices(seen(world, product)) == [(5, 1)]
    assert len(world.heard(ProductChanged)) == 1


def test_a_variants_own_discount_has_its_own_time(world, make_product):
    product = make_product(
        price=1000,
        discount=0,
        options=(COLOUR,),
        variants=(
            WantedVariant(options=("紅",)),
            WantedVariant(options=("藍",), price=800, discount=Discount("amount", 50, ends_at=in_hours(world, 1))),
        ),
    )
    assert prices(product) == [(1000, 1), (750, 1)]
    world.wait(hours=2)
    assert prices(seen(world, product)) == [(1000, 1), (800, 2)]


def test_deleted_products_and_variants_are_left_alone_by_time(world, make_product):
    soon = Discount("amount", 1, in_hours(world, 1))
    gone = make_product(discount=soon)
    world.app.products.delete(world.seller, UUID(gone["product_id"]))
    half = make_product(options=(COLOUR,), discount=0)
    variant_id = UUID(half["variants"][0]["product_variant_id"])
    world.app.variants.change(ChangeVariant(by=world.seller, variant_id=variant_id, price=9, discount=soon))
    world.app.variants.delete(world.seller, variant_id)
    before = len(world.heard(ProductChanged))
    world.wait(hours=2)
    assert len(world.heard(ProductChanged)) == before


def test_other_tiers_are_another_offer(world, make_product):
    product = make_product(options=(COLOUR,))
    changed = change(world, product, terms={"tiers": (Tier(3, 10),)})
    assert [version for _, version in prices(changed)] == [2, 2]
    assert change(world, product, terms={"tiers": (Tier(3, 10),)})["version"] == changed["version"]


def test_a_discount_that_would_make_it_free_later_cannot_be_listed(world, make_product):
    from catalog.domain.errors import NotListable

    product = make_product(price=100, discount=Discount("amount", 100, in_hours(world, 1)))
    with pytest.raises(NotListable):
        world.app.listing.put_on_list(world.seller, UUID(product["product_id"]), world.directory)
