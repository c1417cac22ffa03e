"""argon2id, with OWASP's parameters (Password Storage Cheat Sheet): 19 MiB, 2 passes, 1 lane; about 25 ms."""

import secrets
from collections.abc import Callable
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

MEMORY_KIB, PASSES, LANES = 19 * 1024, 2, 1

Elsewhere = Callable[..., Any]


def here(work: Callable[..., Any], *arguments: Any) -> Any:
    """Runs work where it is called. A green process hands it to a native thread instead."""
    return work(*arguments)


class Argon2Passwords:
    """`elsewhere(work, *arguments)` runs the hashing and answers its result."""

    def __init__(self, elsewhere: Elsewhere = here) -> None:
        self._elsewhere = elsewhere
        self._hasher = PasswordHasher(time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=LANES)
        self.decoy = self._hasher.hash(secrets.token_urlsafe(32))

    def hash(self, password: str) -> str:
        """The hash with its parameters and salt, as a PHC string."""
        hashed: str = self._elsewhere(self._hasher.hash, password)
        return hashed

    def matches(self, stored: str, password: str) -> bool:
        """Whether this is the password."""
        right: bool = self._elsewhere(self._verify, stored, password)
        return right

    def outdated(self, stored: str) -> bool:
        """Whether it was hashed with other parameters than today's."""
        return self._hasher.check_needs_rehash(stored)

    def _verify(self, stored: str, password: str) -> bool:
        try:
            return self._hasher.verify(stored, password)
        except (VerificationError, InvalidHashError):
            return False
