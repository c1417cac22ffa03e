"""Counters that all replicas share. The database's clock is the one they all go by."""

from typing import Any

from psycopg2.extensions import cursor

from users.domain.limits import Bucket, Failures, Limit, Patience

# An upsert that changes nothing makes the row if it is missing, locks it and answers it in one round trip.
BUCKET = """
    INSERT INTO throttles (key, full_at) VALUES (%s, now())
        ON CONFLICT (key) DO UPDATE SET key = excluded.key
    RETURNING full_at, clock_timestamp()
"""
FILL = "UPDATE throttles SET full_at = %s WHERE key = %s"
FAILURES = """
    INSERT INTO login_failures (account, failures, blocked_until, last_at) VALUES (%s, 0, now(), now())
        ON CONFLICT (account) DO UPDATE SET account = excluded.account
    RETURNING failures, blocked_until, last_at, clock_timestamp()
"""
FAIL = "UPDATE login_failures SET failures = %s, blocked_until = %s, last_at = %s WHERE account = %s"
FORGIVE = "DELETE FROM login_failures WHERE account = %s"
FORGET_BUCKETS = """
    DELETE FROM throttles WHERE key IN (
           SELECT key FROM throttles WHERE full_at < now() LIMIT 1000 FOR UPDATE SKIP LOCKED) AND full_at < now()
"""
FORGET_FAILURES = """
    DELETE FROM login_failures WHERE account IN (
           SELECT account FROM login_failures WHERE last_at < now() - %s LIMIT 1000 FOR UPDATE SKIP LOCKED)
"""


class PostgresThrottles:
    """Rows of `throttles` and `login_failures`."""

    def __init__(self, cursor: cursor) -> None:
        self._cursor = cursor

    def take(self, key: str, limit: Limit) -> float:
        """Counts one; 0 when it is within the limit, else in how many seconds there is room."""
        self._cursor.execute(BUCKET, (key,))
        full_at, now = self._answer()
        bucket, wait = Bucket(full_at).take(limit, now)
        if not wait:
            self._cursor.execute(FILL, (bucket.full_at, key))
        return wait

    def attempt(self, account: str, patience: Patience) -> float:
        """Counts an attempt as failed; 0 when it may be made, else in how many seconds one may."""
        self._cursor.execute(FAILURES, (account,))
        count, blocked_until, last_at, now = self._answer()
        failures, wait = Failures(count, blocked_until, last_at).attempt(patience, now)
        if not wait:
            self._cursor.execute(FAIL, (failures.count, failures.blocked_until, failures.last_at, account))
        return wait

    def forgive(self, account: str) -> None:
        """The attempt was right: forgets the failures."""
        self._cursor.execute(FORGIVE, (account,))

    def forget(self) -> int:
        """Drops some of the counters that say nothing any more; answers how many."""
        self._cursor.execute(FORGET_BUCKETS)
        dropped = self._cursor.rowcount
        self._cursor.execute(FORGET_FAILURES, (Patience().forgotten_after,))
        return dropped + self._cursor.rowcount

    def _answer(self) -> tuple[Any, ...]:
        row = self._cursor.fetchone()
        if row is None:
            raise LookupError("an upsert answers its row")
        return row
