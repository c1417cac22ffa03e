"""Limits, timers, two of everything, and processes that die at the worst moment."""

import secrets

import pytest

from chassis import crashpoints
from chassis.errors import Refusal, Unavailable
from chassis.ids import uuid7
from yeshi_local.kit.world import as_user
from yeshi_local.testing import until


@pytest.fixture(scope="module")
def strict(make_world):
    """Two services, a relay and two work processes with real limits and a short timeout to pay."""
    made = make_world(UNPAID_TIMEOUT_SECONDS=1)
    made.start_all("service", "service", "relay")
    made.work()
    made.work()
    return made


@pytest.fixture
def two(strict):
    yield strict
    strict.check()


def test_the_timer_voids_each_order_once(two):
    shop = two.shop()
    orders = [two.placed(shop) for _ in range(20)]
    cash = two.placed(shop, payment_method="cod")
    two.reserve(*orders, cash)
    for order in orders:
        assert two.has(order, "void")["void_reason"] == "payment_timeout"
        event = two.hears("order_voided", order)
        assert (event.by, event.reason) == (None, "payment_timeout")
    assert two.order(cash)["status"] == "to_ship"
    steps = two.rows("SELECT count(*) FROM order_history WHERE reason = 'payment_timeout' GROUP BY order_id")
    assert steps == [(1,)] * 20


def test_thirty_checkouts_a_minute_whichever_replica_takes_them(two):
    buyer, shop = str(uuid7()), two.shop()
    item = {"principal": as_user(buyer), "payload": None}
    answers = []
    for _ in range(20):
        calls = [("checkout_many", None, [{**item, "payload": two.wish(shop)}]) for _ in range(2)]
        answers += [answer["error"] for [answer] in two.together(*calls)]
    codes = [answer["code"] for answer in answers]
    assert (codes.count("cart_empty"), codes.count("too_many_requests")) == (30, 10)
    [limited] = [answer for answer in answers if answer["code"] == "too_many_requests"][:1]
    assert 1 <= limited["fields"]["retry_after"] <= 60
    two.rows("UPDATE carts SET minute_since = minute_since - interval '61 seconds' WHERE buyer_id = %s", buyer)
    [again] = two.checkout((buyer, two.wish(shop)))
    assert again["error"]["code"] == "cart_empty"


def test_keys_of_payments_are_forgotten_after_a_day(two):
    keep = """
        INSERT INTO payment_keys (user_id, key, order_id, fingerprint, created_at)
        SELECT %s, age::text, %s, 'f', now() - make_interval(hours => age) FROM generate_series(22, 25) AS age
    """
    kept = "SELECT key FROM payment_keys WHERE user_id = %s ORDER BY key"
    user = str(uuid7())
    two.rows(keep, user, str(uuid7()))
    work = two.work()
    until(lambda: two.rows(kept, user) == [("22",), ("23",)])
    work.stop()


def test_a_key_is_free_again_after_a_day(two):
    buyer, shop = str(uuid7()), two.shop()
    two.cart(buyer, (shop.variants[0], 1))
    wish = two.wish(shop)
    two.checkout((buyer, wish))
    two.rows("UPDATE checkouts SET created_at = created_at - interval '25 hours' WHERE buyer_id = %s", buyer)
    two.cart(buyer, (shop.variants[0], 2))
    [answer] = two.checkout((buyer, {**two.wish(shop), "key": wish["key"], "fingerprint": "another day"}))
    assert not answer["result"]["replayed"]


def test_checkouts_of_the_same_buyers_in_every_order_never_lock_each_other_out(two):
    shop = two.shop()
    buyers = [str(uuid7()) for _ in range(6)]
    for buyer in buyers:
        two.cart(buyer, (shop.variants[0], 1))
    wishes = {buyer: two.wish(shop) for buyer in buyers}
    items = [{"principal": as_user(buyer), "payload": wishes[buyer]} for buyer in buyers]
    calls = [("checkout_many", None, items[turn:] + items[:turn]) for turn in range(6)]
    answers = [answer for batch in two.together(*calls) for answer in batch]
    assert {answer["result"]["checkout_id"] for answer in answers} == {w["checkout_id"] for w in wishes.values()}


