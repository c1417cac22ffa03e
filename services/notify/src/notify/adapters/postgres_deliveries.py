"""Deliveries as the work process claims and settles them. The database's clock rules, so that replicas agree."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg2.extensions import cursor

from chassis.postgres import Pool, read_only, transaction
from kernel.locales import Locale
from notify.domain.delivery import Delivery, State, Verdict
from notify.domain.preferences import Channel

CLOSED = "SELECT 1 FROM line_budget WHERE closed_until > now()"
#: A claim moves next_try_at ahead: that is the lease.
CLAIM = """
    WITH due AS (
         SELECT delivery_id FROM deliveries
          WHERE state = 'waiting' AND channel = %(channel)s AND next_try_at <= now()
          ORDER BY next_try_at LIMIT %(limit)s
            FOR UPDATE SKIP LOCKED),
    claimed AS (
         UPDATE deliveries d
            SET next_try_at = now() + make_interval(secs => %(lease)s), attempts = attempts + 1
           FROM due WHERE d.delivery_id = due.delivery_id
         RETURNING d.*)
    SELECT c.delivery_id, c.notification_id, n.event_id, c.user_id, c.channel, c.address, c.retry_key, c.attempts,
           c.expires_at, n.type, n.title, n.body, n.link, c.locale, c.missed,
           c.channel <> 'line' OR (coalesce(b.line_user_id = c.address, false) AND f.blocked IS NOT TRUE)
      FROM claimed c
      JOIN notifications n USING (notification_id)
      LEFT JOIN line_bindings b ON c.channel = 'line' AND b.user_id = c.user_id
      LEFT JOIN line_friends f ON c.channel = 'line' AND f.line_user_id = c.address
     ORDER BY c.delivery_id
"""
#: What the quota swallowed goes into the user's next first try, and with it into every repetition of that request.
TAKE_MISSED = """
    DELETE FROM line_missed
     WHERE user_id IN (SELECT user_id FROM line_missed WHERE user_id = ANY(%s::uuid[])
                        ORDER BY user_id FOR UPDATE SKIP LOCKED)
    RETURNING user_id, count
"""
# Added: one that was given back before its first try may mention some already.
MENTION = """
    UPDATE deliveries d SET missed = d.missed + m.count
      FROM unnest(%s::uuid[], %s::integer[]) AS m (delivery_id, count) WHERE d.delivery_id = m.delivery_id
"""
SWALLOW = """
    UPDATE deliveries SET state = 'given_up', last_error = 'quota', settled_at = now()
     WHERE delivery_id IN (SELECT delivery_id FROM deliveries
                            WHERE state = 'waiting' AND channel = 'line' AND next_try_at <= now()
                            ORDER BY next_try_at LIMIT %s FOR UPDATE SKIP LOCKED)
    RETURNING user_id, missed + 1
"""
#: `attempts` names the claim. After its lease another may hold the row, whose claim stands; but what has arrived has.
SETTLE = """
    UPDATE deliveries d
       SET state = v.state, last_error = nullif(v.reason, ''), next_try_at = now() + make_interval(secs => v.pause),
           settled_at = CASE WHEN v.state <> 'waiting' THEN now() END
      FROM unnest(%(ids)s::uuid[], %(claims)s::integer[], %(states)s::text[], %(reasons)s::text[], %(pauses)s::float8[])
           AS v (delivery_id, attempts, state, reason, pause)
     WHERE d.delivery_id = v.delivery_id AND d.state = 'waiting'
       AND (d.attempts = v.attempts OR v.state = 'delivered')
    RETURNING d.delivery_id, d.user_id, d.state, d.missed
"""
MISSED = """
    INSERT INTO line_missed AS m (user_id, count)
    SELECT user_id, sum(count) FROM unnest(%s::uuid[], %s::integer[]) AS s (user_id, count)
     GROUP BY user_id ORDER BY user_id
        ON CONFLICT (user_id) DO UPDATE SET count = m.count + excluded.count
"""
GIVE_BACK = """
    UPDATE deliveries d SET next_try_at = now(), attempts = d.attempts - 1
      FROM unnest(%s::uuid[], %s::integer[]) AS v (delivery_id, attempts)
     WHERE d.delivery_id = v.delivery_id AND d.state = 'waiting' AND d.attempts = v.attempts
"""
CLOSE_BUDGET = """
    INSERT INTO line_budget AS b (closed_until, refused_at) VALUES (%s, %s)
        ON CONFLICT (one) DO UPDATE
       SET closed_until = greatest(b.closed_until, excluded.closed_until), refused_at = excluded.refused_at
"""
REFUSED = "SELECT refused_at FROM line_budget WHERE closed_until > now()"
OPEN = "DELETE FROM line_budget WHERE refused_at = %s"
# Settled long ago, a bounded number at a time: nobody asks for them any more.
FORGET = """
    DELETE FROM deliveries
     WHERE delivery_id IN (SELECT delivery_id FROM deliveries
                            WHERE state <> 'waiting' AND settled_at < now() - interval '30 days' LIMIT 1000)
