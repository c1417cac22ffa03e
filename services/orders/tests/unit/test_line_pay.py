"""LINE Pay: what is sent, and what becomes of every kind of answer."""

import pytest

from chassis.errors import Missing
from chassis.ids import uuid7
from orders.adapters.line_pay import signature
from orders.application.ports import PayReply
from orders.domain.errors import IllegalTransition, KeyReused
from orders.domain.order import PaymentStatus, Status

T = "2026112400000000001"
OK = PayReply("0000", transaction_id=T, payment_url="https://pay.test/1")
LOST = PayReply("")


def begin(world, **script):
    """An unpaid order with a request that LINE Pay has answered."""
    order_id, _ = world.unpaid()
    world.line.script = {"request": [OK], **script}
    pay(world, order_id)
    assert world.work.step()
    return order_id


def pay(world, order_id, key="k"):
    return world.app.payments.pay(world.buyer, order_id, key, "f", world.catalog)


def back(world, order_id, **more):
    return world.app.payments.returned(str(order_id), T, cancelled=more.get("cancelled", False))


def taken(order_id, amount=180, **changes):
    values = {"transaction_id": T, "line_order_id": str(order_id), "amount": amount, "captured": True}
    return PayReply("0000", **{**values, **changes})


def run(world, steps=10):
    """Everything that is due, now and later."""
    for _ in range(steps):
        while world.work.step():
            pass
        world.later(minutes=5)


def sent(world):
    return [call[0] for call in world.line.sent]


def test_a_request_is_made_once_and_its_address_shown(world):
    order_id = begin(world)
    assert world.line.sent == [("request", str(order_id), 180)]
    seen = pay(world, order_id)
    assert (seen["payment_url"], seen["payment_status"]) == (OK.payment_url, "requested")
    assert pay(world, order_id, key="another")["payment_url"] == OK.payment_url
    with pytest.raises(KeyReused):
        world.app.payments.pay(world.buyer, order_id, "k", "other", world.catalog)


def test_a_key_that_met_a_payment_under_way_stands_for_it_too(world):
    order_id = begin(world)
    pay(world, order_id, key="another")
    other_id, _ = world.unpaid()
    for key in ("k", "another"):
        with pytest.raises(KeyReused):
            pay(world, other_id, key=key)
    assert pay(world, other_id, key="third")["payment_status"] == "requested"


def test_before_line_pay_has_answered_there_is_no_address(world):
    order_id, _ = world.unpaid()
    assert pay(world, order_id)["payment_url"] is None


def test_an_approved_payment_is_confirmed_and_the_order_paid(world):
    order_id = begin(world)
    world.line.script["confirm"] = [taken(order_id)]
    assert back(world, order_id) == {"order_id": str(order_id), "status": "unpaid"}
    back(world, order_id)
    run(world)
    assert world.line.sent[1:] == [("confirm", T, 180)]
    assert (world.order(order_id).status, world.order(order_id).payment) == (Status.TO_SHIP, PaymentStatus.CAPTURED)
    assert world.told(order_id)[-1] == "OrderPaid"


@pytest.mark.parametrize(
    "wrong", [{"amount": 179}, {"transaction_id": "1"}, {"line_order_id": "x"}, {"captured": False}]
)
def test_another_amount_or_payment_is_never_taken_for_ours(world, wrong):
    order_id = begin(world)
    world.line.script |= {"confirm": [taken(order_id, **wrong)], "details": [taken(order_id, **wrong)] * 50}
    back(world, order_id)
    run(world)
    assert world.order(order_id).status is Status.UNPAID
    assert world.order(order_id).payment is PaymentStatus.CONFIRMING


@pytest.mark.parametrize("code", ["", "1199", "9000", "1198", "1152", "1900"])
def test_after_a_doubtful_confirm_line_pay_is_asked_first(world, code):
    order_id = begin(world)
    world.line.script |= {"confirm": [PayReply(code)], "details": [LOST, taken(order_id)]}
    back(world, order_id)
    run(world)
    assert sent(world) == ["request", "confirm", "details", "details"]
    assert world.order(order_id).payment is PaymentStatus.CAPTURED


def test_a_confirm_that_was_not_done_is_sent_again(world):
    order_id = begin(world)
    world.line.script |= {
        "confirm": [LOST, taken(order_id)],
        "details": [PayReply("1150")],
        "check": [PayReply("0110")],
    }
    back(world, order_id)
    run(world)
    assert sent(world) == ["request", "confirm", "details", "check", "confirm"]
    assert world.order(order_id).payment is PaymentStatus.CAPTURED


