"""Who sees and changes which products, and whose numbers they have."""

from uuid import UUID, uuid4

import pytest

from catalog.domain.errors import (
    ParentSkuTaken,
)
from chassis.errors import Invalid, Missing, StaleVersion
from kernel.rights import Role, RoleRequired
from services.catalog.tests.memory.hands import change, change_variant


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
