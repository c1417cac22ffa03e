"""Events that are committed but not yet published. Rows are claimed with a lease, so several relays are safe."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from uuid import UUID

from psycopg2.extensions import cursor

from chassis.outbox import Row
from chassis.postgres.arrays import array
from chassis.postgres.copying import copy_rows
from chassis.postgres.errors import translate
from chassis.postgres.pool import Pool
from chassis.postgres.prepared import Prepared

CHANNEL = "outbox"  # NOTIFY channel that wakes the relay; polling is the truth

NewRow = tuple[UUID, str, bytes]

INSERT = Prepared(
    "add_to_outbox",
    ("uuid[]", "text[]", "bytea[]"),
    "INSERT INTO outbox (id, topic, body) SELECT * FROM unnest($1, $2, $3)",
)
# By a list of ids each row is found by its key, whatever the planner believes of the table. Joined to the subquery, all
# that waits was once compared with all that is claimed: the statistics were of a time when nothing waited.
CLAIM = Prepared(
    "claim_outbox",
    ("interval", "integer"),
    """
    UPDATE outbox SET leased_until = now() + $1, attempts = attempts + 1
     WHERE id = ANY (ARRAY (
           SELECT id FROM outbox
            WHERE published_at IS NULL AND (leased_until IS NULL OR leased_until < now())
            ORDER BY id LIMIT $2
              FOR UPDATE SKIP LOCKED))
    RETURNING id, topic, body
    """,
)
MARK = Prepared(
    "mark_outbox",
    ("uuid[]",),
    "UPDATE outbox SET published_at = now(), leased_until = NULL WHERE id = ANY($1) AND published_at IS NULL",
)
RETURNED = "UPDATE outbox SET last_error = %s, leased_until = now() + %s WHERE id = ANY(%s::uuid[])"
RELEASE = "UPDATE outbox SET leased_until = NULL WHERE id = ANY(%s::uuid[]) AND published_at IS NULL"
BACKLOG = """
    SELECT count(*), coalesce(extract(epoch FROM now() - min(created_at)), 0) FROM outbox WHERE published_at IS NULL
"""


__all__ = ["CHANNEL", "NewRow", "Outbox", "Row", "adding", "copy"]


def adding(cursor: cursor, rows: Sequence[NewRow]) -> bytes:
    """The statement that writes events in the transaction of this cursor."""
    identifiers, topics, bodies = zip(*rows, strict=True)
    return INSERT.on(cursor, array(identifiers), array(topics), array(bodies))


def copy(cursor: cursor, rows: Sequence[NewRow]) -> None:
    """Writes very many events at once. Not for green processes."""
    copy_rows(cursor, "outbox", ("id", "topic", "body"), rows)


class Outbox:
    """The relay's view of one database's outbox. Every method is one short transaction of its own."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def claim(
        self, limit: int = 500, lease: timedelta = timedelta(seconds=30), published: Sequence[UUID] = ()
    ) -> list[Row]:
        """Marks rows the broker has confirmed, then leases the oldest that nobody else has, ordered by id.

        One round trip for both.
        """
        with self._statement() as claiming:
            first = MARK.on(claiming, array(published)) if published else b""
            claiming.execute(first + CLAIM.on(claiming, lease, limit))
            rows = [Row(UUID(identifier), topic, bytes(body)) for identifier, topic, body in claiming.fetchall()]
        return sorted(rows, key=lambda row: row.id)

    def mark_published(self, ids: Iterable[UUID]) -> None:
        """The broker has confirmed these rows."""
        with self._statement() as marking:
            marking.execute(MARK.on(marking, array(ids)))

    def mark_returned(self, ids: Iterable[UUID], error: str, pause: timedelta = timedelta(seconds=5)) -> None:
        """No queue took these rows: they stay unpublished and are tried again after a pause."""
        self._write(RETURNED, (error[:500], pause, array(ids)))

    def release(self, ids: Iterable[UUID]) -> None:
        """Gives claimed rows back at once, when the broker went away before they were sent."""
        self._write(RELEASE, (array(ids),))

    def backlog(self) -> tuple[int, float]:
        """How many rows wait, and for how many seconds the oldest has."""
        with self._statement() as reading:
            reading.execute(BACKLOG)
            count, oldest = reading.fetchone() or (0, 0)
        return int(count), float(oldest)

    def _write(self, statement: str, parameters: tuple[object, ...]) -> None:
        with self._statement() as writing:
            writing.execute(statement, parameters)

    @contextmanager
    def _statement(self) -> Iterator[cursor]:
        """For one statement, which is a transaction by itself: no round trips for BEGIN and COMMIT."""
        with self._pool.connection() as connection, translate():
            connection.autocommit = True
            with connection.cursor() as alone:
                yield alone
