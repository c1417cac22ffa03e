"""Whatever sequence of settings, additions, orders, voids, shipments, returns and redeliveries: nothing is oversold and
nothing leaks.
"""

import copy
from collections import Counter
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from catalog.domain.errors import NotReturnable, StockBelowReserved
from catalog.domain.events import OrderRejected, OrderReserved
from catalog.domain.stock import (
    LedgerEntry,
    Line,
    Offer,
    OrderState,
    OrderStock,
    Placed,
    ReservationUnknown,
    Shipped,
    StockBook,
    StockLevel,
    Voided,
)

SHOP = UUID(int=1)
VARIANTS = [UUID(int=100 + number) for number in range(3)]
ORDERS = [UUID(int=1000 + number) for number in range(5)]

wanted = st.lists(st.tuples(st.sampled_from(VARIANTS), st.integers(1, 6)), min_size=1, max_size=4)
moves = st.lists(
    st.one_of(
        st.tuples(st.just(Placed), st.sampled_from(ORDERS)),
        st.tuples(st.just(Voided), st.sampled_from(ORDERS)),
        st.tuples(st.just(Shipped), st.sampled_from(ORDERS)),
    ),
    min_size=1,
    max_size=20,
)


class Shelf:
    """The tables, as the adapter would fill them: one batch is one transaction."""

    def __init__(self) -> None:
        self.levels = {one: StockLevel(one, UUID(int=2)) for one in VARIANTS}
        self.orders: dict[UUID, OrderStock] = {}
        self.ledger: list[LedgerEntry] = []
        self.answers: list[OrderReserved | OrderRejected] = []
        self.low: Counter[UUID] = Counter()

    def put(self, variant: UUID, quantity: int) -> None:
        delta = self.levels[variant].set(quantity)
        if delta:
            self.ledger.append(LedgerEntry(variant, delta, "set"))

    def add(self, variant: UUID, quantity: int, key: str, order_id: UUID | None = None) -> None:
        """Once for each key, as the use case does. Raises StockBelowReserved, NotReturnable."""
        if any((entry.variant_id, entry.key) == (variant, key) for entry in self.ledger):
            return
        level = copy.copy(self.levels[variant])
        before = level.available
        delta = level.add(quantity, None if order_id is None else self.returnable(order_id, variant))
        reason = "added" if order_id is None else "returned"
        self.ledger.append(LedgerEntry(variant, delta, reason, order_id, key=key))
        self.levels[variant] = level
        self.low[variant] += level.ran_low(before)

    def returnable(self, order_id: UUID, variant: UUID) -> int:
        """What an order took away and has not given back."""
        return -sum(one.delta for one in self.ledger if (one.order_id, one.variant_id) == (order_id, variant))

    def settle(self, batch) -> None:
        """All of it, or nothing. Raises ReservationUnknown."""
        levels = copy.deepcopy(self.levels)
        orders = {move.order_id: self._claimed(move.order_id) for move in batch}
        book = StockBook(levels, {one: Offer(SHOP, 1, True) for one in VARIANTS}, orders)
        for move in batch:
            book.take(move)
        for level in book.ran_low():
            self.low[level.variant_id] += 1
        changed = book.changed_levels()
        assert all(level.version == self.levels[level.variant_id].version + 1 for level in changed)
        self.levels = levels
        self.orders.update(orders)
        self.ledger += book.entries
        self.answers += book.answers

    def _claimed(self, order_id: UUID) -> OrderStock:
        """An order as it is read: with its lines only while it holds stock."""
        order = copy.deepcopy(self.orders.get(order_id, OrderStock(order_id)))
        if order.state is not OrderState.HELD:
            order.lines = ()
        return order

    def settle_singly(self, batch) -> None:
        for move in batch:
            try:
                self.settle([move])
            except ReservationUnknown:
                assert isinstance(move, Shipped)

    def check(self) -> None:
        held: Counter[UUID] = Counter()
        for order in self.orders.values():
            if order.state is OrderState.HELD:
                for line in order.lines:
                    held[line.variant_id] += line.quantity
        for one, level in self.levels.items():
            assert 0 <= level.reserved <= level.on_hand
            assert level.on_hand == sum(entry.delta for entry in self.ledger if entry.variant_id == one)
            assert level.reserved == held[one]
        for order_id, order in self.orders.items():
            if order.state is not OrderState.COMMITTED:
                assert all(self.returnable(order_id, one) == 0 for one in VARIANTS)
            assert all(self.returnable(order_id, one) >= 0 for one in VARIANTS)
        answered = Counter(answer.order_id for answer in self.answers)
        assert set(answered.values()) <= {1}


def order_of(order_id: UUID, lines) -> Placed:
    made = tuple(Line(str(number), variant, quantity, 1) for number, (variant, quantity) in enumerate(lines))
    return Placed(order_id, SHOP, made)


def batch_of(kinds, carts) -> list:
    return [order_of(one, carts[one]) if kind is Placed else kind(one) for kind, one in kinds]


