"""Signing keys, their private parts sealed."""

import json
from collections.abc import Sequence

from psycopg2.extensions import cursor

from users.domain.signing import SigningKey

_TURNING = 0x6B657973  # advisory lock: of two replicas that want a key, one makes it

ALL = "SELECT kid, public_jwk, sealed_private, signs_from FROM signing_keys ORDER BY signs_from"
LOCK = "SELECT pg_advisory_xact_lock(%s)"
INSERT = "INSERT INTO signing_keys (kid, public_jwk, sealed_private, signs_from) VALUES (%s, %s, %s, %s)"
DROP = "DELETE FROM signing_keys WHERE kid = ANY(%s)"


class PostgresKeys:
    """Rows of `signing_keys`."""

    def __init__(self, cursor: cursor) -> None:
        self._cursor = cursor

    def all(self) -> list[SigningKey]:
        """Every key."""
        self._cursor.execute(ALL)
        return [SigningKey(kid, public, bytes(sealed), since) for kid, public, sealed, since in self._cursor.fetchall()]

    def hold(self) -> list[SigningKey]:
        """Every key; nobody else adds one until the transaction ends."""
        self._cursor.execute(LOCK, (_TURNING,))
        return self.all()

    def add(self, key: SigningKey) -> None:
        """Stores one."""
        self._cursor.execute(INSERT, (key.id, json.dumps(key.public), key.sealed, key.signs_from))

    def drop(self, key_ids: Sequence[str]) -> None:
        """Deletes these."""
        if key_ids:
            self._cursor.execute(DROP, (list(key_ids),))
