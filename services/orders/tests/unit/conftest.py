"""Orders in memory: the same application on parts that forget everything."""

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from chassis.errors import Refusal, Unavailable
from chassis.ids import uuid7
from kernel.rights import Role
from orders.application.carts import CartWish
from orders.application.line_pay import LinePayWork
from orders.application.ports import Day, Duplicate, OrderPage, PayReply, StoredCheckout, Turn
from orders.application.settling import StockAnswer
from orders.bootstrap import Orders, assemble
from orders.domain.cart import CartLine
from orders.domain.checkout import Wish
from orders.domain.delivery import Destination
from orders.domain.money import ShippingOption
from orders.domain.offer import Offer, Shop
from orders.domain.order import PaymentMethod, PaymentStatus, Status

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
PAY_WITHIN = timedelta(hours=24)
PER_MINUTE = 30
ADDRESS = {
    "name": "王小美",
    "phone": "0912-345-678",
    "city": "臺北市",
    "district": "大同區",
    "postal_code": "103",
    "line": "寧夏路 1 號",
}


@dataclass
class Store:
    """What would be tables."""

    offers: dict = field(default_factory=dict)
    shops: dict = field(default_factory=dict)
    carts: dict = field(default_factory=dict)  # buyer -> {variant: (quantity, price_version)}
    turns: dict = field(default_factory=dict)
    checkouts: dict = field(default_factory=dict)  # id -> [buyer, key, StoredCheckout, order ids]
    orders: dict = field(default_factory=dict)  # id -> PlacedOrder
    steps: dict = field(default_factory=dict)
    payments: dict = field(default_factory=dict)  # (order, attempt) -> Payment
    events: list = field(default_factory=list)
    faults: list = field(default_factory=list)  # raised one by one when checkouts are added or carts are filled
    opened: int = 0  # transactions
    overtaken: list = field(default_factory=list)  # called once before orders are saved

    def lines(self, buyer):
        lying = self.carts.get(buyer, {})
        return [CartLine(q, v, self.offers[i], self.shops.get(self.offers[i].shop_id)) for i, (q, v) in lying.items()]


class MemoryUnit:
    """A unit of work on a store: carts, checkouts, orders, payments and copies in one."""

    def __init__(self, store):
        self.store = store
        self.carts = _Carts(store)
        self.checkouts = _Checkouts(store)
        self.orders = _Orders(store)
        self.payments = _Payments(store)
        self.copies = _Copies(store)

    def publish(self, *events):
        self.store.events.extend(copy.deepcopy(events))


class _Carts:
    def __init__(self, store):
        self.store = store

    def lock(self, buyer_ids):
        for buyer in buyer_ids:
            self.store.carts.setdefault(buyer, {})

    def admit(self, buyer_ids, at):
        for buyer in buyer_ids:
            turn = self.store.turns.get(buyer)
            running = turn is not None and turn.since > at - timedelta(minutes=1)
            self.store.turns[buyer] = Turn(turn.count + 1, turn.since) if running else Turn(1, at)
        return {buyer: self.store.turns[buyer] for buyer in buyer_ids}

    def lines(self, buyer_ids):
        return {buyer: self.store.lines(buyer) for buyer in buyer_ids}

    def lines_of_shops(self, wanted):
        asked = set(wanted)
        return {
            buyer: [line for line in self.store.lines(buyer) if (buyer, line.offer.shop_id) in asked]
            for buyer in {buyer for buyer, _ in asked}
        }

    def put(self, lines):
        if self.store.faults:
            raise self.store.faults.pop(0)
        for buyer, line in lines:
            self.store.carts[buyer][line.offer.variant_id] = (line.quantity, line.price_version)

    def remove(self, lines):
        for buyer, variant in lines:
            self.store.carts.get(buyer, {}).pop(variant, None)


