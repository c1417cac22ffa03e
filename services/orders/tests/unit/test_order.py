"""The status table and the payment axis."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.ids import uuid7
from orders.domain.errors import IllegalTransition
from orders.domain.order import (
    ALLOWED,
    PAYMENT_ALLOWED,
    Order,
    PaymentMethod,
    PaymentStatus,
    Status,
    VoidReason,
)

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
SOMEBODY = uuid7()
DAY = timedelta(days=1)


def an_order(status=Status.PENDING, payment=PaymentStatus.NONE, method=PaymentMethod.LINE_PAY, total=180):
    return Order(
        id=uuid7(),
        checkout_id=uuid7(),
        shop_id=uuid7(),
        seller_id=uuid7(),
        buyer_id=uuid7(),
        payment_method=method,
        items_total=total,
        shipping_fee=0,
        total_price=total,
        status=status,
        payment=payment,
    )


MOVES = {
    "cancel": lambda order: order.cancel(VoidReason.CANCELLED_BY_BUYER, SOMEBODY, NOON),
    "paid": lambda order: order.paid(NOON),
    "ship": lambda order: order.ship(SOMEBODY, NOON, None),
    "receive": lambda order: order.receive(SOMEBODY, NOON),
}
#: Where each move may begin, and where it leads. Where it leads it may be repeated.
LEGAL = {
    "cancel": ({Status.PENDING, Status.UNPAID, Status.TO_SHIP}, Status.VOID),
    "ship": ({Status.TO_SHIP}, Status.SHIPPING),
    "receive": ({Status.SHIPPING}, Status.COMPLETED),
}


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("move", LEGAL)
def test_a_move_begins_where_it_may_and_is_refused_elsewhere(move, status):
    begins, leads = LEGAL[move]
    order = an_order(status)
    if status in begins:
        MOVES[move](order)
        assert (order.status, order.version, len(order.events)) == (leads, 2, 1)
    elif status is leads:
        MOVES[move](order)
        assert (order.status, order.events, order.steps) == (status, [], [])
    else:
        with pytest.raises(IllegalTransition) as refused:
            MOVES[move](order)
        assert refused.value.fields == {"from": status, "to": leads}
        assert (order.status, order.events) == (status, [])


def test_the_table_is_the_designs():
    assert {status: {*targets} for status, targets in ALLOWED.items()} == {
        Status.PENDING: {Status.UNPAID, Status.TO_SHIP, Status.VOID},
        Status.UNPAID: {Status.TO_SHIP, Status.VOID},
        Status.TO_SHIP: {Status.SHIPPING, Status.VOID},
        Status.SHIPPING: {Status.COMPLETED},
        Status.COMPLETED: set(),
        Status.VOID: set(),
    }
    assert set(PAYMENT_ALLOWED) == set(PaymentStatus)


def _any(order):
    return {
        **MOVES,
        "reserved": lambda one: one.reserved(NOON, DAY),
        "rejected": lambda one: one.rejected(VoidReason.OUT_OF_STOCK, NOON),
        "expire": lambda one: one.expire(NOON),
        **{f"pay {target}": lambda one, to=target: one.pay(to) for target in PaymentStatus},
    }


@given(st.lists(st.sampled_from(sorted(_any(None))), max_size=20), st.sampled_from(PaymentMethod))
def test_whatever_is_tried_history_has_no_gap_and_no_step_outside_the_table(names, method):
    order = an_order(method=method)
    for name in names:
        before = (order.status, order.version)
        try:
            _any(order)[name](order)
        except IllegalTransition:
            assert (order.status, order.version) == before
    assert [step.version for step in order.steps] == list(range(2, order.version + 1))
    at = Status.PENDING
    for step in order.steps:
        assert step.before is at
        assert step.after in ALLOWED[at]
        at = step.after
    assert order.status is at
    assert (order.status is Status.VOID) == (order.void_reason is not None)
    assert order.version_read == 1


@pytest.mark.parametrize(
    ("method", "total", "status"),
    [
        (PaymentMethod.LINE_PAY, 180, Status.UNPAID),
        (PaymentMethod.BANK_TRANSFER, 180, Status.UNPAID),
        (PaymentMethod.COD, 180, Status.TO_SHIP),
        (PaymentMethod.LINE_PAY, 0, Status.TO_SHIP),
    ],
)
def test_what_is_held_waits_for_money_unless_there_is_none_to_wait_for(method, total, status):
    order = an_order(method=method, total=total)
    order.reserved(NOON, DAY)
    assert order.status is status
    assert order.pay_before == (NOON + DAY if status is Status.UNPAID else None)


@pytest.mark.parametrize("status", [status for status in Status if status is not Status.PENDING])
def test_answers_of_catalog_that_come_late_change_nothing(status):
    order = an_order(status)
    order.reserved(NOON, DAY)
    order.rejected(VoidReason.NOT_LISTED, NOON)
    assert (order.status, order.events, order.steps) == (status, [], [])


def test_the_timer_waits_for_a_payment_that_is_being_confirmed():
    order = an_order(Status.UNPAID, PaymentStatus.CONFIRMING)
    order.expire(NOON)
    assert order.status is Status.UNPAID
    order.pay(PaymentStatus.REQUESTED)
    order.expire(NOON)
    assert (order.status, order.void_reason, order.voided_by) == (Status.VOID, VoidReason.PAYMENT_TIMEOUT, None)
    assert order.payment is PaymentStatus.FAILED


def test_money_that_comes_to_a_void_order_goes_back():
    order = an_order(Status.UNPAID, PaymentStatus.CONFIRMING)
    order.cancel(VoidReason.CANCELLED_BY_BUYER, SOMEBODY, NOON)
    order.events.clear()
    order.paid(NOON)
    assert (order.status, order.payment, order.events) == (Status.VOID, PaymentStatus.REFUNDING, [])


def test_calling_off_a_paid_order_gives_the_money_back():
    order = an_order(Status.UNPAID, PaymentStatus.CONFIRMING)
    order.paid(NOON)
    order.paid(NOON)
    order.cancel(VoidReason.CANCELLED_BY_SELLER, SOMEBODY, NOON)
    assert order.payment is PaymentStatus.REFUNDING


def test_cash_is_captured_when_the_goods_are_received():
    order = an_order(Status.SHIPPING, method=PaymentMethod.COD)
    order.receive(SOMEBODY, NOON)
    assert (order.payment, order.paid_at) == (PaymentStatus.CAPTURED, NOON)


def test_a_tracking_number_stays_as_it_was_given():
    order = an_order(Status.TO_SHIP)
    order.ship(SOMEBODY, NOON, "A1")
    order.ship(SOMEBODY, NOON, "A1")
    order.ship(SOMEBODY, NOON, None)
    assert order.tracking_number == "A1"
    with pytest.raises(IllegalTransition):
        order.ship(SOMEBODY, NOON, "B2")


@pytest.mark.parametrize("payment", PaymentStatus)
@pytest.mark.parametrize("target", PaymentStatus)
def test_money_moves_as_the_table_says(payment, target):
    order = an_order(Status.UNPAID, payment)
    if target in PAYMENT_ALLOWED[payment]:
        order.pay(target)
        assert order.payment is target
    else:
        with pytest.raises(IllegalTransition):
            order.pay(target)
        assert order.payment is payment
