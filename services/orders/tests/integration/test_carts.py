"""Carts over the real bus."""

import contextlib

import psycopg2
import pytest

from chassis.errors import Refusal
from chassis.ids import uuid7
from contracts import catalog, media
from yeshi_local.testing import until


def offer(shop, variant, **changes):
    return {
        "product_variant_id": variant,
        "product_id": shop.product,
        "product_version": 1,
        "shop_id": shop.id,
        "seller_id": shop.owner,
        "name": "新茶",
        "desc": "",
        "options": [],
        "price": 60,
        "discount": 10,
        "final_price": 50,
        "price_version": 4,
        "refund_rules": {},
        "tiers": [],
        "listed": True,
        "available": 7,
        "stock_version": 3,
        **changes,
    }


@pytest.fixture
def catalog_says(world):
    """Sets what catalog answers; forgotten afterwards."""
    world.catalog.asked.clear()
    yield lambda method, answer: world.catalog.answers.update({method: answer})
    world.catalog.answers.clear()


def test_a_known_offer_asks_nobody(world, buyer, catalog_says):
    shop = world.shop(tiers=[(3, 10)])
    cart = world.cart(buyer, (shop.variants[0], 3))
    assert world.catalog.asked == []
    assert cart["total"] == 270
    [item] = cart["shops"][0]["items"]
    assert (item["price"], item["available"], item["problem"]) == (90, 1000, None)
    assert world.cart(buyer, (shop.variants[0], 1))["total"] == 100
    assert world.call("delete_cart_item", buyer, variant_id=shop.variants[0]) == {"shops": [], "total": 0}
    assert world.call("delete_cart_item", buyer, variant_id=shop.variants[0]) == {"shops": [], "total": 0}


def test_a_sellers_terms_come_with_the_product_and_hold_at_checkout(world, buyer, catalog_says):
    shop = world.shop()
    world.publish(world.product_event(shop, version=2, min_quantity=3, shipping_methods=["store_711"]))
    until(lambda: world.rows("SELECT min_quantity FROM offers WHERE variant_id = %s", shop.variants[0]) == [(3,)])
    terms = {"min_quantity": 3, "shipping_methods": ["store_711"]}
    catalog_says("get_offers", {"items": {shop.variants[0]: offer(shop, shop.variants[0], product_version=2, **terms)}})
    with pytest.raises(Refusal) as refused:
        world.cart(buyer, (shop.variants[0], 2))
    assert (refused.value.code, refused.value.fields["min_quantity"]) == ("below_min_quantity", 3)
    assert world.rows("SELECT methods FROM offers WHERE variant_id = %s", shop.variants[0]) == [(["store_711"],)]


def test_an_unknown_offer_is_asked_for_once_and_kept(world, buyer, catalog_says):
    shop = world.shop()
    variant = str(uuid7())
    catalog_says("get_offers", {"items": {variant: offer(shop, variant)}})
    cart = world.cart(buyer, (variant, 2))
    assert [method for method, _ in world.catalog.asked] == ["get_offers"]
    assert cart["total"] == 100
    world.cart(buyer, (variant, 3))
    assert len(world.catalog.asked) == 1


def test_an_unknown_shop_is_asked_for_too_and_can_be_bought_from(world, buyer, catalog_says):
    shop = world.shop()
    stranger = type(shop)(str(uuid7()), str(uuid7()), [str(uuid7())], str(uuid7()))
    variant = stranger.variants[0]
    catalog_says("get_offers", {"items": {variant: offer(stranger, variant)}})
    seen = {
        "shop_id": stranger.id,
        "version": 1,
        "owner_id": stranger.owner,
        "name": "新店",
        "state": "open",
        "shipping": [{"method": "home_delivery", "fee": 60, "free_from": None}],
    }
    catalog_says("get_shops", {"items": {stranger.id: seen}})
    world.cart(buyer, (variant, 1))
    [answer] = world.checkout((buyer, world.wish(stranger)))
    assert answer["result"]["orders"][0]["total_price"] == 110
    catalog_says("list_staff", {"items": [{"user_id": stranger.owner, "role": "owner"}]})
    assert world.order(answer["result"]["orders"][0], stranger.owner)["shop_name"] == "新店"
    world.publish(world.shop_event(stranger))  # the event comes at last, and brings the staff
    until(lambda: world.call("list_seller_orders", stranger.owner)["items"])


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ({}, "not_found"),
        ({"listed": False}, "not_listed"),
        ({"available": 1}, "out_of_stock"),
    ],
)
def test_catalogs_no_counts(world, buyer, catalog_says, answer, code):
    shop = world.shop()
    variant = str(uuid7())
    catalog_says("get_offers", {"items": {variant: offer(shop, variant, **answer)} if answer else {}})
    with pytest.raises(Refusal) as refused:
        world.cart(buyer, (variant, 2))
    assert refused.value.code == code
    assert world.call("get_cart", buyer) == {"shops": [], "total": 0}


