"""Making, changing and listing products."""

from uuid import UUID, uuid4

import pytest

from catalog.application.products import ChangeProduct, WantedVariant
from catalog.application.variants import ChangeVariant
from catalog.domain.errors import (
    IllegalTransition,
    InvalidAttribute,
    LastVariant,
    NotListable,
    ParentSkuTaken,
    UnknownCategory,
    VariantExists,
)
from catalog.domain.events import MetadataSubmitted, ProductChanged, StockChanged
from catalog.domain.listing import ALLOWED, State
from catalog.domain.money import Tier
from catalog.domain.options import OptionLevel
from catalog.domain.product import Product
from chassis.errors import Invalid, Missing, StaleVersion
from kernel.rights import Role, RoleRequired

COLOUR = OptionLevel("顏色", ("紅", "藍"))
SIZE = OptionLevel("尺寸", ("S", "M", "L"))


def change(world, product, by=None, **values):
    command = ChangeProduct(by=by or world.seller, product_id=UUID(product["product_id"]), **values)
    return world.app.products.change(command)


def change_variant(world, variant, **values):
    command = ChangeVariant(by=world.seller, variant_id=UUID(variant["product_variant_id"]), **values)
    return world.app.variants.change(command)


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


def test_options_without_variants_make_every_combination(make_product):
    product = make_product(options=(COLOUR, SIZE))
    assert [tuple(one["options"]) for one in product["variants"]] == [
        (colour, size) for colour in "紅藍" for size in "SML"
    ]


def test_variants_may_have_prices_of_their_own(make_product):
    product = make_product(
        options=(COLOUR,),
        variants=(
            WantedVariant(options=("紅",), sku="R"),
            WantedVariant(options=("藍",), price=900),
        ),
    )
    assert [one["final_price"] for one in product["variants"]] == [600, 900]
    assert (product["price_min"], product["price_max"]) == (600, 900)


def test_variants_without_levels_are_told_apart_by_their_description(make_product):
    variants = (WantedVariant(desc="紅 M", price=100), WantedVariant(desc="藍 M", price=200))
    assert len(make_product(variants=variants)["variants"]) == 2
    with pytest.raises(VariantExists):
        make_product(variants=(WantedVariant(desc="紅"), WantedVariant(desc="紅")))


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


def test_a_new_price_is_a_new_price_version_for_those_who_follow(world, make_product):
    product = make_product(
        options=(COLOUR,), variants=(WantedVariant(options=("紅",)), WantedVariant(options=("藍",), price=900))
    )
    after = change(world, product, price=700)
    assert [(one["price"], one["price_version"]) for one in after["variants"]] == [(700, 2), (900, 1)]
    assert change(world, after, price=700)["version"] == after["version"]
    assert [one["price_version"] for one in change(world, after, discount=0)["variants"]] == [3, 1]
    back = change(world, after, discount=80)
    assert back["variants"][0]["price_version"] == 4  # the same amount again is still another offer


def test_the_only_variant_shares_its_price_with_the_product(world, make_product):
    product = make_product()
    after = change_variant(world, product["variants"][0], price=500, discount=0)
    assert (after["price"], after["variants"][0]["price"], after["variants"][0]["price_version"]) == (500, 500, 2)
    assert change(world, after, price=450)["variants"][0]["final_price"] == 450


def test_a_variant_among_others_leaves_the_products_price(world, make_product):
    product = make_product(options=(COLOUR,))
    after = change_variant(world, product["variants"][0], price=500, discount=0)
    assert [one["price"] for one in after["variants"]] == [500, 680]
    assert [one["price"] for one in change(world, after, price=700)["variants"]] == [500, 700]