"""


class PostgresDeliveries:
    """Rows of `deliveries`, `line_missed` and `line_budget`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def claim(self, channel: Channel, limit: int, lease: float) -> list[Delivery]:
        """Due ones, leased. While LINE's budget is closed, its due ones are given up instead."""
        with transaction(self._pool) as tx:
            if channel is Channel.LINE and self._closed(tx.cursor):
                tx.cursor.execute(SWALLOW, (limit,))
                _missed(tx.cursor, tx.cursor.fetchall())
                return []
            tx.cursor.execute(CLAIM, {"channel": channel.value, "limit": limit, "lease": lease})
            claimed = [_delivery(row) for row in tx.cursor.fetchall()]
            mentions = self._mentions(tx.cursor, claimed) if channel is Channel.LINE else {}
        return [replace(one, missed=one.missed + mentions.get(one.id, 0)) for one in claimed]

    def settle(self, verdicts: Sequence[Verdict]) -> None:
        """Writes what became of claimed ones; of those another one has claimed since, only that they arrived."""
        with transaction(self._pool) as tx:
            tx.cursor.execute(
                SETTLE,
                {
                    "ids": [str(one.delivery.id) for one in verdicts],
                    "claims": [one.delivery.attempts for one in verdicts],
                    "states": [one.state.value for one in verdicts],
                    "reasons": [one.reason[:100] for one in verdicts],
                    "pauses": [one.pause for one in verdicts],
                },
            )
            swallowed = {one.delivery.id for one in verdicts if one.swallowed}
            _missed(
                tx.cursor,
                [
                    (user_id, missed + (UUID(delivery_id) in swallowed))
                    for delivery_id, user_id, state, missed in tx.cursor.fetchall()
                    if state == State.GIVEN_UP
                ],
            )

    def give_back(self, deliveries: Sequence[Delivery]) -> None:
        """Claimed, but not tried; what another one has claimed since stays theirs."""
        with transaction(self._pool) as tx:
            tx.cursor.execute(GIVE_BACK, ([str(one.id) for one in deliveries], [one.attempts for one in deliveries]))

    def close_budget(self, until: datetime, refused_at: datetime) -> None:
        """No LINE message leaves before `until`."""
        with transaction(self._pool) as tx:
            tx.cursor.execute(CLOSE_BUDGET, (until, refused_at))

    def refused_at(self) -> datetime | None:
        """When LINE refused a push last; None while the budget is open."""
        with read_only(self._pool) as cursor:
            cursor.execute(REFUSED)
            row = cursor.fetchone()
        return row[0] if row else None

    def open(self, refused_at: datetime) -> bool:
        """Pushes go on, unless LINE has refused another since that one."""
        with transaction(self._pool) as tx:
            tx.cursor.execute(OPEN, (refused_at,))
            return bool(tx.cursor.rowcount)

    def forget(self) -> bool:
        """Deletes some that were settled over 30 days ago; whether there may be more."""
        with transaction(self._pool) as tx:
            tx.cursor.execute(FORGET)
            return bool(tx.cursor.rowcount)

    @staticmethod
    def _closed(cursor: cursor) -> bool:
        cursor.execute(CLOSED)
        return cursor.fetchone() is not None

    @staticmethod
    def _mentions(cursor: cursor, claimed: Sequence[Delivery]) -> dict[UUID, int]:
        firsts: dict[UUID, Delivery] = {}
        for one in claimed:
            if one.attempts == 1 and one.reachable:
                firsts.setdefault(one.user_id, one)
        if not firsts:
            return {}
        cursor.execute(TAKE_MISSED, ([str(user) for user in firsts],))
        counts = {firsts[UUID(user)].id: count for user, count in cursor.fetchall()}
        if counts:
            cursor.execute(MENTION, ([str(one) for one in counts], list(counts.values())))
        return counts


def _missed(cursor: cursor, counts: Sequence[tuple[Any, ...]]) -> None:
    """Keeps for the next digest what a user was not told: (user, how many)."""
    counted = [(user, count) for user, count in counts if count]
    if counted:
        cursor.execute(MISSED, ([user for user, _ in counted], [count for _, count in counted]))


def _delivery(row: tuple[Any, ...]) -> Delivery:
    delivery_id, notification_id, event_id, user_id, channel, address, retry_key, attempts, expires_at, *rest = row
    kind, title, body, link, locale, missed, reachable = rest
    return Delivery(
        id=UUID(delivery_id),
        notification_id=UUID(notification_id),
        event_id=UUID(event_id),
        user_id=UUID(user_id),
        channel=Channel(channel),
        address=address,
        retry_key=UUID(retry_key),
        attempts=attempts,
        expires_at=expires_at,
        type=kind,
        title=title,
        body=body,
        link=link,
        locale=Locale(locale),
        missed=missed,
        reachable=reachable,
    )
