"""Catalog and LINE Pay, as orders asks them."""

from uuid import UUID

from chassis.errors import Unavailable
from kernel.rights import Role
from orders.application.ports import PayReply
from orders.domain.offer import Offer, Shop


class FakeCatalog:
    """What catalog would answer; counts how often it is asked."""

    def __init__(self):
        self.known: dict[UUID, Offer] = {}
        self.open: dict[UUID, Shop] = {}
        self.staff: dict[tuple[UUID, UUID], Role] = {}
        self.away = False
        self.asked: list[str] = []

    def _ask(self, what):
        self.asked.append(what)
        if self.away:
            raise Unavailable("catalog is not there")

    def offers(self, variant_ids):
        self._ask("offers")
        return {one: self.known[one] for one in variant_ids if one in self.known}

    def shops(self, shop_ids):
        self._ask("shops")
        return {one: self.open[one] for one in shop_ids if one in self.open}

    def role(self, user_id, shop_id):
        self._ask("role")
        return self.staff.get((user_id, shop_id))


class FakeLinePay:
    """LINE Pay by a script: a method's replies in order; remembers what was sent."""

    def __init__(self):
        self.script: dict[str, list[PayReply]] = {}
        self.sent: list[tuple] = []

    def _call(self, name, *arguments):
        self.sent.append((name, *arguments))
        return self.script[name].pop(0)

    def request(self, line_order_id, placed):
        return self._call("request", line_order_id, placed.order.total_price)

    def check(self, transaction_id):
        return self._call("check", transaction_id)

    def confirm(self, transaction_id, amount):
        return self._call("confirm", transaction_id, amount)

    def refund(self, transaction_id, amount):
        return self._call("refund", transaction_id, amount)

    def details(self, transaction_id):
        return self._call("details", transaction_id)
