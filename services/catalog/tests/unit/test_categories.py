"""Operators edit the tree; products stay as they are."""

from uuid import UUID

import pytest

from catalog.application.categories import AddCategory, ChangeCategory
from catalog.application.products import ChangeProduct
from catalog.domain.category import Attribute
from catalog.domain.errors import CategoryExists, CategoryInUse, NotListable, UnknownCategory
from catalog.domain.events import CategoriesChanged, ProductChanged
from chassis.errors import Invalid, Missing, StaleVersion


def add(world, category_id="oolong", name="烏龍茶", **values):
    return world.app.categories.add(AddCategory(category_id, name, "Oolong", **values))


def change(world, category_id, **values):
    return world.app.categories.change(ChangeCategory(category_id, **values))


def named(view):
    """Every category of a view by id."""
    found, waiting = {}, list(view["items"])
    while waiting:
        one = waiting.pop()
        found[one["category_id"]] = one
        waiting += one["children"]
    return found


def text(attribute_id, **values):
    return Attribute(
        attribute_id, attribute_id, attribute_id, values.pop("type", "text"), values.pop("required", False), **values
    )


def test_a_category_is_added_once_and_products_can_be_put_there(world, make_product):
    tree = add(world, parent_id="food")
    assert tree["version"] == 2
    assert named(tree)["oolong"]["name"] == "烏龍茶"
    assert add(world, parent_id="food")["version"] == 2
    assert [event.version for event in world.heard(CategoriesChanged)] == [2]
    assert make_product(category="oolong")["category_path"][-1]["name"] == "烏龍茶"
    with pytest.raises(CategoryExists):
        add(world, name="別的")


def test_a_category_with_products_stays_a_leaf(world, make_product):
    make_product(category="snacks")
    with pytest.raises(CategoryInUse):
        add(world, parent_id="snacks")
    with pytest.raises(CategoryInUse):
        change(world, "others", parent_id="snacks")


def test_categories_are_renamed_and_moved(world, make_product):
    product = make_product(category="snacks")
    tree = change(world, "snacks", name="點心", parent_id=None, position=7)
    assert [(one["category_id"], one["name"], one["position"]) for one in tree["items"]][-1] == ("snacks", "點心", 7)
    seen = world.app.reading.product(world.seller, UUID(product["product_id"]))
    assert [one["name"] for one in seen["category_path"]] == ["點心"]
    for parent in ("tea", "snacks"):
        add(world, f"below-{parent}", parent_id="food")
        with pytest.raises(Invalid):
            change(world, "food", parent_id=f"below-{parent}")
    with pytest.raises(UnknownCategory):
        change(world, "snacks", parent_id="nothing")
    with pytest.raises(Missing):
        change(world, "nothing", name="x")


def test_the_tree_has_five_levels(world):
    parent = "food"
    for level in range(3):
        add(world, f"level-{level}", parent_id=parent)
        parent = f"level-{level}"
    add(world, "leaf", parent_id=parent)
    with pytest.raises(Invalid):
        add(world, "too-deep", parent_id="leaf")
    with pytest.raises(Invalid):
        change(world, "food", parent_id="others")


def test_a_retired_leaf_keeps_its_products_and_takes_no_new_ones(world, make_product, listed):
    product = listed(category="snacks")
    product_id = UUID(product["product_id"])
    assert named(change(world, "snacks", retired=True))["snacks"]["retired"] is True
    assert "snacks" not in named(world.app.reading.categories())
    with pytest.raises(UnknownCategory):
        make_product(category="snacks")
    other = make_product(category="others")
    with pytest.raises(UnknownCategory):
        world.app.products.change(
            ChangeProduct(by=world.seller, product_id=UUID(other["product_id"]), category="snacks")
        )
    changed = ChangeProduct(by=world.seller, product_id=product_id, category="snacks", attributes={}, name="還在")
    assert world.app.products.change(changed)["state"] == "listed"
    world.app.listing.take_off_list(world.seller, product_id)
    assert world.app.listing.put_on_list(world.seller, product_id, world.directory)["state"] == "listed"
    with pytest.raises(Invalid):
        add(world, parent_id="snacks")


def test_what_stands_below_a_retired_category_takes_no_new_products(world, make_product):
    change(world, "food", retired=True)
    with pytest.raises(UnknownCategory):
        make_product(category="snacks")
    assert {"food", "tea", "snacks"}.isdisjoint(named(world.app.reading.categories()))
    change(world, "food", retired=False)
    assert make_product(category="snacks")["category"] == "snacks"


def test_a_category_whose_children_are_all_retired_is_not_shown_as_a_leaf(world):
    for child in ("tea", "snacks"):
        change(world, child, retired=True)
    assert set(named(world.app.reading.categories())) == {"others"}


def test_an_attribute_required_later_unlists_nothing_and_blocks_the_next_listing(world, listed):
    product = listed(category="snacks")
    product_id = UUID(product["product_id"])
    before = len(world.heard(ProductChanged))
    world.app.categories.put_attributes("snacks", [text("ingredients", required=True), text("brand", required=True)])
    assert len(world.heard(ProductChanged)) == before
    change_name = ChangeProduct(by=world.seller, product_id=product_id, name="新名字")
    assert world.app.products.change(change_name)["state"] == "listed"
    world.app.listing.take_off_list(world.seller, product_id)
    with pytest.raises(NotListable) as refused:
        world.app.listing.put_on_list(world.seller, product_id, world.directory)
    assert refused.value.fields["problems"] == {"missing_attributes": ["ingredients", "brand"]}


@pytest.mark.parametrize(
    "attributes",
    [
        [text("Brand")],
        [text("1st")],
        [text("x" * 41)],
        [text("brand"), text("brand")],
        [text("brand", type="colour")],
        [text("brand", choices=("a",))],
        [text("size", type="choice")],
        [text("size", type="choice", choices=("a", "a"))],
        [text("size", type="choice", choices=("",))],
        [text("brand", unit="g")],
        [text("weight", type="number", unit="x" * 21)],
        [Attribute("brand", "", "Brand", "text", required=False)],
        [text(f"a{number}") for number in range(41)],
    ],
)
def test_attributes_that_do_not_fit_are_refused(world, attributes):
    with pytest.raises(Invalid):
        world.app.categories.put_attributes("snacks", attributes)
    assert world.store.tree.version == 1


@pytest.mark.parametrize(
    "values",
    [{"name": ""}, {"name": "x" * 41}, {"position": -1}, {"category_id": "Böse"}, {"category_id": "x" * 65}],
)
def test_categories_that_do_not_fit_are_refused(world, values):
    with pytest.raises(Invalid):
        add(world, **values)


def test_of_two_operators_who_saw_the_same_tree_one_is_told(world):
    add(world, expected_version=1)
    for attempt in (
        lambda: add(world, "another", expected_version=1),
        lambda: change(world, "tea", name="x", expected_version=1),
        lambda: world.app.categories.put_attributes("tea", [], 1),
    ):
        with pytest.raises(StaleVersion):
            attempt()
