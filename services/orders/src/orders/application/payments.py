"""Paying: what buyers and shops ask for. What takes long is done by `line_pay`, in another process."""

from datetime import datetime, timedelta
from uuid import UUID

from chassis.errors import Missing
from kernel.rights import Right, require
from orders.application import views
from orders.application.ports import CatalogDirectory, Clock, PayRequest, Reader, UnitOfWork, Units
from orders.application.staffing import Staffing
from orders.application.views import View
from orders.domain import text
from orders.domain.checkout import LONGEST_KEY
from orders.domain.errors import IllegalTransition, KeyReused, NotPayableHere
from orders.domain.order import PaymentMethod, PaymentStatus, Status
from orders.domain.payment import Payment

KEY_LIVES = timedelta(hours=24)
MOST_DEAD_KEYS = 1000  # deleted in one transaction


class PaymentDesk:
    """Use cases of payments."""

    def __init__(self, units: Units, reader: Reader, staffing: Staffing, now: Clock) -> None:
        self._units = units
        self._reader = reader
        self._staffing = staffing
        self._now = now

    def pay(self, by: UUID, order_id: UUID, key: str, fingerprint: str, catalog: CatalogDirectory) -> View:
        """The buyer begins a LINE Pay payment, or the shop's people mark a bank transfer as received.

        A key stands for one request of its person for a day; again, the answer is how the payment stands then.

        Raises Missing, RoleRequired, Invalid, KeyReused, NotPayableHere, IllegalTransition.
        """
        key, fingerprint = text.line(key, "key", LONGEST_KEY), text.line(fingerprint, "fingerprint", LONGEST_KEY)
        placed = self._reader.orders([order_id]).get(order_id)
        if placed is None:
            raise Missing
        order = placed.order
        if order.buyer_id == by and order.payment_method is PaymentMethod.LINE_PAY:
            return self._begin(by, order_id, key, fingerprint)
        role = self._staffing.role(by, order.shop_id, Right.TAKE_MONEY, catalog)
        if role is not None and order.payment_method is PaymentMethod.BANK_TRANSFER:
            require(role, Right.TAKE_MONEY)
            return self._received(by, order_id, key, fingerprint)
        if role is None and order.buyer_id != by:
            raise Missing
        raise NotPayableHere(f"you cannot pay an order of {order.payment_method} here", method=order.payment_method)

    def given_back(self, by: UUID, order_id: UUID, catalog: CatalogDirectory) -> View:
        """The shop's people say that a bank transfer of a void order has been given back.

        Raises Missing, RoleRequired, NotPayableHere, IllegalTransition.
        """
        placed = self._reader.orders([order_id]).get(order_id)
        if placed is None:
            raise Missing
        self._staffing.require(by, placed.order.shop_id, Right.TAKE_MONEY, catalog)
        if placed.order.payment_method is not PaymentMethod.BANK_TRANSFER:
            raise NotPayableHere("only bank transfers are given back by hand", method=placed.order.payment_method)
        with self._units() as unit:
            order = unit.orders.get(order_id)
            if order is not None and order.payment is not PaymentStatus.REFUNDED:
                order.pay(PaymentStatus.REFUNDED)
                unit.orders.save([order])
        return views.order(self._reader.orders([order_id])[order_id])

    def returned(self, line_order_id: str, transaction_id: str, *, cancelled: bool) -> View:
        """The buyer's browser came back from LINE Pay. It proves nothing: `line_pay` asks LINE Pay itself.

        Raises Missing unless both ids are those of one payment.
        """
        if "\0" in line_order_id:
            raise Missing
        with self._units() as unit:
            asked = unit.payments.by_line_order(line_order_id)
            if asked is None or asked.transaction_id is None or asked.transaction_id != transaction_id:
                raise Missing
            order = unit.orders.get(asked.order_id)
            payment = unit.payments.current(asked.order_id)
            if order is None or payment is None:
                raise Missing
            if payment.attempt == asked.attempt and order.payment is PaymentStatus.REQUESTED:
                if not cancelled:
                    order.pay(PaymentStatus.CONFIRMING)
                    unit.orders.save([order])
                payment.next_at = self._now()
                unit.payments.save(payment)
        return {"order_id": str(order.id), "status": order.status.value}

    def _begin(self, by: UUID, order_id: UUID, key: str, fingerprint: str) -> View:
        """A payment that is under way, or over, is answered as it is; only after a failed one a new key tries again."""
        now = self._now()
        with self._units() as unit:
            order = unit.orders.get(order_id)
            if order is None:
                raise Missing
            fresh = _keep_key(unit, by, key, PayRequest(order_id, fingerprint), now)
            if fresh and order.payment in (PaymentStatus.NONE, PaymentStatus.FAILED):
                if order.status is not Status.UNPAID:
                    raise IllegalTransition(
                        f"an order that is {order.status} cannot be paid",
                        **{"from": order.status, "to": Status.TO_SHIP},
                    )
                last = unit.payments.current(order_id)
                attempt = last.attempt + 1 if last else 1
                order.pay(PaymentStatus.REQUESTED)
                unit.orders.save([order])
                unit.payments.add(Payment.begun(order_id, attempt, by, order.total_price, key, fingerprint, now))
            payment = unit.payments.current(order_id)
        return self._seen(order_id, payment)

    def _received(self, by: UUID, order_id: UUID, key: str, fingerprint: str) -> View:
        with self._units() as unit:
            order = unit.orders.get(order_id)
            if order is None:
                raise Missing
            _keep_key(unit, by, key, PayRequest(order_id, fingerprint), self._now())
            if order.payment is PaymentStatus.NONE and order.status is Status.VOID:
                raise IllegalTransition("a void order cannot be paid", **{"from": order.status, "to": Status.TO_SHIP})
            if order.payment is PaymentStatus.NONE:
                order.paid(self._now(), by)
                unit.orders.save([order])
                unit.publish(*order.events)
        return self._seen(order_id, None)

    def _seen(self, order_id: UUID, payment: Payment | None) -> View:
        order = self._reader.orders([order_id])[order_id]
        waiting = payment is not None and order.order.payment is PaymentStatus.REQUESTED
        return {
            "order": views.order(order),
            "payment_status": order.order.payment.value,
            "payment_url": payment.payment_url if payment and waiting else None,
        }


class DeadKeys:
    """Forgets what keys stood for when that is over. Any number may run: each takes what no other has."""

    def __init__(self, units: Units, now: Clock) -> None:
        self._units = units
        self._now = now

    def step(self) -> bool:
        """One batch. Answers whether there may be more at once. Raises Unavailable."""
        with self._units() as unit:
            return unit.payments.forget_keys(self._now() - KEY_LIVES, MOST_DEAD_KEYS) == MOST_DEAD_KEYS


def _keep_key(unit: UnitOfWork, by: UUID, key: str, request: PayRequest, now: datetime) -> bool:
    """Whether the key is new; then it stands for this request from now on. Raises KeyReused."""
    known = unit.payments.keep_key(by, key, request, now, now - KEY_LIVES)
    if known not in (None, request):
        raise KeyReused("this key stands for another request")
    return known is None
