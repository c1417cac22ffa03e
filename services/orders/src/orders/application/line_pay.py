"""LINE Pay, step by step: claim a payment, write down what will be sent, send it, write down what came back.

Whatever was sent may have been done, also when no answer came: then LINE Pay is asked, and nothing is repeated blindly.
Codes are LINE Pay's, Online API v4.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto
from uuid import UUID

from orders.application.ports import Clock, LinePay, PayReply, Reader, UnitOfWork, Units
from orders.domain.order import Order, PaymentStatus, Status
from orders.domain.payment import Payment

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=90)  # longer than the longest call may take
LOOK_EVERY = timedelta(seconds=10)  # whether the buyer has approved, in case the browser never comes back
LOOK_AGAIN = timedelta(seconds=2)
MOST_REQUESTS = 5

SUCCESS = "0000"
NO_ANSWER = ""
NOT_APPROVED = "1169"
NO_RECORD = "1150"
# The call may have been done, may be running, or the trouble may pass: look, then decide.
UNCERTAIN = frozenset(
    {NO_ANSWER, "1145", "1152", "1165", "1172", "1198", "1199", "1280", "1900", "1902", "1999", "9000"}
)
WAITING, APPROVED, CANCELLED, FAILED, DONE = "0000", "0110", "0121", "0122", "0123"


class Action(Enum):
    """What to do for a payment now."""

    REQUEST = auto()
    LOOK_AT_BUYER = auto()
    CONFIRM = auto()
    LOOK_AT_CAPTURE = auto()
    REFUND = auto()
    LOOK_AT_REFUND = auto()
    NOTHING = auto()


@dataclass(frozen=True)
class Plan:
    """An action for a payment."""

    action: Action
    payment: Payment


class LinePayWork:
    """Moves payments on. Any number may run side by side: each takes what no other has."""

    def __init__(self, units: Units, reader: Reader, line_pay: LinePay, now: Clock) -> None:
        self._units = units
        self._reader = reader
        self._line_pay = line_pay
        self._now = now

    def step(self) -> bool:
        """One payment. Answers whether there was one. Raises Unavailable when the database is away."""
        now = self._now()
        with self._units() as unit:
            claimed = unit.payments.claim(now, now + LEASE)
        if claimed is None:
            return False
        plan = self._plan(claimed)
        if plan.action is not Action.NOTHING:
            reply = self._send(plan)
            self._record(plan, reply)
        return True

    def _plan(self, claimed: Payment) -> Plan:
        """Decides under the order's lock, and keeps what is about to be sent."""
        now = self._now()
        with self._units() as unit:
            order, payment = _locked(unit, claimed.order_id)
            if payment.attempt != claimed.attempt:
                claimed.next_at = None
                unit.payments.save(claimed)
                return Plan(Action.NOTHING, claimed)
            action = _next(order, payment, now)
            if action is Action.REQUEST and payment.requested_at is not None:
                payment = _anew(unit, payment, now)
            if action is Action.REQUEST:
                payment.requested_at = now
            elif action is Action.CONFIRM:
                payment.confirm_sent_at = now
            elif action is Action.REFUND:
                payment.refund_sent_at = now
            elif action is Action.NOTHING:
                payment.next_at = None
            unit.orders.save([order])
            unit.payments.save(payment)
        return Plan(action, payment)

    def _send(self, plan: Plan) -> PayReply:
        payment = plan.payment
        transaction = payment.transaction_id or ""
        if plan.action is Action.REQUEST:
            return self._line_pay.request(
                payment.line_order_id, self._reader.orders([payment.order_id])[payment.order_id]
            )
        if plan.action is Action.LOOK_AT_BUYER:
            return self._line_pay.check(transaction)
        if plan.action is Action.CONFIRM:
            return self._line_pay.confirm(transaction, payment.amount)
        if plan.action is Action.REFUND:
            return self._line_pay.refund(transaction, payment.amount)
        return self._line_pay.details(transaction)

    def _record(self, plan: Plan, reply: PayReply) -> None:
        again = self._line_pay.check(plan.payment.transaction_id or "") if _is_nowhere(plan, reply) else None
        now = self._now()
        with self._units() as unit:
            order, payment = _locked(unit, plan.payment.order_id)
            if payment.attempt != plan.payment.attempt:
                return
            payment.error = None if reply.code == SUCCESS else reply.code or "no answer"
            if plan.action is Action.REQUEST:
                _requested(order, payment, reply, now)
            elif plan.action is Action.LOOK_AT_BUYER:
                _looked(order, payment, reply.code, now)
            elif plan.action is Action.CONFIRM:
                _confirmed(order, payment, reply, now)
            elif plan.action is Action.LOOK_AT_CAPTURE:
                _capture_seen(order, payment, reply, again.code if again else None, now)
            elif plan.action is Action.REFUND:
                _refunded(order, payment, reply, now)
            else:
                _refund_seen(order, payment, reply, now)
            unit.orders.save([order])
            unit.payments.save(payment)
            unit.publish(*order.events)


def _locked(unit: UnitOfWork, order_id: UUID) -> tuple[Order, Payment]:
    order, payment = unit.orders.get(order_id), unit.payments.current(order_id)
    if order is None or payment is None:
        raise LookupError(f"order {order_id} has lost its payment")
    return order, payment


