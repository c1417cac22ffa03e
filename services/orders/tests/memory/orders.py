"""Orders at rest, and their payments."""

import copy
from datetime import UTC, datetime

from chassis.testing.memory import Part
from orders.domain.order import PaymentStatus, Status

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)


class MemoryOrders(Part):
    def get(self, order_id):
        placed = self.store.orders.get(order_id)
        return copy.deepcopy(placed.order) if placed else None

    def get_many(self, order_ids):
        return {one: order for one in order_ids if (order := self.get(one)) is not None}

    def due(self, at, limit):
        due = [
            copy.deepcopy(one.order)
            for one in self.store.orders.values()
            if one.order.status is Status.UNPAID
            and one.order.pay_before <= at
            and one.order.payment is not PaymentStatus.CONFIRMING
        ]
        return due[:limit]

    def save(self, orders):
        for order in orders:
            kept = copy.deepcopy(self.store.orders[order.id])
            object.__setattr__(kept, "order", copy.deepcopy(order))
            self.store.orders[order.id] = at_rest(self.store, kept)


def at_rest(store, placed):
    kept = copy.deepcopy(placed)
    store.steps.setdefault(kept.order.id, []).extend(kept.order.steps)
    kept.order.steps.clear()
    kept.order.events.clear()
    return kept


class MemoryPayments(Part):
    def _find(self, test):
        found = [one for _, one in sorted(self.store.payments.items()) if test(one)]
        return copy.deepcopy(found[-1]) if found else None

    def current(self, order_id):
        return self._find(lambda one: one.order_id == order_id)

    def keep_key(self, by, key, request, at, dead):
        known, since = self.store.payment_keys.get((by, key), (None, dead))
        if known is not None and since >= dead:
            return known
        self.store.payment_keys[by, key] = request, at
        return None

    def forget_keys(self, dead, most):
        old = [key for key, (_, since) in self.store.payment_keys.items() if since < dead][:most]
        for key in old:
            del self.store.payment_keys[key]
        return len(old)

    def by_line_order(self, line_order_id):
        return self._find(lambda one: one.line_order_id == line_order_id)

    def add(self, payment):
        self.save(payment)

    def save(self, payment):
        self.store.payments[payment.order_id, payment.attempt] = copy.deepcopy(payment)

    def wake(self, order_id):
        payment = self.current(order_id)
        if payment is not None:
            payment.next_at = NOON
            self.save(payment)

    def claim(self, at, until):
        payment = self._find(lambda one: one.next_at is not None and one.next_at <= at)
        if payment is not None:
            payment.next_at = until
            self.save(payment)
        return payment
