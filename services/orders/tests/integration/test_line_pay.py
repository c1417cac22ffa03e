"""Paying with LINE Pay: the work process against LINE's double."""

import pytest

from chassis.errors import Refusal
from chassis.ids import uuid7
from yeshi_local.kit.world import line_double
from yeshi_local.testing import until


@pytest.fixture(scope="module")
def double(tmp_path_factory):
    with line_double(tmp_path_factory.mktemp("line")) as client:
        yield client


@pytest.fixture(scope="module")
def workers(shared, double):
    """Work processes of the shared world that pay through the double: one, until a test changes that."""
    running = [shared.work(double.url)]
    yield running
    for program in running:
        assert program.stop() == 0


@pytest.fixture
def line(double, workers, world):
    double.clear_faults()
    yield double
    double.clear_faults()


@pytest.fixture
def order(world):
    return world.confirmed(world.shop(), payment_method="line_pay")


def pay(world, order, key="k1"):
    return world.call("pay_order", order["buyer_id"], order_id=order["order_id"], key=key, fingerprint="f")


def asked(world, order, key="k1"):
    """Waits for the address and answers (LINE's orderId, transaction id)."""
    pay(world, order, key)
    seen = until(lambda: (answer := pay(world, order, key))["payment_url"] and answer)
    assert seen["payment_status"] == "requested"
    [row] = world.rows(
        "SELECT line_order_id, transaction_id FROM payments WHERE order_id = %s ORDER BY attempt DESC LIMIT 1",
        order["order_id"],
    )
    return row


def come_back(world, line_order_id, transaction_id, **more):
    return world.call("line_pay_returned", None, order_id=line_order_id, transaction_id=transaction_id, **more)


def payment(world, order, status):
    return until(lambda: (seen := world.order(order))["payment_status"] == status and seen, 30)


def ledger(line, transaction):
    [one] = [one for one in line.control("GET", "payments")["payments"] if one["transactionId"] == transaction]
    return one


def test_a_payment_from_request_to_capture(world, line, order):
    line_order_id, transaction = asked(world, order)
    line.decide_payment(transaction, "approve")
    assert come_back(world, line_order_id, transaction)["order_id"] == order["order_id"]
    assert payment(world, order, "captured")["status"] == "to_ship"
    assert world.hears("order_paid", order).by is None
    assert pay(world, order)["payment_url"] is None
    assert ledger(line, transaction)["captured"] == order["total_price"]


def test_a_browser_that_never_comes_back_does_not_matter(world, line, order):
    _, transaction = asked(world, order)
    line.decide_payment(transaction, "approve")
    world.rows("UPDATE payments SET next_at = now() WHERE order_id = %s", order["order_id"])
    assert payment(world, order, "captured")["status"] == "to_ship"


@pytest.mark.parametrize("fault", ["code_after_move", "error_after_accept"])
def test_a_confirm_whose_answer_is_lost_is_looked_up_and_counted_once(world, line, order, fault):
    line_order_id, transaction = asked(world, order)
    line.decide_payment(transaction, "approve")
    line.fault("pay.confirm", fault, code="1199", times=1)
    come_back(world, line_order_id, transaction)
    assert payment(world, order, "captured")["status"] == "to_ship"
    assert len(world.rows("SELECT 1 FROM order_history WHERE order_id = %s", order["order_id"])) == 3


def test_a_confirm_that_was_not_done_is_done_again(world, line, order):
    line_order_id, transaction = asked(world, order)
    line.decide_payment(transaction, "approve")
    line.fault("pay.confirm", "code_before_move", code="9000", times=1)
    come_back(world, line_order_id, transaction)
    assert payment(world, order, "captured")["status"] == "to_ship"


def test_a_made_up_return_takes_no_money(world, line, order):
    line_order_id, transaction = asked(world, order)
    other = world.confirmed(world.shop(), payment_method="line_pay")
    other_order_id, _ = asked(world, other)
    for wrong in ((line_order_id, "1234567890123456789"), (other_order_id, transaction), ("nothing\0", transaction)):
        with pytest.raises(Refusal) as refused:
            come_back(world, *wrong)
        assert refused.value.code == "not_found"
    come_back(world, line_order_id, transaction)  # nobody has approved it
    assert payment(world, order, "requested")["status"] == "unpaid"
    line.decide_payment(transaction, "approve")
    come_back(world, line_order_id, transaction)
    come_back(world, line_order_id, transaction)
    assert payment(world, order, "captured")["status"] == "to_ship"


