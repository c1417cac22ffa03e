"""Stock by events, on the real process: who gets what, whatever comes twice, late, early, or dies meanwhile."""

import random
import time

import pytest

from chassis import dlq
from chassis.errors import Kind, Refusal
from chassis.ids import uuid7
from contracts.orders import OrderCompletedV1, OrderPaidV1, OrderShippedV1, OrderVoidedV1
from yeshi_local.testing import until

RED_AND_BLUE = [{"name": "顏色", "values": ["紅", "藍"]}]


@pytest.fixture(autouse=True)
def nothing_is_oversold_or_leaks(market):
    """Whatever a test does."""
    yield
    assert market.violations() == {}


def variants(product: dict) -> list[str]:
    return [one["product_variant_id"] for one in product["variants"]]


@pytest.mark.parametrize("bundled", [False, True], ids=["singles", "bundles"])
def test_of_a_hundred_orders_for_thirty_pieces_the_first_thirty_are_served(market, order, bundled):
    product = market.product(stock=30)
    placed = [order(product) for _ in range(100)]
    market.tell(*placed, bundled=bundled)
    assert market.states([one.order_id for one in placed]) == ["held"] * 30 + ["rejected"] * 70
    assert market.levels(*variants(product)) == [(30, 30)]
    [rejected] = market.emitted("catalog.stock_rejected.v1", placed[30].order_id)
    assert (rejected["reason"], rejected["variant_ids"]) == ("out_of_stock", variants(product))
    [reserved] = market.emitted("catalog.stock_reserved.v1", placed[29].order_id)
    assert reserved["lines"] == [{"line_id": "0", "variant_id": variants(product)[0], "quantity": 1}]
    *_, hint = market.emitted("catalog.stock_changed.v1", variants(product)[0])
    assert hint["available"] == 0
    with pytest.raises(Refusal) as refused:
        market.call("put_stock", product["seller_id"], variant_id=variants(product)[0], quantity=29)
    assert (refused.value.code, refused.value.kind) == ("stock_below_reserved", Kind.CONFLICT)
    assert refused.value.fields == {"reserved": 30}


def test_an_order_gets_all_of_its_lines_or_none(market, order):
    product = market.product(stock=5, options=RED_AND_BLUE)
    red, blue = variants(product)
    both, too_much, twice, rest = (
        order(product, *wanted)
        for wanted in ([(red, 2), (blue, 2)], [(red, 1), (blue, 4)], [(red, 2), (red, 2)], [(red, 3)])
    )
    market.tell(both, too_much, twice, rest)
    states = market.states([one.order_id for one in (both, too_much, twice, rest)])
    assert states == ["held", "rejected", "rejected", "held"]
    assert market.levels(red, blue) == [(5, 5), (5, 2)]
    [refused] = market.emitted("catalog.stock_rejected.v1", too_much.order_id)
    assert refused["variant_ids"] == [blue]


def test_the_price_version_and_what_is_for_sale_decide(market, order):
    product = market.product(stock=5)
    old = order(product)
    market.call("patch_product", product["seller_id"], product_id=product["product_id"], price=700)
    new, ahead = order(product, price_version=2), order(product, price_version=3)
    foreign, unknown = order({**product, "shop_id": str(uuid7())}), order(product, (str(uuid7()), 1))
    market.tell(old, new, ahead, foreign, unknown)
    market.call("unlist_product", product["seller_id"], product_id=product["product_id"])
    unlisted = order(product, price_version=2)
    market.tell(unlisted)
    reasons = {
        one.order_id: [data["reason"] for data in market.emitted("catalog.stock_rejected.v1", one.order_id)]
        for one in (old, new, ahead, foreign, unknown, unlisted)
    }
    assert list(reasons.values()) == [
        ["price_changed"],
        [],
        ["price_changed"],
        ["not_listed"],
        ["not_listed"],
        ["not_listed"],
    ]
    assert market.levels(*variants(product)) == [(5, 1)]


def test_repeated_events_move_stock_once(market, order, later):
    product = market.product(stock=10)
    kept, void, gone = (order(product, (variants(product)[0], 2)) for _ in range(3))
    market.tell(kept, void, gone, copies=3)
    market.tell(later(OrderPaidV1, gone), later(OrderVoidedV1, void), later(OrderShippedV1, gone), copies=3)
    market.tell(kept, void, gone)  # the same order under another event's id
    market.tell(later(OrderVoidedV1, gone), later(OrderShippedV1, void), later(OrderCompletedV1, gone))
    assert market.states([one.order_id for one in (kept, void, gone)]) == ["held", "released", "committed"]
    assert market.levels(*variants(product)) == [(8, 2)]
    ledger = "SELECT delta, reason, order_id FROM stock_ledger WHERE variant_id = %s ORDER BY entry_id"
    assert market.rows(ledger, variants(product)[0]) == [(10, "set", None), (-2, "shipped", gone.order_id)]


def test_a_void_that_overtakes_its_order_leaves_a_tombstone(market, order, later):
    product = market.product(stock=1)
    early = order(product)
    market.tell(later(OrderVoidedV1, early))
    assert market.states([early.order_id]) == ["void"]
    market.tell(early)
    assert market.states([early.order_id]) == ["rejected"]
    [answer] = market.emitted("catalog.stock_rejected.v1", early.order_id)
    assert answer["reason"] == "order_void"
    assert market.levels(*variants(product)) == [(1, 0)]