def _next(order: Order, payment: Payment, now: datetime) -> Action:
    """What there is to do. A void order is not confirmed any more: its money is never taken."""
    if order.payment is PaymentStatus.REQUESTED:
        if payment.transaction_id is not None:
            return Action.LOOK_AT_BUYER
        if payment.tries < MOST_REQUESTS:
            return Action.REQUEST
        order.pay(PaymentStatus.FAILED)
    elif order.payment is PaymentStatus.CONFIRMING:
        if payment.confirm_sent_at is not None:
            return Action.LOOK_AT_CAPTURE
        if order.status is not Status.VOID:
            return Action.CONFIRM
        order.pay(PaymentStatus.FAILED)
    elif order.payment is PaymentStatus.REFUNDING:
        return Action.REFUND if payment.refund_sent_at is None else Action.LOOK_AT_REFUND
    return Action.NOTHING


def _anew(unit: UnitOfWork, lost: Payment, now: datetime) -> Payment:
    """A request without an answer: nobody has its address, so nobody can pay it, and its orderId is used up."""
    lost.next_at = None
    unit.payments.save(lost)
    payment = Payment.begun(
        lost.order_id, lost.attempt + 1, lost.buyer_id, lost.amount, lost.key, lost.fingerprint, now
    )
    payment.tries = lost.tries
    payment.next_at = now + LEASE
    unit.payments.add(payment)
    return payment


def _requested(order: Order, payment: Payment, reply: PayReply, now: datetime) -> None:
    if reply.code == SUCCESS:
        payment.transaction_id, payment.payment_url = reply.transaction_id, reply.payment_url
        payment.tries = 0
        payment.next_at = now + LOOK_EVERY
    elif reply.code in UNCERTAIN:
        _later(payment, now)
    elif order.payment is PaymentStatus.REQUESTED:
        _fail(order, payment)


def _looked(order: Order, payment: Payment, code: str, now: datetime) -> None:
    if order.payment is not PaymentStatus.REQUESTED:
        return  # it has moved on meanwhile
    if code in (APPROVED, DONE):
        order.pay(PaymentStatus.CONFIRMING)
        payment.confirm_sent_at = now if code == DONE else None
        payment.next_at = now
    elif code in (CANCELLED, FAILED, NO_RECORD):
        _fail(order, payment)
    elif code == WAITING:
        payment.error = None
        payment.next_at = now + LOOK_EVERY
    else:
        _later(payment, now)


def _confirmed(order: Order, payment: Payment, reply: PayReply, now: datetime) -> None:
    if reply.code == SUCCESS:
        _captured(order, payment, reply, now)
    elif reply.code == NOT_APPROVED:
        _back_to_the_buyer(order, payment, now)
    elif reply.code in UNCERTAIN:
        _later(payment, now)
    else:
        _fail(order, payment)


def _capture_seen(order: Order, payment: Payment, reply: PayReply, check: str | None, now: datetime) -> None:
    if reply.code == SUCCESS:
        _captured(order, payment, reply, now)
    elif check == APPROVED and order.status is not Status.VOID:
        payment.confirm_sent_at = None  # it was not done: once more
        payment.next_at = now + LOOK_AGAIN
    elif check == WAITING and order.status is not Status.VOID:
        _back_to_the_buyer(order, payment, now)
    elif check in (APPROVED, WAITING, CANCELLED, FAILED):
        _fail(order, payment)
    else:
        _later(payment, now)


def _captured(order: Order, payment: Payment, reply: PayReply, now: datetime) -> None:
    """The money is there, if it is this payment's and all of it."""
    taken = (reply.line_order_id, reply.transaction_id, reply.amount)
    if not reply.captured or taken != (payment.line_order_id, payment.transaction_id, payment.amount):
        log.error("LINE Pay answers another payment than %s: %s", payment.line_order_id, taken)
        payment.error = "differs"
        _later(payment, now)
        return
    order.paid(now)
    payment.captured_at = now
    payment.tries = 0
    payment.next_at = now if order.payment is PaymentStatus.REFUNDING else None


def _refunded(order: Order, payment: Payment, reply: PayReply, now: datetime) -> None:
    if reply.code == SUCCESS:
        _money_back(order, payment, now)
    elif reply.code in UNCERTAIN:
        _later(payment, now)
    else:
        log.error("LINE Pay refuses to refund %s: %s", payment.line_order_id, reply.code)
        _fail(order, payment)


def _refund_seen(order: Order, payment: Payment, reply: PayReply, now: datetime) -> None:
    if reply.code == SUCCESS and reply.refunded == payment.amount:
        _money_back(order, payment, now)
    elif reply.code == SUCCESS and reply.refunded == 0:
        payment.refund_sent_at = None  # it was not done: once more
        payment.next_at = now + LOOK_AGAIN
    else:
        _later(payment, now)


def _money_back(order: Order, payment: Payment, now: datetime) -> None:
    order.pay(PaymentStatus.REFUNDED)
    payment.refunded_at = now
    payment.next_at = None


def _back_to_the_buyer(order: Order, payment: Payment, now: datetime) -> None:
    order.pay(PaymentStatus.REQUESTED)
    payment.confirm_sent_at = None
    payment.next_at = now + LOOK_EVERY


def _fail(order: Order, payment: Payment) -> None:
    order.pay(PaymentStatus.FAILED)
    payment.next_at = None


def _later(payment: Payment, now: datetime) -> None:
    """Again after a pause that grows to five minutes."""
    payment.tries += 1
    payment.next_at = now + min(LOOK_AGAIN * 2 ** min(payment.tries - 1, 8), timedelta(minutes=5))


def _is_nowhere(plan: Plan, reply: PayReply) -> bool:
    return plan.action is Action.LOOK_AT_CAPTURE and reply.code == NO_RECORD