def test_a_return_before_the_approval_goes_back_to_the_buyer(world):
    order_id = begin(world)
    world.line.script |= {"confirm": [PayReply("1169")], "check": [PayReply("0121")]}
    back(world, order_id)
    assert world.work.step()
    assert world.order(order_id).payment is PaymentStatus.REQUESTED
    run(world)
    assert world.order(order_id).payment is PaymentStatus.FAILED


@pytest.mark.parametrize("code", ["1110", "1142", "1153", "1180"])
def test_a_confirm_that_is_refused_fails_and_another_try_has_an_order_id_of_its_own(world, code):
    order_id = begin(world)
    world.line.script |= {"confirm": [PayReply(code)]}
    back(world, order_id)
    run(world)
    assert world.order(order_id).payment is PaymentStatus.FAILED
    assert pay(world, order_id)["payment_url"] is None  # the same key stays what it was
    world.line.script["request"] = [OK]
    pay(world, order_id, key="k2")
    assert world.work.step()
    assert world.line.sent[-1] == ("request", f"{order_id}-2", 180)


def test_a_lost_request_is_made_anew_and_given_up_in_the_end(world):
    order_id, _ = world.unpaid()
    world.line.script = {"request": [LOST] * 20}
    pay(world, order_id)
    run(world, 30)
    names = [call[1] for call in world.line.sent]
    assert len(names) == len(set(names)) == 5
    assert world.order(order_id).payment is PaymentStatus.FAILED


def test_a_buyer_whose_browser_never_came_back_is_noticed(world):
    order_id = begin(world, check=[PayReply("0000"), PayReply("0110")])
    world.line.script["confirm"] = [taken(order_id)]
    run(world)
    assert sent(world) == ["request", "check", "check", "confirm"]
    assert world.order(order_id).payment is PaymentStatus.CAPTURED


def test_a_void_order_is_not_confirmed_any_more(world):
    order_id = begin(world)
    back(world, order_id)
    world.app.orders.cancel(world.buyer, order_id, world.catalog)
    run(world)
    assert sent(world) == ["request"]
    assert world.order(order_id).payment is PaymentStatus.FAILED


def test_money_that_was_taken_for_a_void_order_goes_back_once(world):
    order_id = begin(world)
    back(world, order_id)
    amount = taken(order_id)
    world.line.script |= {"refund": [LOST], "details": [taken(order_id, refunded=180)]}

    def confirm(*_):
        world.app.orders.cancel(world.buyer, order_id, world.catalog)
        return amount

    world.line.confirm = confirm
    run(world)
    assert sent(world) == ["request", "refund", "details"]
    assert world.order(order_id).payment is PaymentStatus.REFUNDED


def test_a_refund_that_was_not_done_is_sent_again_and_a_refused_one_fails(world):
    order_id = begin(world)
    world.line.script |= {
        "confirm": [taken(order_id)],
        "refund": [PayReply("9000"), PayReply("1163")],
        "details": [taken(order_id)],
    }
    back(world, order_id)
    run(world, 2)
    world.app.orders.cancel(world.buyer, order_id, world.catalog)
    run(world)
    assert sent(world) == ["request", "confirm", "refund", "details", "refund"]
    assert world.order(order_id).payment is PaymentStatus.FAILED


def test_a_made_up_return_is_missing(world):
    order_id = begin(world)
    for line_order_id, transaction in ((str(order_id), "1"), (str(uuid7()), T), ("a\0", T)):
        with pytest.raises(Missing):
            world.app.payments.returned(line_order_id, transaction, cancelled=False)
    assert world.order(order_id).payment is PaymentStatus.REQUESTED


def test_a_return_before_any_request_was_answered_is_missing(world):
    order_id, _ = world.unpaid()
    pay(world, order_id)
    with pytest.raises(Missing):
        back(world, order_id)


def test_a_buyer_who_gave_up_is_believed_by_line_pay_only(world):
    order_id = begin(world, check=[PayReply("0000"), PayReply("0121")])
    back(world, order_id, cancelled=True)
    assert world.work.step()
    assert world.order(order_id).payment is PaymentStatus.REQUESTED
    run(world)
    assert world.order(order_id).payment is PaymentStatus.FAILED


def test_what_is_not_unpaid_cannot_be_paid(world):
    order_id, _ = world.placed()
    with pytest.raises(IllegalTransition):
        pay(world, order_id)


def test_nothing_to_do_is_said(world):
    assert world.work.step() is False


def test_the_signature_is_over_secret_path_payload_and_nonce():
    assert signature("s", "/v4/payments", "transactionId=1", "n") == "3RLZpMgmOXQ/RjUFZcjaONngt5ANdCi67TKYnGdQu4E="
