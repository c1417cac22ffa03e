"""Every invariant of the checker catches a violation planted for it, and a good run passes."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from notify.domain.rules import NEVER_STOOD, RULES, Audience, Kind
from yeshi_local.faults.checker import INVARIANTS, check
from yeshi_local.faults.evidence import (
    Bell,
    Delivery,
    Evidence,
    Line,
    OrderRow,
    Reservation,
    Step,
    StockRow,
    Stream,
)
from yeshi_local.faults.invariants import bells
from yeshi_local.faults.ledger import Attempt, Ledger

#: `o` was bought and stands, `gone` came too late for the last two pieces, `late` was never paid.
ORDER = OrderRow("to_ship", 480, 80, 560, 480, version=2, buyer="b", seller="s")
GONE = replace(ORDER, status="void", void_reason="out_of_stock", buyer="b2")
LATE = replace(ORDER, status="void", version=3, method="bank_transfer", void_reason="payment_timeout", buyer="b3")
LINE, GONE_LINE, LATE_LINE = Line("o", "1", "v", 9), Line("gone", "1", "v", 2), Line("late", "1", "w", 1)
NEW = Bell("o", "order.new", "s")


def put(buyer: str, key: str, variant: str, quantity: int, status: int = 200, code: str = "") -> Attempt:
    return Attempt(buyer, key, 1.0, 1.1, status, asks="cart", about=variant, quantity=quantity, by=buyer, code=code)


def placed(buyer: str, key: str, order: str, status: int = 201) -> Attempt:
    return Attempt(buyer, key, 1.2, 1.3, status, f"c-{key}", ((order, 560),))


def moved(asks: str, by: str, order: str = "o", status: int = 200, code: str = "") -> Attempt:
    return Attempt("b", "k", 3.0, 3.1, status, asks=asks, about=order, by=by, code=code)


#: Long after the last pieces had gone.
SOLD_OUT = replace(put("b4", "k4", "v", 2, 409, "out_of_stock"), sent_at=200.0, answered_at=200.1)


def a_good_run() -> tuple[Ledger, Evidence]:
    ledger = Ledger(
        [
            put("b", "k", "v", 9), placed("b", "k", "o"),
            put("b2", "k2", "v", 2), placed("b2", "k2", "gone"),
            put("b3", "k3", "w", 1), placed("b3", "k3", "late", 202),
            SOLD_OUT, Attempt("b4", "k4", 201.0, 201.1, 422, code="cart_empty"),
        ]
    )  # fmt: skip
    return ledger, Evidence(
        checkouts=[("b", "k"), ("b2", "k2"), ("b3", "k3")],
        orders={"o": ORDER, "gone": GONE, "late": LATE},
        placed={"o": ("b", "k"), "gone": ("b2", "k2"), "late": ("b3", "k3")},
        lines={LINE, GONE_LINE, LATE_LINE},
        stock={"v": StockRow(10, 9, 10, 9, 10), "w": StockRow(5, 0, 5, 0, 5)},
        reservations=[
            Reservation(LINE, "held", 1.2, 1.2),
            Reservation(GONE_LINE, "rejected", 1.3, 1.3),
            Reservation(LATE_LINE, "released", 1.2, 9.0),
        ],
        history=[
            Step("o", 1, None, "pending", "b"), Step("o", 2, "pending", "to_ship"),
            Step("gone", 1, None, "pending", "b2"), Step("gone", 2, "pending", "void", reason="out_of_stock"),
            Step("late", 1, None, "pending", "b3"), Step("late", 2, "pending", "unpaid"),
            Step("late", 3, "unpaid", "void", reason="payment_timeout"),
        ],
        expected={"notify": {"e"}},
        taken={"notify": {"e"}},
        bells=[
            NEW, Bell("gone", "order.voided", "b2"),
            Bell("late", "order.new", "s"), Bell("late", "order.voided", "b3"), Bell("late", "order.voided", "s"),
        ],
        unread={"s": (1, 1)},
        streamed={"tab": Stream([1, 2], [1, 2])},
        bound={"s": {"line", "sns"}},
        rung={"s": {"n"}},
        deliveries=[Delivery("n", "s", "line", "delivered", "r", 1), Delivery("n", "s", "sns", "delivered", "r9", 2)],
        pushes=[("r", "/orders/o", "U")],
        published=["n", "n"],
        photos_promised={"p"},
        photos_seen={"p"},
        wanted_descriptions={"m": 2},
        described={"m": 2},
        passed=4,
        counted=4,
        kills={"orders": 2},
        restarts={"orders": 2},
    )  # fmt: skip


Plant = Callable[[Ledger, Evidence], object]


def order(name: str = "o", **changes: object) -> Plant:
    return lambda _, evidence: evidence.orders.update({name: replace(evidence.orders[name], **changes)})


def stock(*row: int) -> Plant:
    return lambda _, evidence: evidence.stock.update({"v": StockRow(*row)})


def reservation(number: int, **changes: object) -> Plant:
    def plant(_: Ledger, evidence: Evidence) -> None:
        evidence.reservations[number] = replace(evidence.reservations[number], **changes)

    return plant


def step(number: int, **changes: object) -> Plant:
    def plant(_: Ledger, evidence: Evidence) -> None:
        evidence.history[number] = replace(evidence.history[number], **changes)

    return plant


def delivery(number: int, **changes: object) -> Plant:
    def plant(_: Ledger, evidence: Evidence) -> None:
        evidence.deliveries[number] = replace(evidence.deliveries[number], **changes)

    return plant


def answered(*attempts: Attempt) -> Plant:
    return lambda ledger, _: ledger.attempts.extend(attempts)


def having(**fields: object) -> Plant:
    return lambda _, evidence: evidence.__dict__.update(fields)


def appended(field: str, *values: object) -> Plant:
    return lambda _, evidence: getattr(evidence, field).extend(values)


def both(*plants: Plant) -> Plant:
    return lambda ledger, evidence: [plant(ledger, evidence) for plant in plants]


def forget(field: str, *values: object) -> Plant:
    return lambda _, evidence: [getattr(evidence, field).remove(value) for value in values]


NEVER_SOLD = both(
    lambda ledger, _: ledger.attempts.clear(),
    having(orders={}, placed={}, lines=set(), reservations=[], history=[], bells=[], checkouts=[]),
    stock(10, 0, 10, 0, 10),
)

SHIPPED = both(
    order(status="shipping", version=3),
    reservation(0, state="committed"),
    stock(1, 0, 1, 0, 10),
    appended("history", Step("o", 3, "to_ship", "shipping", "s")),
    appended("bells", Bell("o", "order.shipped", "b")),
)
WAITS = both(
    answered(put("b", "k8", "w", 1), placed("b", "k8", "wait", 202)),
    appended("history", Step("wait", 1, None, "pending", "b")),
    lambda _, evidence: evidence.orders.update(wait=replace(ORDER, status="pending", version=1)),
    lambda _, evidence: evidence.placed.update(wait=("b", "k8")),
    lambda _, evidence: evidence.lines.add(Line("wait", "1", "w", 1)),
)

PLANTS: dict[str, Plant] = {
    "I1": appended("checkouts", ("b", "k")),
    "I1 answers": answered(Attempt("b", "k", 2.0, 2.1, 201, "c2", (("o", 560),))),
    "I2 lost": answered(put("b", "k9", "v", 1), Attempt("b", "k9", 2.0, 2.1, 202, "c9", (("lost", 560),))),
    "I2 nobody asked": appended("checkouts", ("b", "nobody asked")),
    "I2 nobody was promised": lambda _, evidence: evidence.placed.update({"old": ("b5", "k5")}),
    "I2 nothing was sold": NEVER_SOLD,
    "I2 other goods": answered(put("b", "k", "v", 8)),
    "I3": stock(8, 9, 8, 9, 8),
    "I3 below zero": stock(-1, 0, -1, 0, -1),
    "I3 ledger": stock(11, 9, 10, 9, 10),
    "I3 not to the piece": stock(10, 9, 10, 9, 9),
    "I4": stock(10, 8, 10, 9, 10),
    "I5": reservation(0, state="committed"),
    "I5 kept": reservation(2, state="held"),
    "I5 overdue": order("late", overdue=3.0),
    "I5 pending": WAITS,
    "I5 without a reservation": lambda _, evidence: evidence.reservations.pop(2),
    "I5 another quantity": reservation(0, line=replace(LINE, quantity=10)),
    "I5 of nobody": appended("reservations", Reservation(Line("x", "1", "v", 1), "rejected")),
    "I6": having(unpublished=1),
    "I6 late": having(published_after=10.5),
    "I7": having(taken={"notify": set()}),
    "I8": appended("bells", NEW),
    "I8 missing": forget("bells", NEW),
    "I8 not due": appended("bells", Bell("gone", "order.voided", "s")),
    "I8 unread": having(unread={"s": (1, 2)}),
    "I8 stream repeats": having(streamed={"tab": Stream([1, 2], [1, 2, 2])}),
    "I8 stream turns": having(streamed={"tab": Stream([1, 2], [2, 1])}),
    "I8 stream misses": having(streamed={"tab": Stream([1, 2], [1])}),
    "I8 stream invents": having(streamed={"tab": Stream([1, 2], [1, 2, 3])}),
    "I9": appended("pushes", ("r2", "/orders/o", "U")),
    "I9 key": appended("pushes", ("r", "/orders/p", "U")),
    "I9 lost": having(pushes=[]),
    "I9 given up": having(given_up=1),
    "I9 stuck": delivery(0, overdue=True),
    "I9 never left": lambda _, evidence: evidence.rung["s"].add("n2"),
    "I9 left twice": lambda _, evidence: evidence.deliveries.append(evidence.deliveries[0]),
    "I9 SNS lost": having(published=[]),
    "I9 SNS too often": having(published=["n", "n", "n"]),
    "I9 SNS invented": appended("published", "of nobody"),
    "I10": having(dead=1),
    "I11": order(total_price=561),
    "I11 items": order(items_total=481, total_price=561),
    "I11 lines": order(lines_total=479),
    "I12": step(4, after="shipping"),
    "I12 stands still": both(appended("history", Step("o", 3, "to_ship", "to_ship")), order(version=3)),
    "I12 gap": lambda _, evidence: evidence.history.pop(0),
    "I12 late beginning": both(step(0, version=2), step(1, version=3), order(version=3)),
    "I12 end": order(status="unpaid"),
    "I12 elsewhere": step(6, before="to_ship"),
    "I12 of nobody": appended("history", Step("x", 1, None, "pending")),
    "I13": appended("stale_copies", "variant v: another price"),
    "I14": having(restarts={"orders": 3}),
    "I14 not ready": having(not_ready=["orders"]),
    "I14 late": having(ready_after=31.0),
    "I15": having(photos_seen=set()),
    "I15 document": having(described={"m": 1}),
    "I16": having(counted=5),
    "I17 cancelled by nobody": order("gone", void_reason="cancelled_by_buyer"),
    "I17 by another": both(order("late", void_reason="cancelled_by_seller"), answered(moved("cancel", "b3", "late"))),
    "I17 for no reason": order("late", void_reason="price_changed"),
    "I17 cash ran out of time": order("late", method="cod"),
    "I17 paid by nobody": order(method="bank_transfer"),
    "I17 forgotten": answered(moved("cancel", "b")),
    "I17 shipped by nobody": SHIPPED,
    "I18": answered(Attempt("b4", "k4", 2.0, 2.1, 500, code="internal")),
    "I18 gateway timeout": answered(moved("ship", "s", status=504)),
    "I18 no hint": answered(Attempt("b", "k", 2.0, 2.1, 503, code="unavailable")),
    "I18 refused": answered(moved("ship", "s", status=409, code="illegal_transition")),
    "I18 not empty": answered(Attempt("b", "k", 2.0, 2.1, 422, code="cart_empty")),
    "I18 another success": answered(Attempt("b4", "k4", 2.0, 2.1, 204)),
    "I18 refused and stored": appended("checkouts", ("b4", "k4")),
    "I19": reservation(0, made=100.0),
    "I19 cart": answered(put("b4", "k4", "v", 1, 409, "out_of_stock")),
}  # fmt: skip


def test_a_good_run_violates_nothing():
    assert {name: found for name, found in check(*a_good_run()).items() if found} == {}


@pytest.mark.parametrize("plant", PLANTS)
def test_a_planted_violation_is_caught_by_its_invariant_alone(plant):
    ledger, evidence = a_good_run()
    PLANTS[plant](ledger, evidence)
    found = {name for name, violations in check(ledger, evidence).items() if violations}
    assert found == {plant.split()[0]}


def test_every_invariant_has_a_plant():
    assert {plant.split()[0] for plant in PLANTS} == set(INVARIANTS)


def test_an_order_may_stand_whose_buyer_gave_up_before_an_answer_and_only_then():
    ledger, evidence = a_good_run()
    evidence.placed["old"] = ("b5", "k5")
    ledger.add(Attempt("b5", "k5", 5.0, 5.1, 503, code="unavailable"))
    ledger.add(Attempt("b5", "k5", 6.0, 6.1, 0, code="cut"))
    assert not any("promised to nobody" in words for words in check(ledger, evidence)["I2"])
    ledger.add(Attempt("b5", "k5", 7.0, 7.1, 409, code="price_changed"))
    assert any("promised to nobody" in words for words in check(ledger, evidence)["I2"])


def test_a_cart_line_that_came_late_may_be_in_the_buyers_next_order():
    """A request that was never answered may be done after the next one, and the cart is the buyer's all the same."""
    ledger, evidence = a_good_run()
    ledger.attempts.insert(0, put("b", "k0", "w", 4, status=0, code="cut"))
    evidence.lines.add(Line("o", "2", "w", 4))
    evidence.reservations.append(Reservation(Line("o", "2", "w", 4), "held"))
    evidence.stock["w"] = StockRow(5, 4, 5, 4, 5)
    assert [found for found in check(ledger, evidence).values() if found] == []


