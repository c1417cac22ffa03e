"""A unit of work on a store."""

import copy

from services.catalog.tests.memory.categories import MemoryCategories
from services.catalog.tests.memory.products import MemoryProducts
from services.catalog.tests.memory.shops import MemoryInvitations, MemorySellers, MemoryShops
from services.catalog.tests.memory.stock import MemoryStock
from services.catalog.tests.memory.store import Store


class MemoryUnit:
    """A unit of work on a store."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.shops = MemoryShops(store)
        self.invitations = MemoryInvitations(store)
        self.products = MemoryProducts(store)
        self.stock = MemoryStock(store)
        self.sellers = MemorySellers(store)
        self.categories = MemoryCategories(store)

    def publish(self, *events: object) -> None:
        self.store.events.extend(copy.deepcopy(events))
