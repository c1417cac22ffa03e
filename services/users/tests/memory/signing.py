"""Keys and passwords that can be read."""

import itertools

from chassis.testing.memory import Part
from users.domain.signing import SigningKey


class MemoryKeys(Part):
    def all(self):
        return list(self.store.keys.values())

    hold = all

    def add(self, key):
        self.store.keys[key.id] = key

    def drop(self, key_ids):
        for key_id in key_ids:
            del self.store.keys[key_id]


class CountingPasswords:
    """Hashes that can be read, and a count of how often they were checked."""

    decoy = "1:a secret of nobody"

    def __init__(self) -> None:
        self.checked: list[str] = []
        self.hashed = 0
        self.parameters = "1"

    def hash(self, password):
        self.hashed += 1
        return f"{self.parameters}:{password}"

    def matches(self, stored, password):
        self.checked.append(stored)
        return stored.partition(":")[2] == password

    def outdated(self, stored):
        return not stored.startswith(f"{self.parameters}:")


class PlainSignatures:
    """Keys that are numbers; a token is (key id, claims)."""

    def __init__(self) -> None:
        self.numbers = itertools.count(1)

    def make(self, signs_from):
        identifier = f"key-{next(self.numbers)}"
        return SigningKey(identifier, {"kid": identifier}, b"", signs_from)

    def signer(self, key):
        return lambda claims: (key.id, claims)