def retried(market) -> float:
    """How many events the first process has put back to be tried again."""
    counted = market.programs[0].metrics("yeshi_events_total")
    return sum(value for labels, value in counted.items() if 'outcome="retried"' in labels)


def test_a_shipment_that_overtakes_its_order_is_tried_again(market, order, later):
    product = market.product(stock=3)
    early = order(product)
    before = retried(market)
    [shipped] = market.publish(later(OrderShippedV1, early))
    until(lambda: retried(market) > before)
    market.tell(early)
    market.until_heard([shipped])
    assert market.states([early.order_id]) == ["committed"]
    assert market.levels(*variants(product)) == [(2, 0)]


def test_an_order_nobody_could_serve_goes_to_the_dead_queue_and_its_neighbours_do_not(market, order):
    product = market.product(stock=10)
    good = [order(product) for _ in range(4)]
    wrong = [
        order(product, (variants(product)[0], 0)),
        order(product, ("no id", 1)),
        order({**product, "shop_id": "x"}),
    ]
    market.publish(*good[:2], *wrong, *good[2:], bundled=True)
    dead = until(lambda: _dead(market, 3))
    assert market.states([one.order_id for one in good]) == ["held"] * 4
    assert {one.error.partition(":")[0] for one in dead} == {"Invalid"}
    market.client.run(dlq.drop(market.amqp_url, {one.id for one in dead}))


def _dead(market, count: int) -> list[dlq.Dead]:
    found = market.client.run(dlq.listing(market.amqp_url))
    return found if len(found) == count else []


def test_two_replicas_share_a_rush(market, order, later):
    product = market.product(stock=60, options=RED_AND_BLUE)
    red, blue = variants(product)
    second = market.start()
    rng = random.Random(7)
    placed = [order(product, *rng.sample([(red, 1), (blue, 1)], rng.randint(1, 2))) for _ in range(300)]
    voided = rng.sample(placed, 60)
    ids = market.publish(*placed[:150])
    ids += market.publish(*(later(OrderVoidedV1, one) for one in voided))
    ids += market.publish(*placed[150:], copies=2)
    market.until_heard(ids)
    states = market.states([one.order_id for one in placed])
    assert set(states) <= {"held", "rejected", "released"}
    held = [one for one, state in zip(placed, states, strict=True) if state == "held"]
    taken = {
        one: sum(line.quantity for each in held for line in each.lines if line.variant_id == one) for one in (red, blue)
    }
    assert market.levels(red, blue) == [(60, taken[red]), (60, taken[blue])]
    assert 60 in taken.values()  # there was a rush
    assert second.stop() == 0


@pytest.mark.parametrize(
    "point", ["transaction.before_commit:2", "transaction.after_commit:2", "consumer.after_handler:2"]
)
def test_a_death_at_its_worst_moment_moves_stock_once(market, order, later, point):
    product = market.product(stock=70)
    placed = [order(product) for _ in range(150)]
    with market.service_away():
        ids = market.publish(*placed) + market.publish(*(later(OrderVoidedV1, one) for one in placed[:20]))
        dying = market.start(wait=False, CRASH_AT=point)
        until(lambda: not dying.running)
        assert dying.process.returncode == -9
    market.until_heard(ids)
    states = market.states([one.order_id for one in placed])
    assert states[:20] == ["released"] * 20
    assert market.levels(*variants(product)) == [(70, states.count("held"))]
    assert states.count("held") >= 50
    assert set(states) == {"released", "held", "rejected"}


def test_sigkill_again_and_again_in_a_rush(market, order, later):
    """RELIABILITY F1 for catalog: killed five times at random while orders come, are voided and shipped."""
    [service, *_] = market.programs
    product = market.product(stock=100, options=RED_AND_BLUE)
    red, blue = variants(product)
    rng = random.Random(11)
    ids, placed = [], []
    for _ in range(5):
        wave = [order(product, (rng.choice((red, blue)), rng.randint(1, 3))) for _ in range(60)]
        placed += wave
        ids += market.publish(*wave, copies=2)
        ids += market.publish(*(later(rng.choice((OrderVoidedV1, OrderShippedV1)), one) for one in wave[::3]))
        time.sleep(rng.random() * 0.1)
        service.kill()
        service.start()
        service.until_ready()
    market.until_heard(ids, 60)
    states = market.states([one.order_id for one in placed])
    assert None not in states
    assert "unknown" not in states
    on_hand = [level for level, _ in market.levels(red, blue)]
    shipped = sum(
        line.quantity for one, state in zip(placed, states, strict=True) if state == "committed" for line in one.lines
    )
    assert sum(on_hand) == 200 - shipped


def test_the_report_finds_what_should_not_be(market, order):
    """The invariants of these tests and catalog's own report agree on a planted leak."""
    product = market.product(stock=5)
    [one] = variants(product)
    market.tell(order(product))
    assert market.once("reconcile")[0] == 0
    market.rows("UPDATE stock SET on_hand = on_hand + 1, reserved = reserved + 2 WHERE variant_id = %s", one)
    assert len(market.violations()) == 2
    status, said = market.once("reconcile")
    assert status == 1
    assert "on_hand is not the sum of its ledger" in said
    assert "reserved is not what orders hold" in said
    market.rows("UPDATE stock SET on_hand = on_hand - 1, reserved = reserved - 2 WHERE variant_id = %s", one)
