"""Sellers."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from psycopg2.extensions import cursor

from users.domain.seller import Kind, Seller, State

COLUMNS = "user_id, kind, display_name, phone, state, decided_by, created_at, changed_at, version, tax_id"
INSERT = f"""
    INSERT INTO sellers ({COLUMNS})
    SELECT user_id, %(kind)s, %(display_name)s, %(phone)s, %(state)s, %(decided_by)s, %(created_at)s, %(changed_at)s,
           %(version)s, %(tax_id)s
      FROM accounts WHERE user_id = %(id)s AND deleted_at IS NULL FOR SHARE
        ON CONFLICT (user_id) DO NOTHING
"""  # noqa: S608 - a constant
GET = f"SELECT {COLUMNS} FROM sellers WHERE user_id = %s"  # noqa: S608 - a constant
LOCK = f"{GET} FOR UPDATE"
UPDATE = """
    UPDATE sellers SET state = %s, decided_by = %s, changed_at = %s, version = %s, display_name = %s, phone = %s,
           tax_id = %s
     WHERE user_id = %s
"""
MANY = f"SELECT {COLUMNS} FROM sellers WHERE user_id = ANY(%s::uuid[])"  # noqa: S608 - a constant
PAGE = f"""
    SELECT {COLUMNS} FROM sellers
     WHERE (%(state)s::text IS NULL OR state = %(state)s) AND (%(after)s::uuid IS NULL OR user_id > %(after)s::uuid)
     ORDER BY user_id LIMIT %(limit)s
"""  # noqa: S608 - a constant

Row = tuple[str, str, str, str, str, str, datetime, datetime, int, str | None]


class PostgresSellers:
    """Rows of `sellers`."""

    def __init__(self, cursor: cursor) -> None:
        self._cursor = cursor

    def add(self, seller: Seller) -> bool:
        """False when the user is one already, or no account."""
        self._cursor.execute(
            INSERT,
            {
                "id": str(seller.id),
                "kind": seller.kind.value,
                "display_name": seller.display_name,
                "phone": seller.phone,
                "state": seller.state.value,
                "decided_by": seller.decided_by,
                "created_at": seller.created_at,
                "changed_at": seller.changed_at,
                "version": seller.version,
                "tax_id": seller.tax_id,
            },
        )
        return bool(self._cursor.rowcount)

    def get(self, seller_id: UUID, *, lock: bool = False) -> Seller | None:
        """The seller."""
        self._cursor.execute(LOCK if lock else GET, (str(seller_id),))
        row = self._cursor.fetchone()
        return _seller(row) if row else None

    def save(self, seller: Seller) -> None:
        """Writes a locked seller."""
        self._cursor.execute(
            UPDATE,
            (
                seller.state.value,
                seller.decided_by,
                seller.changed_at,
                seller.version,
                seller.display_name,
                seller.phone,
                seller.tax_id,
                str(seller.id),
            ),
        )

    def many(self, seller_ids: Sequence[UUID]) -> list[Seller]:
        """Those of these users who are sellers."""
        self._cursor.execute(MANY, ([str(one) for one in seller_ids],))
        return [_seller(row) for row in self._cursor.fetchall()]

    def page(self, state: State | None, after: UUID | None, limit: int) -> list[Seller]:
        """Sellers in the order of their ids."""
        self._cursor.execute(
            PAGE, {"state": state.value if state else None, "after": str(after) if after else None, "limit": limit}
        )
        return [_seller(row) for row in self._cursor.fetchall()]


def _seller(row: Row) -> Seller:
    user_id, kind, display_name, phone, state, decided_by, created_at, changed_at, version, tax_id = row
    return Seller(
        UUID(user_id),
        Kind(kind),
        display_name,
        phone,
        State(state),
        decided_by,
        created_at,
        changed_at,
        version,
        tax_id,
    )
