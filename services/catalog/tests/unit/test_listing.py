"""Products that list themselves later, and products that operators take off the market."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from catalog.application.products import ChangeProduct
from catalog.application.shops import ChangeShop
from catalog.domain.blocked import Place, place
from catalog.domain.category import Attribute
from catalog.domain.errors import IllegalTransition, NotListable, ProductBlocked
from catalog.domain.events import ProductChanged
from catalog.domain.product import State
from chassis.errors import Invalid, Missing, StaleVersion

OPERATOR = uuid4()

AN_ID = "7a1f5b0e-2c9d-4e63-8f4a-0d6c1b2e3f40"  # the same in every worker that collects the tests


def seen(world, product):
    return world.app.reading.product(world.seller, UUID(product["product_id"]))


def schedule(world, product, **ahead):
    return world.app.listing.schedule(world.seller, UUID(product["product_id"]), world.now + timedelta(**ahead))


def states(world):
    return [event.product.state for event in world.heard(ProductChanged)]


def test_a_planned_product_lists_itself_once_its_moment_has_come(world, make_product):
    product = make_product()
    planned = schedule(world, product, hours=2)
    assert (planned["state"], planned["list_at"] is not None) == ("scheduled", True)
    with pytest.raises(Missing):
        world.app.reading.product(None, UUID(product["product_id"]))
    world.wait(hours=1)
    assert seen(world, product)["state"] == "scheduled"
    world.wait(hours=1)
    world.wait(hours=1)
    listed = world.app.reading.product(None, UUID(product["product_id"]))
    assert (listed["state"], "list_at" in listed) == ("listed", False)
    assert states(world) == [State.DRAFT, State.SCHEDULED, State.LISTED]


def test_a_plan_can_be_moved_brought_forward_and_dropped(world, make_product):
    product = make_product()
    product_id = UUID(product["product_id"])
    schedule(world, product, hours=1)
    schedule(world, product, hours=5)
    world.wait(hours=2)
    assert seen(world, product)["state"] == "scheduled"
    assert world.app.listing.take_off_list(world.seller, product_id)["list_at"] is None
    world.wait(hours=9)
    assert seen(world, product)["state"] == "unlisted"
    schedule(world, product, hours=1)
    assert world.app.listing.put_on_list(world.seller, product_id, world.directory)["state"] == "listed"
    with pytest.raises(IllegalTransition):
        schedule(world, product, hours=1)


@pytest.mark.parametrize("ahead", [{"hours": -1}, {"seconds": 0}, {"days": 367}])
def test_a_plan_lies_ahead_but_not_too_far(world, make_product, ahead):
    with pytest.raises(Invalid):
        schedule(world, make_product(), **ahead)


def test_what_is_planned_must_be_complete_and_stay_so(world, make_product):
    product = make_product(category="tea")
    with pytest.raises(NotListable):
        schedule(world, product, hours=1)
    whole = make_product(category="tea", attributes={"origin": "南投"})
    schedule(world, whole, hours=1)
    with pytest.raises(NotListable):
        world.app.products.change(ChangeProduct(by=world.seller, product_id=UUID(whole["product_id"]), attributes={}))


def test_what_is_not_complete_any_more_when_its_moment_comes_says_why(world, make_product):
    product = make_product(category="tea", attributes={"origin": "南投"})
    schedule(world, product, hours=1)
    asked = [Attribute(one, one, one, "text", required=True) for one in ("origin", "grower")]
    world.app.categories.put_attributes("tea", asked)
    world.wait(hours=2)
    after = seen(world, product)
    assert (after["state"], after["list_problems"]) == ("unlisted", {"missing_attributes": ["grower"]})


def test_a_shop_that_is_closed_just_then_gets_its_product_when_it_opens(world, make_product):
    shop_id = world.shop()
    product = make_product(shop_id)
    schedule(world, product, hours=1)
    world.app.shops.change(ChangeShop(by=world.seller, shop_id=shop_id, state="closed"))
    world.wait(hours=2)
    with pytest.raises(Missing):
        world.app.reading.product(None, UUID(product["product_id"]))
    world.app.shops.change(ChangeShop(by=world.seller, shop_id=shop_id, state="open"))
    assert world.app.reading.product(None, UUID(product["product_id"]))["state"] == "listed"


def test_a_blocked_product_leaves_the_market_and_its_seller_reads_why(world, listed):
    product = listed()
    product_id = UUID(product["product_id"])
    assert world.app.listing.block(OPERATOR, product_id, "仿冒品")["state"] == "blocked"
    assert world.app.listing.block(OPERATOR, product_id, "仿冒品")["version"] == product["version"] + 1
    with pytest.raises(Missing):
        world.app.reading.product(None, product_id)
    assert seen(world, product)["blocked"]["reason"] == "仿冒品"
    for attempt in (
        lambda: world.app.listing.put_on_list(world.seller, product_id, world.directory),
        lambda: schedule(world, product, hours=1),
    ):
        with pytest.raises(ProductBlocked) as refused:
            attempt()
        assert refused.value.fields == {"reason": "仿冒品"}
    assert world.app.listing.take_off_list(world.seller, product_id)["state"] == "blocked"
    changed = world.app.products.change(ChangeProduct(by=world.seller, product_id=product_id, name="改名"))
    assert changed["name"] == "改名"
    assert world.app.listing.block(OPERATOR, product_id, "還是仿冒")["blocked"]["reason"] == "還是仿冒"
    assert world.app.listing.unblock(product_id)["state"] == "unlisted"
    assert world.app.listing.unblock(product_id)["state"] == "unlisted"
    assert world.app.listing.put_on_list(world.seller, product_id, world.directory)["blocked"] is None


def test_a_planned_product_that_is_blocked_does_not_list_itself(world, make_product):
    product = make_product()
    schedule(world, product, hours=1)
    world.app.listing.block(OPERATOR, UUID(product["product_id"]), "違禁")
    world.wait(hours=2)
    assert seen(world, product)["state"] == "blocked"


@pytest.mark.parametrize("reason", ["", "  ", "x" * 501, "a\0b"])
def test_a_block_has_a_reason(world, listed, reason):
    with pytest.raises(Invalid):
        world.app.listing.block(OPERATOR, UUID(listed()["product_id"]), reason)


def test_operators_see_what_is_blocked_the_latest_first_page_by_page(world, listed):
    products = [listed(name=name) for name in ("一", "二", "三", "四")]
    for product, reason in zip(products, ("仿冒", "違禁", "誇大", "仿冒"), strict=True):
        world.app.listing.block(OPERATOR, UUID(product["product_id"]), reason)
        world.wait(minutes=1)
    world.app.listing.unblock(UUID(products[1]["product_id"]))
    world.app.products.delete(world.seller, UUID(products[3]["product_id"]))
    first = world.app.moderation.blocked(None, 1)
    second = world.app.moderation.blocked(place(first["next_cursor"]), 1)
    assert [one["name"] for one in first["items"] + second["items"]] == ["三", "一"]
    assert second["next_cursor"] is None
    assert first["items"] == [
        {
            "product_id": products[2]["product_id"],
            "name": "三",
            "shop_id": products[2]["shop_id"],
            "shop_name": world.app.shops.get(world.seller, UUID(products[2]["shop_id"]))["name"],
            "seller_id": str(world.seller),
            "reason": "誇大",
            "blocked_at": seen(world, products[2])["blocked"]["at"],
            "blocked_by": str(OPERATOR),
            "version": seen(world, products[2])["version"],
        }
    ]


def test_a_place_in_the_list_survives_the_wire(world):
    here = Place(world.now + timedelta(microseconds=7), uuid4())
    assert place(here.text()) == here
    assert place(None) is None
    assert place("") is None


@pytest.mark.parametrize("text", ["x", "1", "1.x", f"-1.{AN_ID}", f"1e3.{AN_ID}", f"{'9' * 17}.{AN_ID}", "٣.x"])
def test_a_place_that_was_never_given_out_is_refused(text):
    with pytest.raises(Invalid) as refused:
        place(text)
    assert refused.value.fields["field"] == "cursor"


def test_what_is_not_there_cannot_be_blocked(world, listed):
    product_id = UUID(listed()["product_id"])
    world.app.products.delete(world.seller, product_id)
    for one in (product_id, uuid4()):
        with pytest.raises(Missing):
            world.app.listing.block(OPERATOR, one, "x")
        with pytest.raises(Missing):
            world.app.listing.unblock(one)


def test_every_move_can_be_tied_to_the_version_that_was_seen(world, make_product):
    product_id = UUID(make_product()["product_id"])
    for attempt in (
        lambda: world.app.listing.put_on_list(world.seller, product_id, world.directory, 7),
        lambda: world.app.listing.schedule(world.seller, product_id, world.now + timedelta(hours=1), 7),
        lambda: world.app.listing.take_off_list(world.seller, product_id, 7),
        lambda: world.app.variants.put_options(world.seller, product_id, (), 7),
        lambda: world.app.products.delete(world.seller, product_id, 7),
    ):
        with pytest.raises(StaleVersion):
            attempt()
