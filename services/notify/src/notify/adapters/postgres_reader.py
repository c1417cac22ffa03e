"""Questions that change nothing, each one round trip without a transaction; and the mark of what was shown."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis.postgres import Pool, read_only, transaction
from notify.adapters.postgres_bells import LOCK, preferences_of
from notify.application.ports import Changes
from notify.domain.bell import Bell, Notification
from notify.domain.preferences import Preferences

#: Columns that `_notification` reads, in its order.
COLUMNS = "notification_id, event_id, user_id, type, title, body, link, n.seq, created_at, seen_at, read_at"
PAGE = """
    SELECT b.seq, b.unread, n.*
      FROM bell_state b
      LEFT JOIN LATERAL (
           SELECT {columns} FROM notifications n
            WHERE n.user_id = b.user_id {unread} AND n.seq < coalesce(%(before_seq)s, 9223372036854775807)
            ORDER BY n.seq DESC LIMIT %(limit)s) n ON true
     WHERE b.user_id = %(user)s
     ORDER BY n.seq DESC
"""
# The cursor is the last notification shown; what is not the user's own comes before nothing.
BEFORE = (
    "(SELECT coalesce((SELECT seq FROM notifications WHERE notification_id = %(before)s AND user_id = %(user)s), 0))"
)
BELLS = "SELECT user_id, seq, unread FROM bell_state WHERE user_id = ANY(%s::uuid[])"
AFTER = f"""
    SELECT asked.place, b.seq, b.unread, n.*
      FROM unnest(%(users)s::uuid[], %(seqs)s::bigint[]) WITH ORDINALITY AS asked (user_id, seq, place)
      LEFT JOIN bell_state b USING (user_id)
      LEFT JOIN LATERAL (
           SELECT {COLUMNS} FROM notifications n
            WHERE n.user_id = asked.user_id AND n.seq > asked.seq
            ORDER BY n.seq LIMIT %(limit)s) n ON true
     ORDER BY asked.place, n.seq
"""  # noqa: S608 - a constant
PREFERENCES = "SELECT line, sns, quiet_from, quiet_to, muted_types, version FROM preferences WHERE user_id = %s"
SEEN = """
    UPDATE notifications SET seen_at = %s
     WHERE notification_id = ANY(%s::uuid[]) AND user_id = %s AND seen_at IS NULL
"""


class PostgresReader:
    """Reads bells and lists."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def page(self, user_id: UUID, unread: bool, before: UUID | None, limit: int) -> tuple[Bell, list[Notification]]:
        """The bell, and up to `limit` notifications, newest first."""
        statement = PAGE.format(columns=COLUMNS, unread="AND n.read_at IS NULL" if unread else "")
        statement = statement.replace("%(before_seq)s", BEFORE if before else "NULL::bigint")
        with read_only(self._pool) as cursor:
            cursor.execute(statement, {"user": str(user_id), "before": str(before), "limit": limit})
            rows = cursor.fetchall()
        if not rows:
            return Bell(), []
        return Bell(*rows[0][:2]), [_notification(row[2:]) for row in rows if row[2] is not None]

    def bells(self, user_ids: Collection[UUID]) -> dict[UUID, Bell]:
        """Bells by user."""
        with read_only(self._pool) as cursor:
            cursor.execute(BELLS, ([str(one) for one in user_ids],))
            return {UUID(user): Bell(seq, unread) for user, seq, unread in cursor.fetchall()}

    def after(self, asked: Sequence[tuple[UUID, int]], most: int) -> list[Changes]:
        """What was added after each (user, seq), by position."""
        parameters = {"users": [str(user) for user, _ in asked], "seqs": [seq for _, seq in asked], "limit": most + 1}
        bells: dict[int, Bell] = {}
        items: dict[int, list[Notification]] = {}
        with read_only(self._pool) as cursor:
            cursor.execute(AFTER, parameters)
            for place, seq, unread, *row in cursor.fetchall():
                bells[place] = Bell(seq or 0, unread or 0)
                items.setdefault(place, []).extend([_notification(tuple(row))] if row[0] is not None else [])
        return [
            Changes(bells[place], items[place][:most], len(items[place]) <= most) for place in range(1, len(asked) + 1)
        ]

    def preferences(self, user_id: UUID) -> Preferences:
        """The user's, or what everybody begins with."""
        with read_only(self._pool) as cursor:
            cursor.execute(PREFERENCES, (str(user_id),))
            row = cursor.fetchone()
        return preferences_of(row) if row else Preferences()

    def seen(self, user_id: UUID, notification_ids: Sequence[UUID], at: datetime) -> None:
        """These were shown to their owner."""
        with transaction(self._pool) as tx:
            tx.cursor.write(LOCK, (str(user_id),))  # rows of one bell are changed by one at a time, in whatever order
            tx.cursor.execute(SEEN, (at, [str(one) for one in notification_ids], str(user_id)))


def _notification(row: tuple[Any, ...]) -> Notification:
    identifier, event_id, user_id, kind, title, body, link, seq, created_at, seen_at, read_at = row
    return Notification(
        UUID(identifier), UUID(event_id), UUID(user_id), kind, title, body, link, seq, created_at, seen_at, read_at
    )