def test_a_cancelled_payment_may_be_tried_again(world, line, order):
    line_order_id, transaction = asked(world, order)
    line.decide_payment(transaction, "cancel")
    come_back(world, line_order_id, transaction, cancelled=True)
    assert payment(world, order, "failed")["status"] == "unpaid"
    again_order_id, again = asked(world, order, key="k2")
    assert again_order_id != line_order_id
    line.decide_payment(again, "approve")
    come_back(world, again_order_id, again)
    assert payment(world, order, "captured")["status"] == "to_ship"


def test_a_request_whose_answer_is_lost_is_made_anew(world, line, order):
    line.fault("pay.request", "error_after_accept", times=1)
    line_order_id, _ = asked(world, order)
    assert line_order_id == f"{order['order_id']}-2"


def test_one_key_is_one_payment(world, line, order):
    asked(world, order)
    asked(world, order)
    with pytest.raises(Refusal) as refused:
        world.call("pay_order", order["buyer_id"], order_id=order["order_id"], key="k1", fingerprint="another")
    assert refused.value.code == "idempotency_key_reused"
    assert pay(world, order, key="k9")["payment_url"]  # what is under way is answered
    assert world.rows("SELECT count(*) FROM payments WHERE order_id = %s", order["order_id"]) == [(1,)]


def test_an_order_called_off_before_the_approval_is_never_charged(world, line, order):
    line_order_id, transaction = asked(world, order)
    world.call("cancel_order", order["buyer_id"], order_id=order["order_id"])
    line.decide_payment(transaction, "approve")
    assert come_back(world, line_order_id, transaction)["status"] == "void"
    assert world.order(order)["payment_status"] == "failed"
    assert ledger(line, transaction)["captured"] == 0


def test_a_capture_on_a_void_order_refunds_itself(world, line, order):
    line_order_id, transaction = asked(world, order)
    line.decide_payment(transaction, "approve")
    line.fault("pay.confirm", "slow", seconds=5, times=1)
    come_back(world, line_order_id, transaction)
    until(
        lambda: world.rows(
            "SELECT 1 FROM payments WHERE confirm_sent_at IS NOT NULL AND order_id = %s", order["order_id"]
        )
    )
    world.call("cancel_order", order["buyer_id"], order_id=order["order_id"])
    assert payment(world, order, "refunded")["status"] == "void"
    assert world.events("order_paid", order["order_id"]) == []


@pytest.mark.parametrize("fault", [None, "error_after_accept", "code_before_move"])
def test_calling_off_a_paid_order_gives_the_money_back_once(world, line, order, fault):
    line_order_id, transaction = asked(world, order)
    line.decide_payment(transaction, "approve")
    come_back(world, line_order_id, transaction)
    payment(world, order, "captured")
    if fault:
        line.fault("pay.refund", fault, code="9000", times=1)
    world.call("cancel_order", order["buyer_id"], order_id=order["order_id"])
    assert payment(world, order, "refunded")["status"] == "void"
    assert ledger(line, transaction)["refunded"] == order["total_price"]
    world.rows("UPDATE payments SET next_at = now() WHERE order_id = %s", order["order_id"])
    until(lambda: world.rows("SELECT 1 FROM payments WHERE next_at IS NULL AND order_id = %s", order["order_id"]))
    assert ledger(line, transaction)["refunded"] == order["total_price"]


def test_a_worker_that_dies_while_confirming_leaves_it_to_the_next(world, line, order, workers):
    line_order_id, transaction = asked(world, order)
    line.decide_payment(transaction, "approve")
    line.fault("pay.confirm", "timeout_after_accept", seconds=30, times=1)
    come_back(world, line_order_id, transaction)
    until(lambda: ledger(line, transaction)["captured"])
    workers.pop().kill()
    assert world.order(order)["payment_status"] == "confirming"
    world.rows("UPDATE payments SET next_at = now() WHERE order_id = %s", order["order_id"])  # its lease is over
    workers.append(world.work(line.url))
    assert payment(world, order, "captured")["status"] == "to_ship"
    assert ledger(line, transaction)["captured"] == order["total_price"]


def test_only_what_is_payable_is_paid(world, line):
    pending = world.placed(world.shop(), payment_method="line_pay")
    with pytest.raises(Refusal) as refused:
        pay(world, pending)
    assert refused.value.code == "illegal_transition"
    cash = world.confirmed(world.shop(), status="to_ship", payment_method="cod")
    with pytest.raises(Refusal) as refused:
        pay(world, cash)
    assert refused.value.code == "not_payable_here"
    with pytest.raises(Refusal) as refused:
        world.call("pay_order", str(uuid7()), order_id=cash["order_id"], key="k", fingerprint="f")
    assert refused.value.code == "not_found"
