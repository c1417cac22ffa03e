"""Checkout over the real bus and the real database."""

import contextlib

import psycopg2
import pytest

from chassis.errors import Refusal
from chassis.ids import uuid7
from yeshi_local.kit.world import as_user
from yeshi_local.testing import until

STORE = {"store_id": "991182", "store_name": "寧夏門市", "name": "王小美", "phone": "0912345678"}


def test_a_checkout_becomes_orders_and_the_lines_leave_the_cart(world, buyer):
    shop = world.shop(variants=2)
    cart = world.cart(buyer, (shop.variants[0], 2), (shop.variants[1], 1))
    assert (cart["total"], len(cart["shops"][0]["items"])) == (300, 2)
    [answer] = world.checkout((buyer, world.wish(shop)))
    [order] = answer["result"]["orders"]
    assert (order["status"], order["items_total"], order["shipping_fee"], order["total_price"]) == (
        "pending",
        300,
        80,
        380,
    )
    assert [line["quantity"] for line in order["products"]] == [2, 1]
    assert world.call("get_cart", buyer) == {"shops": [], "total": 0}
    placed = world.hears("order_placed", order)
    assert [line.quantity for line in placed.lines] == [2, 1]
    world.reserve(order)
    seen = world.has(order, "unpaid")
    assert seen["pay_before"]
    assert seen == {**order, "status": "unpaid", "version": 2, "pay_before": seen["pay_before"]}
    told = world.hears("order_confirmed", order)
    assert (told.status, told.pay_before) == ("unpaid", seen["pay_before"])


def test_cash_on_delivery_needs_no_payment(world):
    order = world.confirmed(world.shop(), status="to_ship", payment_method="cod")
    assert order["pay_before"] is None


def test_the_same_key_again_is_the_same_checkout_as_it_is_now(world, buyer):
    shop = world.shop()
    world.cart(buyer, (shop.variants[0], 1))
    wish = world.wish(shop)
    [first] = world.checkout((buyer, wish))
    [order] = first["result"]["orders"]
    world.reserve(order)
    world.has(order, "unpaid")
    later = {**wish, "checkout_id": str(uuid7()), "order_ids": [str(uuid7())]}
    [again] = world.checkout((buyer, later))
    assert again["result"]["replayed"]
    assert again["result"]["checkout_id"] == wish["checkout_id"]
    assert again["result"]["orders"][0]["status"] == "unpaid"
    [other] = world.checkout((buyer, {**later, "fingerprint": "another"}))
    assert other["error"]["code"] == "idempotency_key_reused"


def test_the_same_checkout_many_times_at_once_is_one(world, buyer):
    shop = world.shop()
    world.cart(buyer, (shop.variants[0], 1))
    wish = world.wish(shop)
    item = {"principal": as_user(buyer), "payload": wish}
    answers = world.together(*[("checkout_many", None, [item, item])] * 6)
    seen = {answer["result"]["orders"][0]["order_id"] for both in answers for answer in both}
    assert seen == {wish["order_ids"][0]}
    assert sum(not answer["result"]["replayed"] for both in answers for answer in both) == 1


def test_two_checkouts_of_a_buyer_in_one_call_run_one_after_the_other(world, buyer):
    shop = world.shop()
    world.cart(buyer, (shop.variants[0], 1))
    first, second = world.checkout((buyer, world.wish(shop)), (buyer, world.wish(shop)))
    assert "result" in first
    assert second["error"]["code"] == "cart_empty"


def test_a_batch_with_a_failing_member_keeps_the_others(world):
    shop = world.shop()
    buyers = [str(uuid7()) for _ in range(4)]
    for one in buyers:
        world.cart(one, (shop.variants[0], 1))
    taken = world.wish(shop)
    assert "result" in world.checkout((buyers[0], taken))[0]
    wishes = [world.wish(shop) for _ in buyers[1:]]
    wishes[1]["order_ids"] = taken["order_ids"]
    answers = world.checkout(*zip(buyers[1:], wishes, strict=True))
    assert ["result" in answer for answer in answers] == [True, False, True]
    assert answers[1]["error"]["code"] == "id_taken"


def test_what_cannot_be_read_is_refused_beside_good_neighbours(world):
    shop = world.shop()
    buyers = [str(uuid7()) for _ in range(3)]
    for one in buyers:
        world.cart(one, (shop.variants[0], 1))
    wishes = [world.wish(shop), world.wish(shop, shipping=[]), world.wish(shop, note="nul\0")]
    answers = world.checkout(*zip(buyers, wishes, strict=True))
    assert ["result" in answer for answer in answers] == [True, False, False]
    assert [answer["error"]["code"] for answer in answers[1:]] == ["invalid", "invalid"]


@pytest.mark.parametrize(
    ("field", "wrong"),
    [("city", "台西市"), ("district", "板橋區"), ("postal_code", "220"), ("phone", "12345"), ("line", " ")],
)
def test_a_place_that_is_not_there_is_named_and_nothing_is_bought(world, buyer, field, wrong):
    shop = world.shop()
    world.cart(buyer, (shop.variants[0], 1))
    wish = world.wish(shop)
    wish["shipping"][0]["address"] = {**wish["shipping"][0]["address"], field: wrong}
    [answer] = world.checkout((buyer, wish))
    assert (answer["error"]["code"], answer["error"]["fields"]) == ("invalid", {"field": f"shipping.address.{field}"})
    assert world.call("get_cart", buyer)["total"] == 100


