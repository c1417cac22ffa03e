"""Option levels change; variants that can stay keep their ids and their stock."""

from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.application.products import WantedVariant
from catalog.domain.events import MetadataSubmitted, StockChanged
from catalog.domain.options import OptionLevel, WantedLevel, combinations, reshaped
from chassis.errors import Invalid

COLOUR = OptionLevel("顏色", ("紅", "藍"))
SIZE = OptionLevel("尺寸", ("S", "M"))


def ids(view):
    return {tuple(one["options"]): one["product_variant_id"] for one in view["variants"]}


def put(world, product, *levels, **values):
    return world.app.variants.put_options(world.seller, UUID(product["product_id"]), levels, **values)


def test_a_renamed_level_and_value_keep_their_variants(world, make_product):
    product = make_product(options=(COLOUR,))
    world.app.stock.put(world.seller, UUID(product["variants"][0]["product_variant_id"]), 7)
    wanted = WantedLevel("色", ("紅色", "藍"), was="顏色", renamed={"紅": "紅色"})
    after = put(world, product, wanted)
    assert ids(after) == {("紅色",): ids(product)[("紅",)], ("藍",): ids(product)[("藍",)]}
    assert after["options"] == [{"name": "色", "values": ["紅色", "藍"]}]
    assert after["variants"][0]["quantity"] == 7
    assert put(world, product, wanted)["version"] == after["version"]  # the same again changes nothing


def test_values_come_go_and_change_places(world, make_product):
    product = make_product(options=(COLOUR, SIZE))
    after = put(world, product, WantedLevel("顏色", ("綠", "藍")), WantedLevel("尺寸", ("M", "S", "L")))
    assert [tuple(one["options"]) for one in after["variants"]] == combinations(
        [OptionLevel("顏色", ("綠", "藍")), OptionLevel("尺寸", ("M", "S", "L"))]
    )
    before = ids(product)
    assert {choice: one for choice, one in ids(after).items() if choice in before} == {
        choice: before[choice] for choice in (("藍", "S"), ("藍", "M"))
    }
    new = set(ids(after).values()) - set(before.values())
    assert {str(event.variant_id) for event in world.heard(StockChanged)} >= new
    assert all(world.store.levels[UUID(one)].on_hand == 0 for one in new)


def test_a_level_more_and_a_level_less_keep_the_first(world, make_product):
    product = make_product()
    one = put(world, product, WantedLevel("顏色", ("紅", "藍")))
    assert ids(one)[("紅",)] == ids(product)[()]
    two = put(world, product, WantedLevel("顏色", ("紅", "藍")), WantedLevel("尺寸", ("S", "M")))
    assert ids(two)[("紅", "S")] == ids(product)[()]
    assert ids(two)[("藍", "S")] == ids(one)[("藍",)]
    swapped = put(world, product, WantedLevel("尺寸", ("S", "M")), WantedLevel("顏色", ("紅", "藍")))
    assert {tuple(reversed(choice)): one for choice, one in ids(swapped).items()} == ids(two)
    back = put(world, product, WantedLevel("顏色", ("紅", "藍")))
    assert ids(back) == ids(one)
    assert ids(put(world, product)) == ids(product)


def test_a_combination_that_was_deleted_stays_deleted(world, make_product):
    product = make_product(options=(COLOUR, SIZE))
    world.app.variants.delete(world.seller, UUID(ids(product)[("紅", "M")]))
    after = put(world, product, WantedLevel("顏色", ("紅", "藍", "綠")), WantedLevel("尺寸", ("S", "M")))
    assert set(ids(after)) == {("紅", "S"), ("藍", "S"), ("藍", "M"), ("綠", "S"), ("綠", "M")}


def test_when_nothing_can_stay_there_is_still_a_variant(world, make_product):
    product = make_product(options=(COLOUR,))
    after = put(world, product, WantedLevel("材質", ("棉", "麻"), was="顏色"))
    assert set(ids(after)) == {("棉",), ("麻",)}
    assert not set(ids(after).values()) & set(ids(product).values())


def test_documents_of_variants_that_go_are_withdrawn(world, make_product):
    variants = (WantedVariant(options=("紅",), metadata={"a": 1}), WantedVariant(options=("藍",)))
    product = make_product(options=(COLOUR,), variants=variants)
    put(world, product, WantedLevel("顏色", ("藍",)))
    [gone] = [event for event in world.heard(MetadataSubmitted) if event.withdrawn]
    assert str(gone.variant_id) == ids(product)[("紅",)]


@pytest.mark.parametrize(
    "levels",
    [
        (WantedLevel("a", ("1",)), WantedLevel("b", ("1",)), WantedLevel("c", ("1",))),
        (WantedLevel("顏色", ()),),
        (WantedLevel("顏色", ("紅", "紅")),),
        (WantedLevel("顏色", ("紅",)), WantedLevel("顏色", ("藍",))),
        (WantedLevel("色", ("紅",), was="材質"),),
        (WantedLevel("色", ("紅",), was="顏色"), WantedLevel("顏色", ("紅",))),
        (WantedLevel("顏色", ("紅", "藍"), renamed={"紅": "藍"}),),
        (WantedLevel("顏色", ("藍", "紅"), renamed={"紅": "藍", "藍": "紅"}),),
        (WantedLevel("顏色", tuple(map(str, range(51)))),),
        (WantedLevel("顏色", tuple(map(str, range(50)))), WantedLevel("尺寸", ("1", "2", "3"))),
    ],
)
def test_levels_that_do_not_fit_are_refused(world, make_product, levels):
    product = make_product(options=(COLOUR,))
    with pytest.raises(Invalid):
        put(world, product, *levels)
    assert ids(world.app.reading.product(world.seller, UUID(product["product_id"]))) == ids(product)


def test_variants_told_apart_by_words_get_no_options(world, make_product):
    product = make_product(variants=(WantedVariant(desc="大"), WantedVariant(desc="小")))
    with pytest.raises(Invalid):
        put(world, product, WantedLevel("尺寸", ("大", "小")))
    assert put(world, product)["version"] == product["version"]


names = st.lists(st.sampled_from("ABCDE"), min_size=1, max_size=4, unique=True).map(tuple)
shapes = st.lists(names, max_size=2).map(lambda found: [OptionLevel(f"L{at}", one) for at, one in enumerate(found)])


@given(before=shapes, after=shapes, missing=st.sets(st.integers(0, 15), max_size=6))
def test_whatever_becomes_of_the_levels_everybody_fits_and_nobody_twice(before, after, missing):
    variants = [(uuid4(), choice) for at, choice in enumerate(combinations(before)) if at not in missing]
    plan = reshaped(before, variants, [WantedLevel(level.name, level.values) for level in after])
    there = [*plan.stay.values(), *plan.made]
    assert there
    assert len(set(there)) == len(there)
    assert set(there) <= set(combinations(after))
    assert set(plan.stay) | set(plan.go) == {variant_id for variant_id, _ in variants}
    if before == after and variants:
        assert (plan.stay, plan.go, plan.made) == (dict(variants), (), ())