@pytest.mark.parametrize("quantity", [0, -1, 1_000_001])
def test_a_quantity_has_bounds(world, buyer, quantity):
    with pytest.raises(Refusal) as refused:
        world.cart(buyer, (str(uuid7()), quantity))
    assert refused.value.code == "invalid"


def test_an_older_event_never_replaces_a_newer_copy(world, buyer):
    shop = world.shop(variants=2)
    first, gone = shop.variants
    newer = world.product_event(shop, version=5, name="新名")
    kept = [variant for variant in newer.variants if variant.product_variant_id == first]
    world.publish(world.product_event(shop, version=5, name="新名", variants=kept))
    world.publish(world.product_event(shop, version=4, name="舊名"), world.stock_event(shop, first, 9, version=2))
    until(lambda: world.rows("SELECT 1 FROM stock_hints WHERE variant_id = %s AND version = 2", first))
    rows = dict(world.rows("SELECT variant_id::text, listed FROM offers WHERE product_id = %s", shop.product))
    assert rows == {first: True, gone: False}
    assert world.cart(buyer, (first, 1))["shops"][0]["items"][0]["name"] == "新名"


def test_a_closed_shop_sells_nothing(world, buyer):
    shop = world.shop()
    world.cart(buyer, (shop.variants[0], 1))
    world.publish(world.shop_event(shop, version=2, state="closed"))
    until(lambda: world.call("get_cart", buyer)["shops"][0]["items"][0]["problem"] == "not_listed")
    [answer] = world.checkout((buyer, world.wish(shop)))
    assert answer["error"]["code"] == "shop_closed"


def test_a_cover_photo_shows_in_cart_and_order(world, buyer):
    shop = world.shop()
    photo = media.Photo(photo_id=str(uuid7()), url="/media/a.webp", width=1, height=1)
    values = {"metadata_id": str(uuid7()), "product_id": shop.product, "document": {}}
    world.tell(media.MetadataChangedV1(version=2, photos=[photo], **values))
    world.tell(media.MetadataChangedV1(version=1, photos=[], **values))
    world.cart(buyer, (shop.variants[0], 1))
    [answer] = world.checkout((buyer, world.wish(shop)))
    assert answer["result"]["orders"][0]["products"][0]["photo_url"] == "/media/a.webp"


def test_staff_that_left_sees_nothing_any_more(world):
    shop = world.shop()
    order = world.placed(shop)
    helper = str(uuid7())
    owner = catalog.Staff(user_id=shop.owner, role="owner")
    staff = [owner, catalog.Staff(user_id=helper, role="packer")]
    world.publish(world.shop_event(shop, version=2, staff=staff))
    until(lambda: world.order(order, helper))
    world.publish(world.shop_event(shop, version=3, staff=[owner]))
    until(lambda: not world.rows("SELECT 1 FROM shop_staff WHERE user_id = %s", helper))
    with pytest.raises(Refusal):
        world.order(order, helper)


def test_variants_are_locked_in_the_order_of_their_ids_also_those_that_are_gone(world):
    """Or two changes of a product would wait for each other in a circle."""
    shop = world.shop(variants=2)
    first, gone = sorted(shop.variants)
    [kept] = [variant for variant in world.product_event(shop).variants if variant.product_variant_id == first]
    lock = "SELECT 1 FROM offers WHERE variant_id = %s FOR UPDATE"
    with contextlib.closing(psycopg2.connect(world.dsn)) as keeper, keeper, keeper.cursor() as cursor:
        cursor.execute(lock, (first,))
        told = world.publish(world.product_event(shop, version=2, variants=[kept]))
        until(
            lambda: world.rows(
                "SELECT 1 FROM pg_stat_activity WHERE %s = ANY(pg_blocking_pids(pid))", keeper.info.backend_pid
            )
        )
        cursor.execute(f"{lock} NOWAIT", (gone,))
    world.until_heard(told)
    assert world.rows("SELECT listed FROM offers WHERE variant_id = %s", gone) == [(False,)]