def test_a_pickup_needs_its_stores_number(world, buyer):
    shop = world.shop()
    world.cart(buyer, (shop.variants[0], 1))
    unnumbered = {name: value for name, value in STORE.items() if name != "store_id"}
    for store, field in ((unnumbered, "shipping.store"), ({**STORE, "store_id": "寧夏"}, "shipping.store.store_id")):
        shipping = {"shop_id": shop.id, "method": "store_711", "store": store}
        [answer] = world.checkout((buyer, world.wish(shop, shipping=[shipping])))
        assert (answer["error"]["code"], answer["error"]["fields"]["field"]) == ("invalid", field)


def test_an_order_keeps_the_place_as_the_post_writes_it(world, buyer):
    shop = world.shop()
    wish = world.wish(shop)
    address = wish["shipping"][0]["address"]
    written = {**address, "city": "台北市", "postal_code": "103-41", "phone": "(02)2345-6789"}
    order = world.placed(shop, buyer, shipping=[{**wish["shipping"][0], "address": written}])
    kept = {**address, "postal_code": "10341", "phone": "+886223456789"}
    assert world.call("get_order", buyer, order_id=order["order_id"])["shipping"]["address"] == kept


def test_a_price_that_changed_is_said_and_nothing_is_done(world, buyer):
    shop = world.shop()
    world.cart(buyer, (shop.variants[0], 1))
    world.reprice(shop, 150)
    [refused] = world.checkout((buyer, world.wish(shop)))
    assert refused["error"]["code"] == "price_changed"
    assert refused["error"]["fields"]["total"] == 230
    [wrong] = world.checkout((buyer, world.wish(shop, expected_total=180)))
    assert wrong["error"]["code"] == "price_changed"
    assert world.call("get_cart", buyer)["shops"][0]["items"][0]["problem"] == "price_changed"
    [agreed] = world.checkout((buyer, world.wish(shop, expected_total=230)))
    assert agreed["result"]["orders"][0]["total_price"] == 230


def test_a_void_that_overtakes_makes_the_answer_too_late(world):
    order = world.placed(world.shop())
    world.call("cancel_order", order["buyer_id"], order_id=order["order_id"])
    world.reserve(order)
    other = world.confirmed(world.shop())  # a later event has been handled
    assert world.order(order)["status"] == "void"
    assert world.order(order)["void_reason"] == "cancelled_by_buyer"
    assert world.hears("order_voided", order).reason == "cancelled_by_buyer"
    assert other["status"] == "unpaid"


VOID = """
    WITH moved AS (UPDATE orders SET status = 'void', void_reason = 'cancelled_by_buyer', version = 2
                    WHERE order_id = %s RETURNING order_id)
    INSERT INTO order_history (order_id, version, from_status, to_status, at)
    SELECT order_id, 2, 'pending', 'void', now() FROM moved
"""
WAITS = """
    SELECT 1 FROM pg_stat_activity
     WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%lock_orders%'
"""


def test_a_move_that_is_under_way_is_waited_for(world):
    order, other = world.placed(world.shop()), world.placed(world.shop())
    with contextlib.closing(psycopg2.connect(world.dsn)) as moving, moving, moving.cursor() as cursor:
        cursor.execute(VOID, (order["order_id"],))
        world.reserve(order, other)
        until(lambda: world.rows(WAITS))
    world.has(other, "unpaid")
    world.hears("order_confirmed", other)
    assert world.order(order)["status"] == "void"
    assert world.events("order_confirmed", order["order_id"]) == []


@pytest.mark.parametrize("reason", ["out_of_stock", "price_changed", "not_listed"])
def test_a_rejected_order_is_void_for_catalogs_reason(world, reason):
    order = world.placed(world.shop())
    world.reject(order, reason)
    assert world.has(order, "void")["void_reason"] == reason
    assert world.hears("order_voided", order).by is None


def test_an_answer_heard_twice_takes_effect_once(world):
    order = world.placed(world.shop())
    world.reserve(order, order)
    world.has(order, "unpaid")
    world.reject(order)
    world.confirmed(world.shop())
    assert world.order(order)["status"] == "unpaid"
    assert len(world.rows("SELECT 1 FROM order_history WHERE order_id = %s", order["order_id"])) == 2


def test_what_is_not_yours_is_missing(world):
    shop = world.shop()
    order = world.placed(shop)
    stranger = str(uuid7())
    for method in ("get_order", "cancel_order", "receive_order", "ship_order"):
        with pytest.raises(Refusal) as refused:
            world.call(method, stranger, order_id=order["order_id"])
        assert refused.value.code == "not_found"
    with pytest.raises(Refusal):
        world.call("get_checkout", stranger, checkout_id=order["checkout_id"])
    assert world.call("get_checkout", order["buyer_id"], checkout_id=order["checkout_id"])["orders"] == [order]
    assert world.order(order, shop.owner) == order