class _Checkouts:
    def __init__(self, store):
        self.store = store

    def stored(self, keys):
        wanted = set(keys)
        return {(b, k): kept for b, k, kept, _ in self.store.checkouts.values() if (b, k) in wanted}

    def release(self, checkout_ids):
        for checkout_id in checkout_ids:
            self.store.checkouts[checkout_id][1] = None

    def add(self, placements):
        if self.store.faults:
            raise self.store.faults.pop(0)
        for placement in placements:
            wish, ids = placement.wish, [one.order.id for one in placement.orders]
            if wish.checkout_id in self.store.checkouts or set(ids) & set(self.store.orders):
                raise Duplicate("id")
            kept = StoredCheckout(wish.checkout_id, wish.fingerprint, placement.at)
            self.store.checkouts[wish.checkout_id] = [wish.by, wish.key, kept, ids]
            for one in placement.orders:
                self.store.orders[one.order.id] = _at_rest(self.store, one)


class _Orders:
    def __init__(self, store):
        self.store = store

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
        if self.store.overtaken:
            self.store.overtaken.pop(0)()
        saved = set()
        for order in orders:
            placed = self.store.orders[order.id]
            if placed.order.version == order.version_read:
                kept = copy.deepcopy(placed)
                object.__setattr__(kept, "order", copy.deepcopy(order))
                self.store.orders[order.id] = _at_rest(self.store, kept)
                saved.add(order.id)
        return saved


def _at_rest(store, placed):
    kept = copy.deepcopy(placed)
    store.steps.setdefault(kept.order.id, []).extend(kept.order.steps)
    kept.order.steps.clear()
    kept.order.events.clear()
    return kept


class _Payments:
    def __init__(self, store):
        self.store = store

    def _find(self, test):
        found = [one for _, one in sorted(self.store.payments.items()) if test(one)]
        return copy.deepcopy(found[-1]) if found else None

    def current(self, order_id):
        return self._find(lambda one: one.order_id == order_id)

    def by_key(self, buyer_id, key):
        return self._find(lambda one: (one.buyer_id, one.key) == (buyer_id, key))

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


class _Copies:
    def __init__(self, store):
        self.store = store

    def put_offers(self, offers):
        self.store.offers.update({offer.variant_id: offer for offer in offers})

    def put_shops(self, shops):
        self.store.shops.update({shop.id: shop for shop in shops})


class MemoryReader:
    """Questions about a store."""

    def __init__(self, store):
        self.store = store

    def cart(self, buyer_id):
        return self.store.lines(buyer_id)

    def offers(self, variant_ids):
        found = [self.store.offers[one] for one in variant_ids if one in self.store.offers]
        return {offer.variant_id: (offer, self.store.shops.get(offer.shop_id)) for offer in found}

    def orders(self, order_ids):
        return {one: self.store.orders[one] for one in order_ids if one in self.store.orders}

    def checkouts(self, checkout_ids):
        rows = [(one, self.store.checkouts[one]) for one in checkout_ids if one in self.store.checkouts]
        return {one: (row[0], [self.store.orders[order] for order in row[3]]) for one, row in rows}

    def orders_of_buyer(self, buyer_id, statuses, shop_id, before, limit):
        return self._page([one for one in self.store.orders.values() if one.order.buyer_id == buyer_id], limit)

    def orders_of_shops(self, shop_ids, statuses, before, limit):
        return self._page([one for one in self.store.orders.values() if one.order.shop_id in shop_ids], limit)

    def role(self, user_id, shop_id):
        return self.roles_of(user_id).get(shop_id)

    def roles_of(self, user_id):
        return {shop.id: shop.staff[user_id] for shop in self.store.shops.values() if user_id in shop.staff}

    def count(self, shop_ids):
        statuses = [one.order.status for one in self.store.orders.values() if one.order.shop_id in shop_ids]
        return {status: statuses.count(status) for status in set(statuses)}

    def day(self, shop_ids, earning, since):
        found = [one.order for one in self.store.orders.values() if one.order.id >= since]
        return Day(len(found), sum(order.total_price for order in found if order.shop_id in earning))

    def _page(self, found, limit):
        newest = sorted(found, key=lambda one: one.order.id, reverse=True)
        return OrderPage(newest[:limit], newest[limit - 1].order.id if len(newest) > limit else None)


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