def test_variants_are_added_once_changed_and_removed(world, make_product):
    product = make_product(options=(COLOUR,))
    product_id, variant_id = UUID(product["product_id"]), uuid4()
    wanted = WantedVariant(id=variant_id, options=("綠",), sku="G", metadata={"花": "紋"})
    after = world.app.variants.add(world.seller, product_id, wanted)
    assert after["options"][0]["values"] == ["紅", "藍", "綠"]
    assert world.app.variants.add(world.seller, product_id, wanted)["version"] == after["version"]
    assert world.store.levels[variant_id].on_hand == 0
    assert world.heard(MetadataSubmitted)[-1].document == {"花": "紋"}
    with pytest.raises(VariantExists):
        world.app.variants.add(world.seller, product_id, WantedVariant(id=uuid4(), options=("綠",)))
    with pytest.raises(VariantExists):
        change_variant(world, {"product_variant_id": str(variant_id)}, options=("紅",))
    view = change_variant(world, {"product_variant_id": str(variant_id)}, sku="", desc="深綠", metadata={"n": 2})
    assert (view["variants"][2]["sku"], view["variants"][2]["desc"]) == (None, "深綠")
    assert world.heard(MetadataSubmitted)[-1].version == 2
    world.app.variants.delete(world.seller, variant_id)
    world.app.variants.delete(world.seller, variant_id)
    assert len(world.app.reading.product(world.seller, product_id)["variants"]) == 2


def test_the_last_variant_stays(world, make_product):
    [variant] = make_product()["variants"]
    with pytest.raises(LastVariant):
        world.app.variants.delete(world.seller, UUID(variant["product_variant_id"]))


def test_a_variant_id_of_another_product_names_nothing(world, make_product):
    taken = UUID(make_product()["variants"][0]["product_variant_id"])
    with pytest.raises(Missing):
        world.app.variants.add(world.seller, UUID(make_product()["product_id"]), WantedVariant(id=taken, desc="x"))


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


def test_what_is_not_yours_looks_missing(world, make_product):
    product = make_product()
    product_id, variant_id = UUID(product["product_id"]), UUID(product["variants"][0]["product_variant_id"])
    stranger = uuid4()
    for attempt in (
        lambda: world.app.reading.product(stranger, product_id),
        lambda: world.app.reading.product(None, product_id),
        lambda: change(world, product, by=stranger, name="x"),
        lambda: world.app.listing.put_on_list(stranger, product_id, world.directory),
        lambda: world.app.listing.take_off_list(stranger, product_id),
        lambda: world.app.products.delete(stranger, product_id),
        lambda: world.app.products.may_edit(stranger, product_id),
        lambda: world.app.variants.delete(stranger, variant_id),
        lambda: world.app.stock.put(stranger, variant_id, 1),
        lambda: world.app.products.may_edit(world.seller, uuid4()),
        lambda: world.app.stock.put(world.seller, uuid4(), 1),
    ):
        with pytest.raises(Missing):
            attempt()


def test_packers_count_but_do_not_edit(world, make_product):
    shop_id = world.shop()
    helper = world.hire(shop_id, Role.PACKER)
    product = make_product(shop_id)
    product_id = UUID(product["product_id"])
    for attempt in (
        lambda: change(world, product, by=helper, name="員工改的"),
        lambda: world.app.products.may_edit(helper, product_id),
        lambda: world.app.listing.put_on_list(helper, product_id, world.directory),
        lambda: world.app.products.delete(helper, product_id),
        lambda: make_product(shop_id, by=helper),
    ):
        with pytest.raises(RoleRequired):
            attempt()
    variant_id = UUID(product["variants"][0]["product_variant_id"])
    assert world.app.stock.put(helper, variant_id, 5)["quantity"] == 5
    assert world.app.products.may_edit(world.seller, product_id)["metadata_id"] == product["metadata_id"]


def test_a_stale_caller_is_told(world, make_product):
    product = make_product()
    change(world, product, name="一", expected_version=1)
    with pytest.raises(StaleVersion):
        change(world, product, name="二", expected_version=1)
    with pytest.raises(StaleVersion):
        change_variant(world, product["variants"][0], sku="x", expected_version=1)


