"""Sessions and their refresh tokens."""

from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg2.extensions import cursor

from users.adapters.postgres_accounts import COLUMNS as PROFILE
from users.adapters.postgres_accounts import profile_of
from users.application.ports import ShownToken
from users.domain.session import REFRESH_LIFE, Session

COLUMNS = """
    sessions.session_id, sessions.user_id, sessions.created_at, sessions.rotated_at, sessions.expires_at,
    sessions.generation, sessions.revoked_at, sessions.rotated_by
"""
_WIDTH = 8
INSERT = """
    INSERT INTO sessions (session_id, user_id, created_at, rotated_at, expires_at, generation, revoked_at)
    VALUES (%s, %s, %s, %s, %s, %s, %s)
        ON CONFLICT (session_id) DO NOTHING
"""
GET = f"SELECT {COLUMNS} FROM sessions WHERE session_id = %s FOR UPDATE"  # noqa: S608 - a constant
SHOWN = f"""
    SELECT {COLUMNS}, refresh_tokens.generation, {PROFILE}
      FROM refresh_tokens JOIN sessions USING (session_id) JOIN accounts ON accounts.user_id = sessions.user_id
     WHERE token_digest = %s
       FOR UPDATE OF sessions
"""  # noqa: S608 - a constant
UPDATE = """
    UPDATE sessions SET rotated_at = %s, expires_at = %s, generation = %s, revoked_at = %s, rotated_by = %s
     WHERE session_id = %s
"""
LIVING = f"""
    SELECT {COLUMNS} FROM sessions WHERE user_id = %s AND revoked_at IS NULL ORDER BY session_id FOR UPDATE
"""  # noqa: S608 - a constant
ISSUE = "INSERT INTO refresh_tokens (token_digest, session_id, generation, issued_at) VALUES (%s, %s, %s, %s)"
REVOKED = f"SELECT {COLUMNS} FROM sessions WHERE revoked_at >= %s ORDER BY revoked_at"  # noqa: S608 - a constant
FORGET_SESSIONS = """
    DELETE FROM sessions WHERE session_id IN (
           SELECT session_id FROM sessions WHERE expires_at < %s LIMIT 500 FOR UPDATE SKIP LOCKED)
"""
FORGET_TOKENS = """
    DELETE FROM refresh_tokens WHERE token_digest IN (
           SELECT token_digest FROM refresh_tokens WHERE issued_at < %s LIMIT 2000 FOR UPDATE SKIP LOCKED)
"""


class PostgresSessions:
    """Rows of `sessions` and `refresh_tokens`."""

    def __init__(self, cursor: cursor) -> None:
        self._cursor = cursor

    def begin(self, session: Session) -> Session:
        """Adds it, or answers the one with this id as it stands, locked."""
        self._cursor.execute(
            INSERT,
            (
                str(session.id),
                str(session.user_id),
                session.created_at,
                session.rotated_at,
                session.expires_at,
                session.generation,
                session.revoked_at,
            ),
        )
        if self._cursor.rowcount:
            return session
        return self.get(session.id) or session

    def get(self, session_id: UUID) -> Session | None:
        """The session, locked."""
        self._cursor.execute(GET, (str(session_id),))
        row = self._cursor.fetchone()
        return session_of(row) if row else None

    def shown(self, token_digest: bytes) -> ShownToken | None:
        """What this token opens. The lock is taken before the row is answered, as the last writer left it."""
        self._cursor.execute(SHOWN, (token_digest,))
        row = self._cursor.fetchone()
        if row is None:
            return None
        return ShownToken(session_of(row[:_WIDTH]), row[_WIDTH], profile_of(row[_WIDTH + 1 :]))

    def save(self, session: Session) -> None:
        """Writes a locked session."""
        self._cursor.execute(
            UPDATE,
            (
                session.rotated_at,
                session.expires_at,
                session.generation,
                session.revoked_at,
                session.rotated_by,
                str(session.id),
            ),
        )

    def living(self, user_id: UUID) -> list[Session]:
        """The account's sessions that were not revoked, locked."""
        self._cursor.execute(LIVING, (str(user_id),))
        return [session_of(row) for row in self._cursor.fetchall()]

    def issue(self, session: Session, token_digest: bytes, at: datetime) -> None:
        """A token of the session's generation."""
        self._cursor.execute(ISSUE, (token_digest, str(session.id), session.generation, at))

    def revoked_since(self, moment: datetime) -> list[Session]:
        """Sessions revoked since then."""
        self._cursor.execute(REVOKED, (moment,))
        return [session_of(row) for row in self._cursor.fetchall()]

    def forget(self, before: datetime) -> int:
        """Drops some of what has ended; answers how many rows."""
        self._cursor.execute(FORGET_SESSIONS, (before,))
        dropped = self._cursor.rowcount
        self._cursor.execute(FORGET_TOKENS, (before - REFRESH_LIFE,))
        return dropped + self._cursor.rowcount


def session_of(row: tuple[Any, ...]) -> Session:
    """A session from a row of `COLUMNS`."""
    session_id, user_id, created_at, rotated_at, expires_at, generation, revoked_at, rotated_by = row
    return Session(
        UUID(session_id),
        UUID(user_id),
        created_at,
        rotated_at,
        expires_at,
        generation,
        revoked_at,
        None if rotated_by is None else bytes(rotated_by),
    )
