"""Orders in memory."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from chassis.testing.memory import transaction
from orders.application.line_pay import LinePayWork
from orders.bootstrap import assemble
from services.orders.tests.memory.neighbours import FakeCatalog, FakeLinePay
from services.orders.tests.memory.orders import NOON
from services.orders.tests.memory.reader import MemoryReader
from services.orders.tests.memory.store import KEPT, Store
from services.orders.tests.memory.unit import MemoryUnit
from services.orders.tests.memory.world import PAY_WITHIN, PER_MINUTE, World


@pytest.fixture
def world() -> Iterator[World]:
    """A fresh world at noon."""
    store, clock, line = Store(), [NOON], FakeLinePay()

    @contextmanager
    def units():
        store.opened += 1
        with transaction(store, *KEPT):
            yield MemoryUnit(store)

    reader = MemoryReader(store)
    app = assemble(units, reader, lambda: clock[0], pay_within=PAY_WITHIN, per_minute=PER_MINUTE)
    return World(store, app, LinePayWork(units, reader, line, lambda: clock[0]), FakeCatalog(), line, clock)
