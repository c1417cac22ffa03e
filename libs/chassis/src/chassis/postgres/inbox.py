"""Events already seen, written in the same transaction as their effect."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from psycopg2.extensions import cursor

from chassis import ids
from chassis.postgres import partitions
from chassis.postgres.arrays import array
from chassis.postgres.pool import Pool
from chassis.postgres.unit_of_work import Transaction, transaction

T = TypeVar("T")

CLAIM = """
    INSERT INTO inbox (consumer, event_id)
    SELECT %s, event_id FROM unnest(%s::uuid[]) WITH ORDINALITY AS wanted (event_id, position) ORDER BY position
        ON CONFLICT DO NOTHING
    RETURNING event_id
"""


def claim(cursor: cursor, consumer: str, event_ids: Sequence[UUID]) -> set[UUID]:
    """The ids that this consumer has not seen before. They are seen once the caller's transaction commits.

    Ids are inserted in sorted order, so that two consumers with overlapping batches wait for each other
    instead of locking each other out.
    """
    cursor.execute(CLAIM, (consumer, array(sorted(set(event_ids)))))
    return set(ids.parsed([row[0] for row in cursor.fetchall()]))


def window(cursor: cursor) -> tuple[datetime, datetime]:
    """From when and until when the inbox can remember: the bounds of its partitions, end exclusive."""
    return partitions.window(cursor, "inbox")


class PostgresInbox:
    """The inbox as chassis.events uses it."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def run(self, work: Callable[[Transaction], T]) -> T:
        """Does this work in one transaction."""
        with transaction(self._pool) as tx:
            return work(tx)

    def window(self, tx: Transaction) -> tuple[datetime, datetime]:
        """From when and until when the inbox can remember."""
        return window(tx.cursor)

    def claim(self, tx: Transaction, consumer: str, event_ids: Sequence[UUID]) -> set[UUID]:
        """The ids that this consumer has not seen before."""
        return claim(tx.cursor, consumer, event_ids)
