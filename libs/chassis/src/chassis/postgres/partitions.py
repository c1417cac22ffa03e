"""Daily partitions of outbox and inbox, by range of the event's id: a UUIDv7 sorts by its time.

So `(consumer, event id)` stays unique across midnight, and seven-day-old rows go away by dropping a table.
"""

import logging
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from functools import partial

import psycopg2
from psycopg2 import sql
from psycopg2.extensions import cursor

from chassis import clock
from chassis.ids import lowest_at
from chassis.postgres.pool import Pool

log = logging.getLogger(__name__)

TABLES = ("outbox", "inbox")
FILLFACTOR = {"outbox": 60, "inbox": 100}  # room to lease an outbox row in place, without touching its indexes
DAYS_AHEAD = 3
DAYS_KEPT = 7
_LOCK = 0x7965736869  # advisory lock: one process at a time changes partitions

EXISTING = """
    SELECT child.relname FROM pg_inherits
      JOIN pg_class child ON child.oid = inhrelid
      JOIN pg_class parent ON parent.oid = inhparent
     WHERE parent.relname = %s ORDER BY 1
"""
_NAME = re.compile(r"_(\d{4})_(\d{2})_(\d{2})$")


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _name(table: str, day: date) -> str:
    return f"{table}_{day:%Y_%m_%d}"


def _days(cursor: cursor, table: str) -> list[date]:
    cursor.execute(EXISTING, (table,))
    found = [_NAME.search(name) for (name,) in cursor.fetchall()]
    return sorted(date(*map(int, match.groups())) for match in found if match)


def window(cursor: cursor, table: str) -> tuple[datetime, datetime]:
    """The time that the partitions of a table cover, end exclusive. Raises LookupError when there are none."""
    days = _days(cursor, table)
    if not days:
        raise LookupError(f"{table} has no partitions")
    return _midnight(days[0]), _midnight(days[-1] + timedelta(days=1))


def ensure_ahead(cursor: cursor, today: date, days: int = DAYS_AHEAD) -> list[str]:
    """Makes the partitions from a day ago to `days` ahead that are missing, and answers their names.

    Yesterday's is there on the first day too, for events that were made before midnight.
    """
    return [name for table in TABLES for name in _make(cursor, table, today, days)]


def drop_older(cursor: cursor, today: date, days: int = DAYS_KEPT) -> list[str]:
    """Drops partitions older than `days`, and answers their names. One with unpublished rows is never dropped."""
    return [name for table in TABLES for name in _drop(cursor, table, today, days)]


def maintain(pool: Pool, today: date | None = None) -> tuple[list[str], list[str]]:
    """Makes what is missing and drops what is old. Two replicas may run it: one works, the other leaves at once.

    Each table has a transaction of its own: a batch of events locks the inbox first and the outbox at its end, and
    whoever held one of them here and wanted the other would wait for it in a circle.
    """
    today = today or clock.now().date()
    made = [name for table in TABLES for name in _alone(pool, partial(_make, table=table, today=today))]
    dropped: list[str] = []
    try:
        for table in TABLES:
            dropped += _alone(pool, partial(_drop, table=table, today=today))
    except psycopg2.errors.LockNotAvailable:
        log.warning("old partitions are in use; they are dropped next time")
    return made, dropped


def _alone(pool: Pool, work: Callable[[cursor], list[str]]) -> list[str]:
    with pool.connection() as connection, connection, connection.cursor() as alone:
        alone.execute("SET LOCAL lock_timeout = '2s'")
        alone.execute("SELECT pg_try_advisory_xact_lock(%s)", (_LOCK,))
        return work(alone) if (alone.fetchone() or (False,))[0] else []


def _make(cursor: cursor, table: str, today: date, days: int = DAYS_AHEAD) -> list[str]:
    made = []
    existing = set(_days(cursor, table))
    for offset in range(-1, days + 1):
        day = today + timedelta(days=offset)
        if day in existing:
            continue
        bounds = (str(lowest_at(_midnight(day))), str(lowest_at(_midnight(day + timedelta(days=1)))))
        cursor.execute(
            sql.SQL(
                "CREATE TABLE IF NOT EXISTS {} PARTITION OF {} FOR VALUES FROM (%s) TO (%s) WITH (fillfactor = {})"
            ).format(sql.Identifier(_name(table, day)), sql.Identifier(table), sql.Literal(FILLFACTOR[table])),
            bounds,
        )
        made.append(_name(table, day))
    return made


def _drop(cursor: cursor, table: str, today: date, days: int = DAYS_KEPT) -> list[str]:
    dropped = []
    for day in _days(cursor, table):
        if day >= today - timedelta(days=days):
            continue
        name = sql.Identifier(_name(table, day))
        if table == "outbox":
            # the parent first, as everybody else: a relay that claims holds it and goes on to its partitions
            cursor.execute("LOCK TABLE ONLY outbox IN ACCESS EXCLUSIVE MODE")
            cursor.execute(sql.SQL("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE").format(name))
            cursor.execute(sql.SQL("SELECT EXISTS (SELECT 1 FROM {} WHERE published_at IS NULL)").format(name))
            if (cursor.fetchone() or (True,))[0]:
                log.error("%s still holds unpublished events", _name(table, day))
                continue
        cursor.execute(sql.SQL("DROP TABLE {}").format(name))
        dropped.append(_name(table, day))
    return dropped
