"""Events already seen, written in the same transaction as their effect."""

import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from psycopg2.extensions import cursor

from chassis import ids
from chassis.postgres import partitions
from chassis.postgres.arrays import array
from chassis.postgres.pool import Pool
from chassis.postgres.prepared import Prepared
from chassis.postgres.unit_of_work import Transaction, transaction

T = TypeVar("T")

WINDOW_HOLDS = 10.0  # seconds
ADD = """
    INSERT INTO inbox (consumer, event_id)
    SELECT $1, event_id FROM unnest($2) WITH ORDINALITY AS wanted (event_id, position) ORDER BY position
"""
CLAIM = Prepared("claim_inbox", ("text", "uuid[]"), f"{ADD} ON CONFLICT DO NOTHING RETURNING event_id")
EXPECT = Prepared("add_to_inbox", ("text", "uuid[]"), ADD)


def claim(cursor: cursor, consumer: str, event_ids: Sequence[UUID]) -> set[UUID]:
    """The ids that this consumer has not seen before. They are seen once the caller's transaction commits.

    Ids are inserted in sorted order, so that two consumers with overlapping batches wait for each other
    instead of locking each other out.
    """
    CLAIM.execute(cursor, consumer, array(sorted(set(event_ids))))
    return set(ids.parsed([row[0] for row in cursor.fetchall()]))


def window(cursor: cursor) -> tuple[datetime, datetime]:
    """From when and until when the inbox can remember: the bounds of its partitions, end exclusive."""
    return partitions.window(cursor, "inbox")


class PostgresInbox:
    """The inbox as chassis.events uses it. Its window is read anew after a while: partitions come and go daily.

    An event of a partition that went meanwhile fails to be written, goes to retry, and meets the new window there.
    """

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._window: tuple[float, tuple[datetime, datetime]] | None = None

    def run(self, work: Callable[[Transaction], T]) -> T:
        """Does this work in one transaction."""
        with transaction(self._pool) as tx:
            return work(tx)

    def window(self, tx: Transaction) -> tuple[datetime, datetime]:
        """From when and until when the inbox can remember."""
        if self._window is None or time.monotonic() - self._window[0] > WINDOW_HOLDS:
            self._window = time.monotonic(), window(tx.cursor)
        return self._window[1]

    def claim(self, tx: Transaction, consumer: str, event_ids: Sequence[UUID]) -> set[UUID]:
        """The ids that this consumer has not seen before."""
        return claim(tx.cursor, consumer, event_ids)

    def expect_new(self, tx: Transaction, consumer: str, event_ids: Sequence[UUID]) -> set[UUID]:
        """All ids, without a round trip of its own; the transaction fails when this consumer has seen one before."""
        expected = set(event_ids)
        tx.cursor.write(EXPECT.on(tx.cursor, consumer, array(sorted(expected))))
        return expected