class StockMachine(RuleBasedStateMachine):
    """Any life of three variants and five orders."""

    def __init__(self) -> None:
        super().__init__()
        self.shelf = Shelf()
        self.carts: dict[UUID, list] = {}
        self.sent: list = []

    @initialize(stock=st.lists(st.integers(1, 12), min_size=len(VARIANTS), max_size=len(VARIANTS)))
    def there_is_some(self, stock):
        for one, quantity in zip(VARIANTS, stock, strict=True):
            self.shelf.put(one, quantity)

    @rule(variant=st.sampled_from(VARIANTS), quantity=st.integers(0, 12))
    def put(self, variant, quantity):
        reserved = self.shelf.levels[variant].reserved
        if quantity < reserved:
            with pytest.raises(StockBelowReserved):
                self.shelf.put(variant, quantity)
        else:
            self.shelf.put(variant, quantity)

    @rule(
        variant=st.sampled_from(VARIANTS),
        quantity=st.integers(-8, 8).filter(bool),
        key=st.sampled_from([f"key-{number}" for number in range(6)]),
    )
    def add_or_take(self, variant, quantity, key):
        level, known = self.shelf.levels[variant], len(self.shelf.ledger)
        try:
            self.shelf.add(variant, quantity, key)
        except StockBelowReserved:
            assert level.available + quantity < 0
        else:
            self.shelf.add(variant, quantity, key)  # tried again
            assert len(self.shelf.ledger) <= known + 1

    @rule(
        variant=st.sampled_from(VARIANTS),
        order_id=st.sampled_from(ORDERS),
        quantity=st.integers(1, 4),
        key=st.sampled_from([f"back-{number}" for number in range(6)]),
    )
    def goods_come_back(self, variant, order_id, quantity, key):
        left, known = self.shelf.returnable(order_id, variant), len(self.shelf.ledger)
        try:
            self.shelf.add(variant, quantity, key, order_id)
        except NotReturnable:
            assert quantity > left
        else:
            assert quantity <= left or len(self.shelf.ledger) == known

    @rule(variant=st.sampled_from(VARIANTS), low_at=st.one_of(st.none(), st.integers(0, 6)))
    def mark(self, variant, low_at):
        self.shelf.levels[variant].low_at = low_at

    @rule(variant=st.sampled_from(VARIANTS))
    def little_left_is_told_once_for_each_fall(self, variant):
        level = self.shelf.levels[variant]
        level.low_at, told = 3, self.shelf.low[variant]
        low = level.available <= 3
        self.shelf.add(variant, 4, f"up-{len(self.shelf.ledger)}")
        self.shelf.add(variant, -4, f"down-{len(self.shelf.ledger)}")
        assert self.shelf.low[variant] == told + low

    @rule(kinds=moves, data=st.data())
    def events_come(self, kinds, data):
        for kind, one in kinds:
            if kind is Placed and one not in self.carts:
                self.carts[one] = data.draw(wanted)
        batch = batch_of(kinds, self.carts)
        self.sent += batch
        self.settle(batch)

    @rule(data=st.data())
    def what_was_sent_comes_again(self, data):
        if self.sent:
            self.settle(data.draw(st.lists(st.sampled_from(self.sent), max_size=8)))

    def settle(self, batch):
        try:
            self.shelf.settle(batch)
        except ReservationUnknown:
            self.shelf.settle_singly(batch)

    @invariant()
    def nothing_is_oversold_or_leaks(self):
        self.shelf.check()

    def teardown(self):
        """Once every order is void or shipped, nothing is reserved any more."""
        self.settle([Voided(one) for one in ORDERS])
        assert all(level.reserved == 0 for level in self.shelf.levels.values())
        self.shelf.check()


TestStock = StockMachine.TestCase
TestStock.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)


@settings(max_examples=150, deadline=None)
@given(
    stock=st.lists(st.integers(0, 10), min_size=3, max_size=3),
    carts=st.lists(wanted, min_size=len(ORDERS), max_size=len(ORDERS)),
    kinds=moves,
)
def test_a_batch_does_what_its_events_would_do_one_by_one(stock, carts, kinds):
    batch = batch_of(kinds, dict(zip(ORDERS, carts, strict=True)))
    together, singly = Shelf(), Shelf()
    for shelf in (together, singly):
        for one, quantity in zip(VARIANTS, stock, strict=True):
            shelf.put(one, quantity)
    try:
        together.settle(batch)
    except ReservationUnknown:
        together.settle_singly(batch)
    singly.settle_singly(batch)
    together.check()
    singly.check()
    assert together.answers == singly.answers
    assert {one: order.state for one, order in together.orders.items()} == {
        one: order.state for one, order in singly.orders.items() if one in together.orders
    }
    for one in VARIANTS:
        first, second = together.levels[one], singly.levels[one]
        assert (first.on_hand, first.reserved) == (second.on_hand, second.reserved)
