"""Orders after they were placed."""

import pytest

from chassis.errors import Refusal
from chassis.ids import uuid7
from contracts import catalog
from yeshi_local.kit.world import as_user
from yeshi_local.testing import until


def refused(world, method, user, **payload):
    with pytest.raises(Refusal) as refusal:
        world.call(method, user, **payload)
    return refusal.value.code


def test_a_bank_transfer_is_marked_by_the_shop_shipped_and_received(world):
    shop = world.shop()
    order = world.confirmed(shop)
    buyer, order_id = order["buyer_id"], order["order_id"]
    assert refused(world, "pay_order", buyer, order_id=order_id, key="k", fingerprint="f") == "not_payable_here"
    assert refused(world, "ship_order", shop.owner, order_id=order_id) == "illegal_transition"
    for _ in range(2):
        paid = world.call("pay_order", shop.owner, order_id=order_id, key="k", fingerprint="f")
    assert (paid["order"]["status"], paid["payment_status"]) == ("to_ship", "captured")
    assert refused(world, "ship_order", buyer, order_id=order_id) == "not_found"
    for _ in range(2):
        shipped = world.call("ship_order", shop.owner, order_id=order_id, tracking_number="TW 123")
    assert (shipped["status"], shipped["tracking_number"]) == ("shipping", "TW 123")
    assert refused(world, "cancel_order", buyer, order_id=order_id) == "illegal_transition"
    assert refused(world, "receive_order", shop.owner, order_id=order_id) == "not_found"
    for _ in range(2):
        received = world.call("receive_order", buyer, order_id=order_id)
    assert received["status"] == "completed"
    for topic, by in (("order_paid", shop.owner), ("order_shipped", shop.owner), ("order_completed", buyer)):
        assert world.hears(topic, order).by == by
    assert received["version"] == 5


def test_a_key_that_marked_one_transfer_marks_no_other(world):
    shop = world.shop()
    first, second = world.confirmed(shop), world.confirmed(shop)

    def paid(order, key="k", fingerprint="f"):
        asked = {"order_id": order["order_id"], "key": key, "fingerprint": fingerprint}
        return "pay_order", as_user(shop.owner), asked

    answers = world.together(paid(first), paid(second), paid(first), paid(second))
    refusals = [answer.code for answer in answers if isinstance(answer, Refusal)]
    assert refusals == ["idempotency_key_reused"] * 2
    marked, other = (first, second) if not isinstance(answers[0], Refusal) else (second, first)
    assert [one["order"]["order_id"] for one in answers if not isinstance(one, Refusal)] == [marked["order_id"]] * 2
    asked = paid(marked, fingerprint="another")[2]
    assert refused(world, "pay_order", shop.owner, **asked) == "idempotency_key_reused"
    assert world.call("get_order", shop.owner, order_id=other["order_id"])["status"] == "unpaid"
    assert world.call("pay_order", shop.owner, **paid(other, key="k2")[2])["payment_status"] == "captured"
    world.rows("UPDATE payment_keys SET created_at = created_at - interval '25 hours' WHERE user_id = %s", shop.owner)
    assert world.call("pay_order", shop.owner, **paid(other)[2])["payment_status"] == "captured"


def test_seller_and_buyer_call_off_once(world):
    shop = world.shop()
    order = world.confirmed(shop, status="to_ship", payment_method="cod")
    for user in (shop.owner, order["buyer_id"]):
        seen = world.call("cancel_order", user, order_id=order["order_id"])
        assert (seen["status"], seen["void_reason"], seen["voided_by"]) == ("void", "cancelled_by_seller", shop.owner)
    assert world.hears("order_voided", order).reason == "cancelled_by_seller"


def test_cancel_and_ship_at_once_have_one_winner(world):
    shop = world.shop()
    for _ in range(5):
        order = world.confirmed(shop, status="to_ship", payment_method="cod")
        payload = {"order_id": order["order_id"]}
        answers = world.together(
            ("cancel_order", as_user(order["buyer_id"]), payload),
            ("ship_order", as_user(shop.owner), payload),
        )
        assert sorted(isinstance(answer, Refusal) for answer in answers) == [False, True]


def test_pages_of_buyer_and_seller_in_every_tab(world, buyer):
    shop = world.shop()
    helper = str(uuid7())
    staff = [catalog.Staff(user_id=shop.owner, role="owner"), catalog.Staff(user_id=helper, role="packer")]
    world.publish(world.shop_event(shop, version=2, staff=staff))
    until(lambda: world.rows("SELECT 1 FROM shop_staff WHERE user_id = %s", helper))
    orders = [world.placed(shop, buyer) for _ in range(5)]
    world.reserve(orders[1], orders[3])
    world.has(orders[1], "unpaid")
    world.has(orders[3], "unpaid")
    newest_first = [order["order_id"] for order in reversed(orders)]
    for method, user in (("list_orders", buyer), ("list_seller_orders", helper)):
        seen, cursor = [], None
        for _ in range(3):
            page = world.call(method, user, cursor=cursor, limit=2)
            seen += [order["order_id"] for order in page["items"]]
            cursor = page["next_cursor"]
        assert (seen, cursor) == (newest_first, None)
        tab = world.call(method, user, status="unpaid", shop_id=shop.id)
        assert [order["order_id"] for order in tab["items"]] == [newest_first[1], newest_first[3]]
        assert world.call(method, user, status="completed") == {"items": [], "next_cursor": None}
    assert world.call("list_seller_orders", buyer)["items"] == []
    assert refused(world, "list_seller_orders", buyer, shop_id=shop.id) == "not_found"
    assert refused(world, "list_orders", buyer, limit=0) == "invalid"
    assert refused(world, "list_orders", buyer, cursor="x") == "invalid"


def test_the_dashboard_counts_what_stands_and_what_today_brought(world):
    shop = world.shop()
    world.placed(shop)
    world.confirmed(shop)
    world.confirmed(shop, status="to_ship", payment_method="cod", quantity=2)
    void = world.placed(shop)
    world.call("cancel_order", void["buyer_id"], order_id=void["order_id"])
    seen = world.call("seller_dashboard", shop.owner)
    assert seen["counts"] == {"pending": 1, "unpaid": 1, "to_ship": 1, "shipping": 0, "completed": 0, "void": 1}
    assert (seen["orders_today"], seen["revenue_today"]) == (2, 280)
    nothing = world.call("seller_dashboard", str(uuid7()))
    assert (set(nothing["counts"].values()), nothing["orders_today"], nothing["revenue_today"]) == ({0}, 0, 0)


def test_what_is_not_an_id_is_missing_and_nobody_is_refused(world):
    assert refused(world, "get_order", str(uuid7()), order_id="'; DROP TABLE orders") == "not_found"
    assert refused(world, "get_order", None, order_id=str(uuid7())) == "unauthenticated"
    assert refused(world, "get_order", str(uuid7()), other=1) == "invalid"
