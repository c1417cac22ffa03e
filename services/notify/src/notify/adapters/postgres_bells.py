"""Bells and notifications. Ringing is one statement, however many events and recipients there are."""

from collections.abc import Sequence
from datetime import datetime, time
from uuid import UUID

from chassis.postgres import TransactionCursor, array
from chassis.postgres.prepared import Prepared
from notify.application.ports import Rung
from notify.domain.bell import Bell, Ring
from notify.domain.preferences import Preferences

#: Bells are locked in the order of their users. Each notification gets the seq and the count of its own change, not of
#: the last one. What is there already (an event heard again after its inbox row is gone) moves nothing.
RING = Prepared.named(
    "ring",
    """
    WITH asked AS MATERIALIZED (
         SELECT a.* FROM unnest(%(ids)s::uuid[], %(events)s::uuid[], %(users)s::uuid[], %(types)s::text[],
                                %(titles)s::text[], %(bodies)s::text[], %(links)s::text[])
                         WITH ORDINALITY AS a (notification_id, event_id, user_id, type, title, body, link, place)
          WHERE NOT EXISTS (SELECT 1 FROM notifications n WHERE n.event_id = a.event_id AND n.user_id = a.user_id)),
    moved AS (
         INSERT INTO bell_state AS b (user_id, seq, unread)
         SELECT user_id, count(*), count(*) FROM asked GROUP BY user_id ORDER BY user_id
             ON CONFLICT (user_id) DO UPDATE SET seq = b.seq + excluded.seq, unread = b.unread + excluded.unread
         RETURNING user_id, seq, unread),
    numbered AS (
         SELECT asked.*,
                moved.seq - count(*) OVER (PARTITION BY asked.user_id)
                          + row_number() OVER (PARTITION BY asked.user_id ORDER BY place) AS seq,
                moved.unread - count(*) OVER (PARTITION BY asked.user_id)
                             + row_number() OVER (PARTITION BY asked.user_id ORDER BY place) AS unread
           FROM asked JOIN moved USING (user_id)),
    added AS (
         INSERT INTO notifications (notification_id, event_id, user_id, type, title, body, link, seq, created_at)
         SELECT notification_id, event_id, user_id, type, title, body, link, seq, %(at)s::timestamptz FROM numbered)
    SELECT n.place, n.seq, n.unread, p.line, p.sns, p.quiet_from, p.quiet_to, p.muted_types, p.version,
           CASE WHEN f.blocked IS NOT TRUE THEN b.line_user_id END
      FROM numbered n
      LEFT JOIN preferences p USING (user_id)
      LEFT JOIN line_bindings b USING (user_id)
      LEFT JOIN line_friends f USING (line_user_id)
     ORDER BY n.place
    """,
)
LOCK = "SELECT seq, unread FROM bell_state WHERE user_id = %s FOR UPDATE"
READ = """
    UPDATE notifications SET read_at = %(at)s, seen_at = coalesce(seen_at, %(at)s)
     WHERE notification_id = %(id)s AND user_id = %(user)s AND read_at IS NULL
"""
IS_THERE = "SELECT 1 FROM notifications WHERE notification_id = %s AND user_id = %s"
READ_ALL = """
    UPDATE notifications SET read_at = %(at)s, seen_at = coalesce(seen_at, %(at)s)
     WHERE user_id = %(user)s AND read_at IS NULL
"""
SAVE = "UPDATE bell_state SET seq = %s, unread = %s WHERE user_id = %s"


class PostgresBells:
    """Rows of `bell_state` and `notifications`."""

    def __init__(self, cursor: TransactionCursor) -> None:
        self._cursor = cursor

    def ring(self, rings: Sequence[Ring], at: datetime) -> list[Rung]:
        """Adds what is not there yet and moves each recipient's bell."""
        RING.execute(
            self._cursor,
            ids=array(one.notification_id for one in rings),
            events=array(one.event_id for one in rings),
            users=array(one.user_id for one in rings),
            types=array(one.type for one in rings),
            titles=array(one.title for one in rings),
            bodies=array(one.body for one in rings),
            links=array(one.link for one in rings),
            at=at,
        )
        return [
            Rung(rings[place - 1], Bell(seq, unread), preferences_of(tuple(wishes)), line_user_id)
            for place, seq, unread, *wishes, line_user_id in self._cursor.fetchall()
        ]

    def lock(self, user_id: UUID) -> Bell:
        """The bell, held until the transaction ends."""
        self._cursor.execute(LOCK, (str(user_id),))
        row = self._cursor.fetchone()
        return Bell(*row) if row else Bell()

    def mark_read(self, user_id: UUID, notification_id: UUID, at: datetime) -> bool | None:
        """Whether it was unread; None when the user has no such notification."""
        self._cursor.execute(READ, {"at": at, "id": str(notification_id), "user": str(user_id)})
        if self._cursor.rowcount:
            return True
        self._cursor.execute(IS_THERE, (str(notification_id), str(user_id)))
        return False if self._cursor.fetchone() else None

    def mark_all_read(self, user_id: UUID, at: datetime) -> int:
        """How many were unread."""
        self._cursor.execute(READ_ALL, {"at": at, "user": str(user_id)})
        return int(self._cursor.rowcount)

    def save(self, user_id: UUID, bell: Bell) -> None:
        """Writes a locked bell."""
        self._cursor.write(SAVE, (bell.seq, bell.unread, str(user_id)))


Wishes = tuple[bool | None, bool | None, time | None, time | None, list[str] | None, int | None]


def preferences_of(row: Wishes) -> Preferences:
    """Preferences from `line, sns, quiet_from, quiet_to, muted_types, version`; all None when nobody chose."""
    line, sns, quiet_from, quiet_to, muted, version = row
    if line is None or sns is None:
        return Preferences()
    return Preferences(line, sns, quiet_from, quiet_to, tuple(muted or ()), version or 0)