@dataclass
class World:
    """The application with its parts, a buyer, and shops to buy from."""

    store: Store
    app: Orders
    work: LinePayWork
    catalog: FakeCatalog
    line: FakeLinePay
    clock: list[datetime]
    buyer: UUID = field(default_factory=uuid7)

    def later(self, **delta: float) -> None:
        self.clock[0] += timedelta(**delta)

    def shop(self, **changes) -> Shop:
        owner = uuid7()
        values = {
            "id": uuid7(),
            "version": 1,
            "owner_id": owner,
            "name": "寧夏茶行",
            "state": "open",
            "shipping": (ShippingOption("home_delivery", 80, 1500), ShippingOption("store_711", 60)),
            "staff": {owner: Role.OWNER},
        }
        shop = Shop(**{**values, **changes})
        self.store.shops[shop.id] = shop
        return shop

    def offer(self, shop: Shop, **changes) -> Offer:
        values = {
            "variant_id": uuid7(),
            "product_id": uuid7(),
            "product_version": 1,
            "shop_id": shop.id,
            "seller_id": shop.owner_id,
            "name": "東方美人茶",
            "options": ("紅",),
            "price": 100,
            "discount": 0,
            "price_version": 1,
            "listed": True,
            "available": 10,
        }
        offer = Offer(**{**values, **changes})
        self.store.offers[offer.variant_id] = offer
        return offer

    def put(self, offer: Offer, quantity: int = 1, by: UUID | None = None):
        [answer] = self.app.carts.put([CartWish(by or self.buyer, offer.variant_id, quantity)], self.catalog)
        if isinstance(answer, Refusal):
            raise answer
        return answer

    def wish(self, *shops: Shop, **changes) -> Wish:
        values = {
            "by": self.buyer,
            "checkout_id": uuid7(),
            "order_ids": tuple(uuid7() for _ in shops),
            "key": str(uuid7()),
            "fingerprint": "f",
            "payment_method": PaymentMethod.LINE_PAY,
            "destinations": tuple(Destination.of(shop.id, "home_delivery", ADDRESS, None) for shop in shops),
        }
        return Wish(**{**values, **changes})

    def placed(self, **changes):
        """A pending order of one line in a new shop: (order id, shop)."""
        shop = self.shop()
        self.put(self.offer(shop))
        [answer] = self.app.checkouts.take([self.wish(shop, **changes)], self.catalog)
        return UUID(answer["orders"][0]["order_id"]), shop

    def unpaid(self, **changes):
        """An order whose stock is held."""
        order_id, shop = self.placed(**changes)
        self.app.settling.settle([StockAnswer(order_id)], MemoryUnit(self.store))
        return order_id, shop

    def order(self, order_id: UUID):
        return self.store.orders[order_id].order

    def told(self, order_id: UUID) -> list[str]:
        """Names of what was published about an order."""
        return [type(event).__name__ for event in self.store.events if event.order.id == order_id]


@pytest.fixture
def world() -> Iterator[World]:
    """A fresh world at noon."""
    store, clock, line = Store(), [NOON], FakeLinePay()

    @contextmanager
    def units():
        before = copy.deepcopy({name: getattr(store, name) for name in KEPT})
        store.opened += 1
        try:
            yield MemoryUnit(store)
        except BaseException:
            for name, value in before.items():
                setattr(store, name, value)
            raise

    reader = MemoryReader(store)
    app = assemble(units, reader, lambda: clock[0], pay_within=PAY_WITHIN, per_minute=PER_MINUTE)
    return World(store, app, LinePayWork(units, reader, line, lambda: clock[0]), FakeCatalog(), line, clock)


KEPT = ("offers", "shops", "carts", "turns", "checkouts", "orders", "steps", "payments", "events")