def test_the_public_sees_what_is_listed_in_an_open_shop(world, listed, make_product):
    product = listed()
    product_id = UUID(product["product_id"])
    seen = world.app.reading.product(None, product_id)
    assert seen["variants"][0]["available"] == 10
    assert "quantity" not in seen["variants"][0]
    assert world.app.reading.product(world.seller, product_id)["variants"][0]["quantity"] == 10
    draft = make_product()
    assert set(world.app.reading.public([product_id, UUID(draft["product_id"]), uuid4()])) == {str(product_id)}
    answers = world.app.reading.each(
        [(None, product_id), (None, UUID(draft["product_id"])), (world.seller, UUID(draft["product_id"]))]
    )
    assert [answer and answer["state"] for answer in answers] == ["listed", None, "draft"]


def test_a_shops_list_shows_drafts_to_its_people_only(world, listed, make_product):
    shop_id = world.shop()
    listed(shop_id=shop_id)
    make_product(shop_id, name="草稿")
    assert len(world.app.reading.of_shop(world.seller, shop_id, None, None, 20)["items"]) == 2
    assert len(world.app.reading.of_shop(world.seller, shop_id, "draft", None, 20)["items"]) == 1
    assert len(world.app.reading.of_shop(None, shop_id, None, None, 20)["items"]) == 1
    assert world.app.reading.of_shop(None, shop_id, "draft", None, 20)["items"] == []
    with pytest.raises(Missing):
        world.app.reading.of_shop(None, uuid4(), None, None, 20)


def test_offers_tell_orders_what_it_needs(world, listed):
    product = listed()
    variant_id = product["variants"][0]["product_variant_id"]
    offer = world.app.reading.offers([UUID(variant_id), uuid4()])[variant_id]
    assert (offer["listed"], offer["available"], offer["price_version"], offer["final_price"]) == (True, 10, 1, 600)
    world.app.listing.take_off_list(world.seller, UUID(product["product_id"]))
    assert world.app.reading.offers([UUID(variant_id)])[variant_id]["listed"] is False


def test_a_product_has_its_sellers_own_number_for_its_people_only(world, make_product, listed):
    product = make_product(parent_sku=" T-1 ")
    assert product["parent_sku"] == "T-1"
    assert change(world, product, name="別的")["parent_sku"] == "T-1"
    assert change(world, product, parent_sku="T-2")["parent_sku"] == "T-2"
    assert change(world, product, parent_sku=None)["parent_sku"] is None
    shown = world.app.reading.product(None, UUID(listed(parent_sku="T-3")["product_id"]))
    assert "parent_sku" not in shown


def test_only_its_people_read_on_a_product_whose_it_is(world, listed):
    product_id = UUID(listed()["product_id"])
    assert world.app.reading.product(world.seller, product_id)["seller_id"] == str(world.seller)
    shown = [world.app.reading.product(None, product_id), *world.app.reading.public([product_id]).values()]
    assert not [one for one in shown if str(world.seller) in str(one)]


def test_a_number_is_each_once_among_the_products_a_shop_has(world, make_product):
    shop_id = world.shop()
    first = make_product(shop_id, parent_sku="T-1")
    with pytest.raises(ParentSkuTaken):
        make_product(shop_id, parent_sku="T-1")
    second = make_product(shop_id)
    with pytest.raises(ParentSkuTaken):
        change(world, second, parent_sku="T-1")
    assert make_product(world.shop(), parent_sku="T-1")["parent_sku"] == "T-1"
    assert make_product(shop_id, product_id=UUID(first["product_id"]), parent_sku="T-1") == first
    world.app.products.delete(world.seller, UUID(first["product_id"]))
    assert change(world, second, parent_sku="T-1")["parent_sku"] == "T-1"


def test_a_number_has_64_characters_at_the_most(make_product):
    with pytest.raises(Invalid) as refused:
        make_product(parent_sku="x" * 65)
    assert refused.value.fields["field"] == "parent_sku"
