"""Events ring bells once each, and the bell's calls tell what it shows."""

import concurrent.futures
import contextlib

import psycopg2
import pytest

from chassis.errors import Refusal
from chassis.ids import uuid7
from contracts import catalog, edge, gateway, media, orders, users
from yeshi_local.testing import until


def refused(call, *arguments, **payload):
    with pytest.raises(Refusal) as error:
        call(*arguments, **payload)
    return error.value.code


def rang(world, user, **asked):
    return [(one["type"], one["seq"]) for one in world.call("list_notifications", user, **asked)["items"]]


def test_a_new_order_rings_its_seller_once(world, make):
    seller = str(uuid7())
    order = make.confirmed(seller)
    [event_id] = world.tell(order, copies=3)
    page = world.call("list_notifications", seller)
    [item] = page["items"]
    assert item["event_id"] == event_id
    assert (item["type"], item["title"], item["seq"]) == ("order.new", "新訂單 NT$1,280", 1)
    assert item["link"] == f"/seller/orders/{order.order_id}"
    assert (page["unread_count"], page["next_cursor"]) == (1, None)
    assert world.call("list_notifications", order.buyer_id) == {"items": [], "unread_count": 0, "next_cursor": None}
    [change] = world.changes(seller)
    assert change == {"user_id": seller, "seq": 1, "unread_count": 1, "item": item}


def test_the_people_of_a_shop_hear_of_its_orders(world, make):
    owner, manager, clerk, fired = (str(uuid7()) for _ in range(4))
    shop = make.shop_changed(owner, {manager: "manager", clerk: "packer"}, version=2)
    older = make.shop_changed(owner, {fired: "packer"}, shop_id=shop.shop_id, name="舊名", version=1)
    order = make.confirmed(owner, shop_id=shop.shop_id, status="to_ship")
    world.tell(shop, older)
    world.tell(order)
    for person in (owner, manager, clerk):
        [item] = world.call("list_notifications", person)["items"]
        assert item["body"] == "「寧夏茶行」有一筆新訂單，貨到付款，請準備出貨。"
    assert rang(world, fired) == []


def test_each_of_a_shops_people_reads_their_own_language(world, make):
    owner, clerk, shop_id = str(uuid7()), str(uuid7()), str(uuid7())
    world.tell(make.shop_changed(owner, {clerk: "packer"}, shop_id=shop_id, name="寧夏{茶}行"))
    world.tell(make.locale_changed(clerk, "en"))
    world.tell(make.confirmed(owner, shop_id=shop_id))
    bodies = [world.call("list_notifications", user)["items"][0]["body"] for user in (owner, clerk)]
    assert bodies == [
        "「寧夏{茶}行」有一筆新訂單，買家尚未付款，付款後請出貨。",
        "“寧夏{茶}行” has a new order. The buyer has not paid yet: please ship it once it is paid.",
    ]


def test_a_low_stock_rings_the_people_of_the_shop_once(world, make):
    owner, clerk = str(uuid7()), str(uuid7())
    shop = make.shop_changed(owner, {clerk: "staff"})
    world.tell(shop)
    product_id = str(uuid7())
    low = {"variant_id": str(uuid7()), "product_id": product_id, "shop_id": shop.shop_id, "seller_id": owner}
    world.tell(catalog.StockLowV1(**low, name="凍頂烏龍茶", options=["50 克"], available=3, low_stock_at=5), copies=2)
    for person in (owner, clerk):
        [item] = world.call("list_notifications", person)["items"]
        assert (item["type"], item["link"]) == ("stock.low", f"/seller/products/{product_id}")
        assert item["body"] == "「寧夏茶行」的「凍頂烏龍茶」（50 克）剩下 3 件，請留意補貨。"


def test_an_orders_way_rings_who_did_not_do_it(world, make):
    seller, buyer = str(uuid7()), str(uuid7())
    order = make.confirmed(seller, buyer_id=buyer)
    world.tell(order)
    world.tell(make.moved(orders.OrderPaidV1, order, by=buyer))
    world.tell(make.moved(orders.OrderShippedV1, order, by=seller))
    world.tell(make.moved(orders.OrderCompletedV1, order, by=buyer))
    assert rang(world, seller) == [("order.completed", 3), ("order.paid", 2), ("order.new", 1)]
    assert rang(world, buyer) == [("order.shipped", 1)]


def test_a_void_order_rings_both_or_the_one_who_did_not_cancel(world, make):
    seller, buyer = str(uuid7()), str(uuid7())
    for by, reason in ((buyer, "cancelled_by_buyer"), (None, "payment_timeout"), (None, "out_of_stock")):
        world.tell(make.moved(orders.OrderVoidedV1, make.confirmed(seller, buyer_id=buyer), by=by, reason=reason))
    assert rang(world, seller) == [("order.voided", 2), ("order.voided", 1)]
    assert rang(world, buyer) == [("order.voided", 2), ("order.voided", 1)]
    reasons = [one["body"] for one in world.call("list_notifications", buyer)["items"]]
    assert ["商品已售完" in reasons[0], "逾期未付款" in reasons[1]] == [True, True]


