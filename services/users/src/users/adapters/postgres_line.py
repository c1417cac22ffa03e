"""Nonces for account linking, and which LINE user belongs to whom."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from psycopg2.extensions import cursor

from users.domain.line import IssuedNonce, LineBinding

_LINKING = 0x6C696E65  # advisory lock: links are made one at a time, so that moving a LINE user cannot race

ISSUE = "INSERT INTO line_nonces (nonce_digest, user_id, expires_at) VALUES (%(digest)s, %(user)s, %(expires_at)s)"
CROWD_OUT = """
    DELETE FROM line_nonces WHERE user_id = %(user)s AND nonce_digest NOT IN (
           SELECT nonce_digest FROM line_nonces WHERE user_id = %(user)s ORDER BY expires_at DESC LIMIT %(most)s)
"""
ISSUED_TO = "SELECT user_id FROM line_nonces WHERE nonce_digest = ANY(%s)"
SPEND = "DELETE FROM line_nonces WHERE nonce_digest = %s RETURNING user_id, expires_at"
DROP_NONCES = "DELETE FROM line_nonces WHERE user_id = %s"
OWNER = "SELECT user_id FROM line_bindings WHERE line_user_id = %s"
LOCK = "SELECT pg_advisory_xact_lock(%s)"
HOLD = """
    SELECT user_id, line_user_id, changed_at, version FROM line_bindings
     WHERE user_id = %s OR line_user_id = %s ORDER BY user_id FOR UPDATE
"""
GET = "SELECT user_id, line_user_id, changed_at, version FROM line_bindings WHERE user_id = %s FOR UPDATE"
SAVE = """
    INSERT INTO line_bindings (user_id, line_user_id, changed_at, version) VALUES (%s, %s, %s, %s)
        ON CONFLICT (user_id) DO UPDATE
       SET line_user_id = excluded.line_user_id, changed_at = excluded.changed_at, version = excluded.version
"""
FORGET = """
    DELETE FROM line_nonces WHERE nonce_digest IN (
           SELECT nonce_digest FROM line_nonces WHERE expires_at < %s LIMIT 1000 FOR UPDATE SKIP LOCKED)
"""


class PostgresLineBindings:
    """Rows of `line_nonces` and `line_bindings`."""

    def __init__(self, cursor: cursor) -> None:
        self._cursor = cursor

    def issue(self, nonce: IssuedNonce, most: int) -> None:
        """Remembers a nonce of a locked account and forgets all but its newest `most`."""
        values = {"digest": nonce.digest, "expires_at": nonce.expires_at, "user": str(nonce.user_id), "most": most}
        self._cursor.execute(ISSUE, values)
        self._cursor.execute(CROWD_OUT, values)

    def issued_to(self, nonce_digests: Sequence[bytes]) -> set[UUID]:
        """The accounts these nonces were issued to, as far as they are not spent."""
        self._cursor.execute(ISSUED_TO, (list(nonce_digests),))
        return {UUID(user_id) for (user_id,) in self._cursor.fetchall()}

    def spend(self, nonce_digest: bytes) -> IssuedNonce | None:
        """Takes the nonce away and answers it; None when it was never issued or is spent."""
        self._cursor.execute(SPEND, (nonce_digest,))
        row = self._cursor.fetchone()
        return IssuedNonce(nonce_digest, UUID(row[0]), row[1]) if row else None

    def hold(self, user_id: UUID, line_user_id: str) -> tuple[LineBinding | None, LineBinding | None]:
        """The account's binding and the binding that has this LINE user."""
        self._cursor.execute(LOCK, (_LINKING,))
        self._cursor.execute(HOLD, (str(user_id), line_user_id))
        found = [_binding(row) for row in self._cursor.fetchall()]
        own = next((one for one in found if one.user_id == user_id), None)
        holder = next((one for one in found if one.line_user_id == line_user_id), None)
        return own, holder

    def owner(self, line_user_id: str) -> UUID | None:
        """Whose LINE user this is."""
        self._cursor.execute(OWNER, (line_user_id,))
        row = self._cursor.fetchone()
        return UUID(row[0]) if row else None

    def get(self, user_id: UUID) -> LineBinding | None:
        """The account's binding, locked."""
        self._cursor.execute(GET, (str(user_id),))
        row = self._cursor.fetchone()
        return _binding(row) if row else None

    def save(self, binding: LineBinding) -> None:
        """Writes a held binding."""
        self._cursor.execute(SAVE, (str(binding.user_id), binding.line_user_id, binding.changed_at, binding.version))

    def drop_nonces(self, user_id: UUID) -> None:
        """Forgets the account's nonces."""
        self._cursor.execute(DROP_NONCES, (str(user_id),))

    def forget(self, before: datetime) -> int:
        """Drops some of the nonces that expired before then; answers how many."""
        self._cursor.execute(FORGET, (before,))
        return self._cursor.rowcount


def _binding(row: tuple[str, str | None, datetime, int]) -> LineBinding:
    return LineBinding(UUID(row[0]), row[1], row[2], row[3])
