"""Variants of a product: options, prices of their own, coming and going."""

from uuid import UUID, uuid4

import pytest

from catalog.application.products import WantedVariant
from catalog.domain.errors import (
    LastVariant,
    VariantExists,
)
from catalog.domain.events import MetadataSubmitted
from chassis.errors import Missing
from services.catalog.tests.memory.hands import COLOUR, SIZE, change, change_variant


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
