"""The copy of sellerhood."""

from collections.abc import Sequence
from uuid import UUID

from psycopg2.extensions import cursor
from psycopg2.extras import execute_values

from catalog.application.ports import SellerCopy

GET = "SELECT user_id, state, version FROM sellers WHERE user_id = %s FOR SHARE"
PUT = """
    INSERT INTO sellers (user_id, state, version) VALUES %s
        ON CONFLICT (user_id) DO UPDATE
       SET state = excluded.state, version = excluded.version, changed_at = now()
     WHERE excluded.version > sellers.version
    RETURNING user_id, state, version
"""


class PostgresSellers:
    """Rows of `sellers`."""

    def __init__(self, cursor: cursor) -> None:
        self._cursor = cursor

    def get(self, user_id: UUID) -> SellerCopy | None:
        """The copy, shared: a suspension waits until this transaction ends."""
        self._cursor.execute(GET, (str(user_id),))
        row = self._cursor.fetchone()
        return _copy(row) if row else None

    def put(self, copies: Sequence[SellerCopy]) -> list[SellerCopy]:
        """Keeps newer copies and answers them. One per user, written in the order of their ids."""
        rows = [(str(one.user_id), one.state, one.version) for one in sorted(copies, key=lambda one: one.user_id)]
        return [_copy(row) for row in execute_values(self._cursor, PUT, rows, page_size=1000, fetch=True)]


def _copy(row: tuple[str, str, int]) -> SellerCopy:
    return SellerCopy(UUID(row[0]), row[1], row[2])