@pytest.fixture(scope="module")
def dying(make_world):
    made = make_world()
    made.start("relay")
    return made


@pytest.mark.parametrize("point", [crashpoints.BEFORE_COMMIT, crashpoints.AFTER_COMMIT])
def test_a_service_that_dies_in_a_checkout_keeps_it_once_or_not_at_all(dying, tmp_path, point):
    living = dying.start("service")
    shop, buyer = dying.shop(), str(uuid7())
    dying.cart(buyer, (shop.variants[0], 1))
    living.stop()  # drained: what it heard is acknowledged, and nothing of it comes again to the doomed one
    wish = dying.wish(shop)
    doomed = dying.start("service", CRASH_AT=point, CRASH_ONCE=tmp_path / "died")
    until(lambda: unanswered(dying, buyer, wish) and not doomed.running)  # a busy machine may miss the first deadline
    kept = dying.rows("SELECT count(*) FROM checkouts WHERE buyer_id = %s", buyer)
    assert kept == [(1 if point == crashpoints.AFTER_COMMIT else 0,)]
    reborn = dying.start("service")
    [answer] = dying.checkout((buyer, {**wish, "checkout_id": str(uuid7()), "order_ids": [str(uuid7())]}))
    assert len(answer["result"]["orders"]) == 1
    assert dying.rows("SELECT count(*) FROM orders WHERE buyer_id = %s", buyer) == [(1,)]
    [order] = answer["result"]["orders"]
    dying.hears("order_placed", order)
    dying.reserve(order)
    dying.has(order, "unpaid")  # nothing is left that waits
    reborn.kill()
    dying.check()


def unanswered(world, buyer, wish) -> bool:
    """Asks for a checkout that nobody lives to answer."""
    with pytest.raises(Unavailable):
        world.ask("checkout_many", None, [{"principal": as_user(buyer), "payload": wish}], timeout=2)
    return True


@pytest.mark.parametrize("point", [crashpoints.BEFORE_COMMIT, crashpoints.AFTER_COMMIT, crashpoints.AFTER_HANDLER])
def test_a_service_that_dies_while_settling_settles_once(dying, tmp_path, point):
    living = dying.start("service")
    order = dying.placed(dying.shop())
    living.stop()  # drained: what it heard is acknowledged, and nothing of it comes again to the doomed one
    doomed = dying.start("service", CRASH_AT=point, CRASH_ONCE=tmp_path / secrets.token_hex(4))
    dying.reserve(order)
    until(lambda: not doomed.running)
    reborn = dying.start("service")
    dying.has(order, "unpaid")
    history = dying.rows("SELECT version FROM order_history WHERE order_id = %s ORDER BY 1", order["order_id"])
    assert history == [(1,), (2,)]
    reborn.kill()
    dying.check()


def test_a_factor_on_limits_is_refused_in_production(dying):
    status, said = dying.once("service", YESHI_ENV="production", LIMIT_FACTOR=2)
    assert "LIMIT_FACTOR" in said
    assert status == 2


def test_reconcile_reports_what_should_not_be(dying):
    service = dying.start("service")
    order = dying.placed(dying.shop())
    service.kill()
    assert dying.once("reconcile")[0] == 0
    dying.rows(
        "UPDATE orders SET created_at = created_at - interval '2 minutes' WHERE order_id = %s", order["order_id"]
    )
    status, said = dying.once("reconcile")
    assert status == 1
    assert "pending for over a minute" in said
    dying.rows("DELETE FROM orders WHERE order_id = %s", order["order_id"])
    dying.rows("DELETE FROM order_history WHERE order_id = %s", order["order_id"])


def test_a_stranger_is_told_nothing_while_catalog_is_away(dying):
    service = dying.start("service")
    order = dying.placed(dying.shop())
    with pytest.raises(Refusal) as refused:
        dying.order(order, str(uuid7()))
    assert refused.value.code == "not_found"
    service.kill()
