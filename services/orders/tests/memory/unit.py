"""A unit of work on a store."""

import copy

from services.orders.tests.memory.buying import MemoryCarts, MemoryCheckouts, MemoryCopies
from services.orders.tests.memory.orders import MemoryOrders, MemoryPayments


class MemoryUnit:
    """A unit of work on a store: carts, checkouts, orders, payments and copies in one."""

    def __init__(self, store):
        self.store = store
        self.carts = MemoryCarts(store)
        self.checkouts = MemoryCheckouts(store)
        self.orders = MemoryOrders(store)
        self.payments = MemoryPayments(store)
        self.copies = MemoryCopies(store)

    def publish(self, *events):
        self.store.events.extend(copy.deepcopy(events))
