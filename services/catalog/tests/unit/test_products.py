"""Making, changing and listing products."""

from uuid import UUID, uuid4

import pytest

from catalog.application.products import WantedVariant
from catalog.domain.errors import (
    IllegalTransition,
    InvalidAttribute,
    NotListable,
    UnknownCategory,
)
from catalog.domain.events import MetadataSubmitted, ProductChanged, StockChanged
from catalog.domain.listing import ALLOWED, State
from catalog.domain.money import Tier
from catalog.domain.options import OptionLevel
from catalog.domain.product import Product
from chassis.errors import Invalid, Missing
from services.catalog.tests.memory.hands import COLOUR, SIZE, change


def test_a_product_comes_with_its_default_variant(world, make_product):
    product = make_product()
    assert product["state"] == "draft"
    [variant] = product["variants"]
    assert (variant["price"], variant["discount"], variant["final_price"]) == (680, 80, 600)
    assert (variant["price_version"], variant["quantity"], variant["available"]) == (1, 0, 0)
    assert product["category_path"] == [
        {"category_id": "food", "name": "美食"},
        {"category_id": "snacks", "name": "零食"},
    ]
    assert len(world.heard(ProductChanged)) == len(world.heard(StockChanged)) == 1
    [submitted] = world.heard(MetadataSubmitted)
    assert (str(submitted.metadata_id), submitted.version) == (product["metadata_id"], 1)


def test_the_same_product_made_twice_is_one(world, make_product):
    shop_id, product_id = world.shop(), uuid4()
    first = make_product(shop_id, product_id=product_id)
    assert make_product(shop_id, product_id=product_id, name="另一個") == first
    assert len(world.heard(ProductChanged)) == 1
    with pytest.raises(Missing):
        make_product(world.shop(), product_id=product_id)


@pytest.mark.parametrize(
    "values",
    [
        {"name": ""},
        {"name": "x" * 121},
        {"name": "a\u0007b"},
        {"price": -1},
        {"price": 10_000_001},
        {"price": True},
        {"discount": 681},
        {"discount": -1},
        {"days_to_ship": 0},
        {"days_to_ship": 31},
        {"metadata": {"x": "\0"}},
        {"metadata": {"x": "\ud800"}},
        {"metadata": {"x": float("nan")}},
        {"refund_rules": {"x": "y" * 5000}},
        {"refund_rules": {"a": {"b": {"c": {"d": {"e": 1}}}}}},
        {"tiers": (Tier(1, 10),)},
        {"tiers": (Tier(3, 10), Tier(3, 20))},
        {"tiers": (Tier(3, 10), Tier(5, 10))},
        {"tiers": (Tier(3, 91),)},
        {"options": (COLOUR, SIZE, OptionLevel("材質", ("棉",)))},
        {"options": (OptionLevel("顏色", ("紅", "紅")),)},
        {"options": (OptionLevel("顏色", ()),)},
        {"options": (COLOUR, OptionLevel("顏色", ("S",)))},
        {"options": (COLOUR,), "variants": (WantedVariant(options=("綠",)),)},
        {"options": (COLOUR,), "variants": (WantedVariant(options=()),)},
        {"variants": (WantedVariant(options=("紅",)),)},
        {"variants": (WantedVariant(id=UUID(int=7), desc="一"), WantedVariant(id=UUID(int=7), desc="二"))},
        {"variants": tuple(WantedVariant(desc=str(n)) for n in range(101))},
        {"options": (OptionLevel("a", tuple(map(str, range(50)))), OptionLevel("b", ("x", "y", "z")))},
    ],
)
def test_what_does_not_fit_is_refused_and_nothing_is_made(world, make_product, values):
    with pytest.raises(Invalid):
        make_product(**values)
    assert world.store.products == {}
    assert world.heard(ProductChanged) == []


def test_metadata_is_kept_as_it_is(world, make_product):
    document = {"__type__": "datetime", "__value__": "x", "$set": 1, "a.b": [None, True, 1.5]}
    make_product(metadata=document)
    assert world.heard(MetadataSubmitted)[0].document == document


@pytest.mark.parametrize("category", ["food", "nothing", ""])
def test_a_product_lives_in_a_leaf(make_product, category):
    with pytest.raises(UnknownCategory):
        make_product(category=category)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("origin", 5),
        ("origin", ""),
        ("weight", "150"),
        ("weight", True),
        ("weight", 1.5),
        ("roast", "焦"),
        ("picked_on", "2026-02-30"),
        ("picked_on", "yesterday"),
        ("organic", "yes"),
        ("acidity", "5"),
        ("colour", "紅"),
    ],
)
def test_attributes_are_typed(make_product, name, value):
    with pytest.raises(InvalidAttribute):
        make_product(category="tea", attributes={name: value})


def test_listing_needs_the_categorys_attributes_and_a_price(world, make_product):
    product = make_product(category="tea", price=0, discount=0)
    with pytest.raises(NotListable) as refused:
        world.app.listing.put_on_list(world.seller, UUID(product["product_id"]), world.directory)
    problems = refused.value.fields["problems"]
    assert problems["missing_attributes"] == ["origin"]
    assert problems["without_price"] == [product["variants"][0]["product_variant_id"]]
    good = {
        "origin": "南投鹿谷",
        "weight": 150,
        "roast": "中",
        "picked_on": "2026-04-01",
        "organic": True,
        "acidity": 5,
    }
    change(world, product, attributes=good, price=680)
    view = world.app.listing.put_on_list(world.seller, UUID(product["product_id"]), world.directory)
    assert view["state"] == "listed"
    assert view["listed_at"]


def test_a_listed_product_stays_complete(world, listed):
    product = listed(category="tea", attributes={"origin": "南投"})
    for values in ({"price": 80}, {"attributes": {}}):
        with pytest.raises(NotListable):
            change(world, product, **values)
    assert change(world, product, category="snacks", desc="改")["attributes"] == {}


def test_a_product_in_a_closed_shop_cannot_be_listed(world, make_product):
    from catalog.application.shops import ChangeShop

    shop_id = world.shop()
    product = make_product(shop_id)
    world.app.shops.change(ChangeShop(by=world.seller, shop_id=shop_id, state="closed"))
    with pytest.raises(NotListable):
        world.app.listing.put_on_list(world.seller, UUID(product["product_id"]), world.directory)


def test_unlisting_and_deleting_are_target_states(world, listed):
    product = listed()
    product_id = UUID(product["product_id"])
    assert world.app.listing.put_on_list(world.seller, product_id, world.directory)["version"] == product["version"]
    first = world.app.listing.take_off_list(world.seller, product_id)
    assert world.app.listing.take_off_list(world.seller, product_id) == first
    world.app.products.delete(world.seller, product_id)
    world.app.products.delete(world.seller, product_id)
    for attempt in (
        lambda: world.app.reading.product(world.seller, product_id),
        lambda: change(world, product, name="x"),
        lambda: world.app.listing.put_on_list(world.seller, product_id, world.directory),
    ):
        with pytest.raises(Missing):
            attempt()
    assert [event.product.state for event in world.heard(ProductChanged)] == ["draft", "listed", "unlisted", "deleted"]


@pytest.mark.parametrize("state", [state for state in State if State.LISTED not in ALLOWED[state]])
def test_only_the_table_allows_a_move(world, make_product, state):
    product: Product = world.store.products[UUID(make_product()["product_id"])]
    product.state = state
    if state is State.LISTED:
        product.list_publicly(None, world.now)  # already there: nothing is asked
        return
    with pytest.raises(IllegalTransition):
        product.list_publicly(None, world.now)
