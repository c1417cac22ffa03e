"""Invitations of shops."""

from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg2.extensions import cursor

from catalog.domain.invitation import Invitation, State
from kernel.rights import Role

#: Columns that `invitation_of` reads, in its order, from shop_invitations `i`.
COLUMNS = """
    i.invitation_id, i.shop_id, i.role, i.email, i.user_id, i.invited_by, i.created_at, i.expires_at, i.state
"""
INSERT = """
    INSERT INTO shop_invitations
           (invitation_id, shop_id, role, email, user_id, invited_by, state, created_at, expires_at)
    VALUES (%(id)s, %(shop)s, %(role)s, %(email)s, %(user)s, %(by)s, %(state)s, %(created_at)s, %(expires_at)s)
        ON CONFLICT DO NOTHING
"""
GET = f"SELECT {COLUMNS} FROM shop_invitations i WHERE i.invitation_id = %s"  # noqa: S608 - a constant
LOCK = f"{GET} FOR UPDATE"
PENDING = f"""
    SELECT {COLUMNS} FROM shop_invitations i WHERE i.shop_id = %s AND i.state = 'pending'
     ORDER BY i.created_at, i.invitation_id
"""  # noqa: S608 - a constant
UPDATE = """
    UPDATE shop_invitations
       SET role = %(role)s, email = %(email)s, user_id = %(user)s, invited_by = %(by)s, state = %(state)s,
           expires_at = %(expires_at)s
     WHERE invitation_id = %(id)s
"""
FORGET = """
    DELETE FROM shop_invitations WHERE invitation_id IN (
           SELECT invitation_id FROM shop_invitations WHERE expires_at < %s LIMIT 100 FOR UPDATE SKIP LOCKED)
"""


class PostgresInvitations:
    """Rows of `shop_invitations`."""

    def __init__(self, cursor: cursor) -> None:
        self._cursor = cursor

    def add(self, invitation: Invitation) -> bool:
        """False when the id is taken, or somebody else has just invited the same person."""
        self._cursor.execute(INSERT, _values(invitation))
        return bool(self._cursor.rowcount)

    def get(self, invitation_id: UUID, *, lock: bool = False) -> Invitation | None:
        """The invitation."""
        self._cursor.execute(LOCK if lock else GET, (str(invitation_id),))
        row = self._cursor.fetchone()
        return invitation_of(row) if row else None

    def pending(self, shop_id: UUID) -> list[Invitation]:
        """Those of a shop that were not settled, also when their time is over, oldest first."""
        self._cursor.execute(PENDING, (str(shop_id),))
        return [invitation_of(row) for row in self._cursor.fetchall()]

    def save(self, invitation: Invitation) -> None:
        """Writes a locked invitation, or one of a locked shop."""
        self._cursor.execute(UPDATE, _values(invitation))

    def forget(self, before: datetime) -> None:
        """Drops some that ended before then."""
        self._cursor.execute(FORGET, (before,))


def _values(invitation: Invitation) -> dict[str, Any]:
    return {
        "id": str(invitation.id),
        "shop": str(invitation.shop_id),
        "role": invitation.role.value,
        "email": invitation.email,
        "user": str(invitation.user_id) if invitation.user_id else None,
        "by": str(invitation.invited_by),
        "state": invitation.state.value,
        "created_at": invitation.created_at,
        "expires_at": invitation.expires_at,
    }


def invitation_of(row: tuple[Any, ...]) -> Invitation:
    """An invitation from a row of `COLUMNS`."""
    invitation_id, shop_id, role, email, user_id, invited_by, created_at, expires_at, state = row
    return Invitation(
        id=UUID(invitation_id),
        shop_id=UUID(shop_id),
        role=Role(role),
        email=email,
        user_id=UUID(user_id) if user_id else None,
        invited_by=UUID(invited_by),
        created_at=created_at,
        expires_at=expires_at,
        state=State(state),
    )
