"""A unit of work on a store."""

from services.notify.tests.memory.bells import MemoryBells
from services.notify.tests.memory.deliveries import MemoryOutgoing
from services.notify.tests.memory.recipients import MemoryAudience, MemoryLine, MemoryShops, MemoryWishes
from services.notify.tests.memory.store import Store


class MemoryUnit:
    """A unit of work on a store."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.bells = MemoryBells(store)
        self.shops = MemoryShops(store)
        self.audience = MemoryAudience(store)
        self.line = MemoryLine(store)
        self.wishes = MemoryWishes(store)
        self.outgoing = MemoryOutgoing(store)

    def publish(self, *events):
        self.store.events.extend(events)