def test_pieces_that_were_given_back_in_time_make_a_refusal_wrong():
    ledger, evidence = a_good_run()
    evidence.reservations[0] = Reservation(LINE, "released", 1.2, 1.3)
    assert list(INVARIANTS["I19"](ledger, evidence)) == ["2 of v were refused as sold out, and were there"]


MOVES = {
    Kind.ORDER_CONFIRMED: [("pending", "unpaid"), ("pending", "to_ship")],
    Kind.ORDER_VOIDED: [("pending", "void"), ("unpaid", "void"), ("to_ship", "void")],
    Kind.ORDER_PAID: [("unpaid", "to_ship")],
    Kind.ORDER_SHIPPED: [("to_ship", "shipping")],
    Kind.ORDER_COMPLETED: [("shipping", "completed")],
}
SIDES = {Audience.BUYER: "buyer", Audience.SHOP: "seller", Audience.OWNER: "seller"}


def test_the_bells_that_are_due_are_those_of_notifys_rules():
    """The checker has its own table, so that a change of the rules is seen here and not taken over in silence."""
    ruled = {
        move: {(rule.type, SIDES[rule.audience]) for rule in RULES[kind]} for kind in MOVES for move in MOVES[kind]
    }
    assert {move: set(rings) for move, rings in bells.RINGS.items()} == ruled
    assert bells.NEVER_STOOD == NEVER_STOOD