def test_only_an_operators_decision_rings_a_seller(world):
    seller, operator = str(uuid7()), str(uuid7())
    fields = {"user_id": seller, "display_name": "林記", "changed_at": "2026-12-01T12:00:00Z"}
    world.tell(users.SellerChangedV1(**fields, version=1, state="approved"))
    world.tell(users.SellerChangedV1(**fields, version=2, state="suspended", decided_by=operator))
    assert rang(world, seller) == [("seller.suspended", 1)]


def test_what_has_no_rule_is_acknowledged(world):
    user = str(uuid7())
    shop, at = str(uuid7()), "2026-12-01T12:00:00Z"
    world.tell(
        edge.CountsRecordedV1(shop_id=shop, device_id=user, minutes=[]),
        gateway.SnsReceivedV1(message_id="m", topic_arn="arn", received_at=at, body="{}"),
        media.MetadataChangedV1(metadata_id=user, version=1, product_id=user, document={}, photos=[]),
    )
    assert rang(world, user) == []


def test_a_bundle_with_everything_twice_rings_each_once_without_a_gap(world, make):
    sellers = [str(uuid7()) for _ in range(3)]
    events = [make.confirmed(sellers[number % 3], total_price=number) for number in range(150)]
    ids = world.tell_bundle(*events, copies=2)
    for place, seller in enumerate(sellers):
        changes = world.changes(seller)
        assert [one["seq"] for one in changes] == list(range(1, 51))
        assert [one["unread_count"] for one in changes] == list(range(1, 51))
        assert [one["item"]["event_id"] for one in changes] == ids[place::3]
    assert world.violations() == {}


def test_two_processes_that_ring_the_same_bells_leave_no_gap(world, make):
    second = world.start("service")
    sellers = [str(uuid7()) for _ in range(4)]
    ids = []
    for _ in range(5):
        ids += world.publish(*(make.confirmed(sellers[number % 4]) for number in range(100)), bundled=True)
    world.until_heard(ids)
    rung = world.taken(second)
    second.stop()
    assert 0 < rung < 500
    assert [len(world.changes(seller)) for seller in sellers] == [125] * 4
    assert world.violations() == {}


def test_reading_is_counted_once_and_is_a_change(world, make):
    seller = str(uuid7())
    world.tell(make.confirmed(seller), make.confirmed(seller))
    newest, oldest = world.call("list_notifications", seller)["items"]
    for _ in range(2):
        answer = world.call("read_notification", seller, notification_id=oldest["notification_id"])
        assert answer == {"unread_count": 1, "seq": 3}
    assert [one["read_at"] is None for one in world.call("list_notifications", seller)["items"]] == [True, False]
    assert rang(world, seller, unread=True) == [("order.new", 2)]
    assert world.changes(seller)[-1] == {"user_id": seller, "seq": 3, "unread_count": 1, "item": None}
    assert world.call("read_all", seller) == {"unread_count": 0, "seq": 4}
    assert world.call("read_all", seller) == {"unread_count": 0, "seq": 4}
    assert world.call("unread_count", seller) == {"unread_count": 0, "seq": 4}
    assert newest["seq"] == world.call("list_notifications", seller)["items"][0]["seq"]
    assert world.violations() == {}


def test_anothers_notification_is_not_there(world, make):
    seller, other = str(uuid7()), str(uuid7())
    world.tell(make.confirmed(seller))
    [item] = world.call("list_notifications", seller)["items"]
    for name in (item["notification_id"], str(uuid7()), "x"):
        assert refused(world.call, "read_notification", other, notification_id=name) == "not_found"
    assert world.call("unread_count", seller)["unread_count"] == 1
    assert refused(world.call, "list_notifications", None) == "unauthenticated"


def test_reads_beside_rings_keep_the_badge_true(world, make):
    seller = str(uuid7())
    world.tell_bundle(*(make.confirmed(seller) for _ in range(20)))
    items = world.call("list_notifications", seller)["items"]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        reads = [
            pool.submit(world.call, "read_notification", seller, notification_id=one["notification_id"])
            for one in items * 2
        ]
        reads += [pool.submit(world.tell, make.confirmed(seller)) for _ in range(10)]
        reads.append(pool.submit(world.call, "read_all", seller))
        for one in reads:
            one.result()
    assert world.violations() == {}


def test_pages_hold_everything_once_newest_first(world, make):
    seller = str(uuid7())
    world.tell_bundle(*(make.confirmed(seller) for _ in range(7)))
    seen, cursor = [], None
    for size in (3, 3, 1):
        page = world.call("list_notifications", seller, limit=3, cursor=cursor)
        assert len(page["items"]) == size
        seen += [one["seq"] for one in page["items"]]
        cursor = page["next_cursor"]
    assert (seen, cursor) == ([7, 6, 5, 4, 3, 2, 1], None)
    assert world.call("list_notifications", seller, cursor=str(uuid7()))["items"] == []
    for wrong in ({"limit": 0}, {"limit": 101}, {"cursor": "x"}):
        assert refused(world.call, "list_notifications", seller, **wrong) == "invalid"


