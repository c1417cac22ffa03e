"""A unit of work on a store."""

import copy

from services.users.tests.memory.accounts import MemoryAccounts, MemoryAddresses, MemorySellers, MemorySessions
from services.users.tests.memory.line import MemoryLine
from services.users.tests.memory.mails import MemoryMails
from services.users.tests.memory.signing import MemoryKeys
from services.users.tests.memory.store import Store
from services.users.tests.memory.throttles import MemoryThrottles


class MemoryUnit:
    """A unit of work on a store."""

    def __init__(self, store: Store, clock) -> None:
        self.store = store
        self.accounts = MemoryAccounts(store)
        self.sessions = MemorySessions(store)
        self.sellers = MemorySellers(store)
        self.addresses = MemoryAddresses(store)
        self.line = MemoryLine(store)
        self.mails = MemoryMails(store)
        self.keys = MemoryKeys(store)
        self.throttles = MemoryThrottles(store, clock)

    def publish(self, *events: object) -> None:
        self.store.events.extend(copy.deepcopy(events))