def test_what_was_listed_is_seen(world, make):
    seller = str(uuid7())
    world.tell(make.confirmed(seller))
    first, second = (world.call("list_notifications", seller)["items"][0] for _ in range(2))
    assert first["seen_at"] is None
    assert second["seen_at"] is not None
    assert second["read_at"] is None
    assert world.call("unread_count", seller) == {"unread_count": 1, "seq": 1}


def test_a_stream_catches_up_from_any_seq(world, make):
    seller, stranger = str(uuid7()), str(uuid7())
    world.tell_bundle(*(make.confirmed(seller) for _ in range(3)))
    world.call("read_all", seller)
    world.tell(make.confirmed(seller))
    asked = [(seller, 2), (seller, 5), (stranger, 0), (seller, 0), ("x", 0), (seller, -1)]
    items = [{"principal": None, "payload": {"user_id": user, "seq": seq}} for user, seq in asked]
    answers = world.ask("list_after_many", None, items)
    results = [one["result"] for one in answers[:4]]
    assert [[item["seq"] for item in one["items"]] for one in results] == [[3, 5], [], [], [1, 2, 3, 5]]
    assert [(one["seq"], one["unread_count"], one["complete"]) for one in results] == [
        (5, 1, True),
        (5, 1, True),
        (0, 0, True),
        (5, 1, True),
    ]
    assert [one["error"]["code"] for one in answers[4:]] == ["invalid", "invalid"]


def test_a_long_absence_is_answered_in_parts(world, make):
    seller = str(uuid7())
    world.tell_bundle(*(make.confirmed(seller) for _ in range(201)))
    ask = [{"principal": None, "payload": {"user_id": seller, "seq": seq}} for seq in (0, 1)]
    [first, second] = [one["result"] for one in world.ask("list_after_many", None, ask)]
    assert (len(first["items"]), first["complete"], first["seq"]) == (200, False, 201)
    assert (len(second["items"]), second["complete"]) == (200, True)


def test_badges_of_many_are_one_question(world, make):
    seller, quiet = str(uuid7()), str(uuid7())
    world.tell(make.confirmed(seller))
    who = [
        {"user_id": seller, "session_id": "s", "roles": []},
        None,
        {"user_id": quiet, "session_id": "s", "roles": []},
    ]
    answers = world.ask("unread_count_many", None, [{"principal": one, "payload": {}} for one in who])
    assert [one.get("result") for one in answers] == [
        {"unread_count": 1, "seq": 1},
        None,
        {"unread_count": 0, "seq": 0},
    ]
    assert answers[1]["error"]["code"] == "unauthenticated"


def test_preferences_are_kept_by_version(world):
    user = str(uuid7())
    begun = world.call("get_preferences", user)
    assert begun == {
        "line": True,
        "sns": False,
        "quiet_from": None,
        "quiet_to": None,
        "muted_types": [],
        "version": 0,
    }
    wanted = {**begun, "sns": True, "quiet_from": "22:00", "quiet_to": "07:30", "muted_types": ["order.paid"]}
    for _ in range(2):  # repeating a call changes nothing more
        assert world.call("put_preferences", user, **wanted) == {**wanted, "version": 1}
    assert world.call("get_preferences", user) == {**wanted, "version": 1}
    assert refused(world.call, "put_preferences", user, **{**wanted, "line": False}) == "stale_version"
    assert refused(world.call, "put_preferences", str(uuid7()), **{**wanted, "version": 5}) == "stale_version"
    assert world.call("put_preferences", user, **{**begun, "version": 1}) == {**begun, "version": 2}


@pytest.mark.parametrize(
    "wrong",
    [
        {"quiet_from": "25:00", "quiet_to": "07:00"},
        {"quiet_from": "22:00"},
        {"muted_types": ["order.sold"]},
        {"line": 1},
    ],
)
def test_preferences_that_mean_nothing_are_refused(world, wrong):
    user = str(uuid7())
    assert refused(world.call, "put_preferences", user, **wrong) == "invalid"
    assert world.call("get_preferences", user)["version"] == 0


def test_what_was_listed_is_marked_under_the_bell_like_all_that_is_read(world, make):
    seller = str(uuid7())
    world.tell(make.confirmed(seller))
    with contextlib.closing(psycopg2.connect(world.dsn)) as reading, reading.cursor() as cursor:
        cursor.execute("SELECT 1 FROM bell_state WHERE user_id = %s FOR UPDATE", (seller,))
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            listed = pool.submit(world.call, "list_notifications", seller)
            waiting = """
                SELECT 1 FROM pg_stat_activity
                 WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%UPDATE%seen_at%'
            """
            until(lambda: world.rows(waiting))
            reading.rollback()
            assert [one["seen_at"] for one in listed.result()["items"]] == [None]
