"""One transaction a use case: its state and its events commit together, or not at all."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

import psycopg2
from psycopg2.extensions import connection, cursor

from chassis import crashpoints
from chassis.ids import uuid7
from chassis.outbox import wire_form
from chassis.postgres import outbox
from chassis.postgres.errors import CommitUnknown, DatabaseUnavailable, is_unavailable, translate
from chassis.postgres.pool import Pool
from contracts import Message


class Transaction:
    """An open transaction. `cursor` runs its statements; events handed to `emit` are written just before COMMIT."""

    def __init__(self, connection: connection) -> None:
        self._connection = connection
        self.cursor: cursor = connection.cursor()
        self._events: list[outbox.NewRow] = []

    def emit(self, message: Message, *, event_id: UUID | None = None) -> UUID:
        """Adds an event to this transaction and answers its id. Nothing is sent before the commit."""
        identifier = event_id or uuid7()
        self._events.append((identifier, message.topic, wire_form(message, identifier)))
        return identifier

    def commit(self) -> None:
        """Writes the events and commits. Raises CommitUnknown when the server went away in the middle of it."""
        if self._events:
            outbox.insert(self.cursor, self._events)
        crashpoints.reach(crashpoints.BEFORE_COMMIT)
        try:
            self._connection.commit()
        except psycopg2.Error as error:
            if is_unavailable(error):
                raise CommitUnknown("the database went away during commit") from error
            raise
        crashpoints.reach(crashpoints.AFTER_COMMIT)


@contextmanager
def transaction(pool: Pool) -> Iterator[Transaction]:
    """A transaction that commits when the block ends and rolls back when it raises.

    Raises DatabaseUnavailable when the server is away; CommitUnknown when only a retry by key can tell.
    """
    with pool.connection() as borrowed, translate():
        open_transaction = Transaction(borrowed)
        yield open_transaction
        try:
            open_transaction.commit()
        except DatabaseUnavailable:
            borrowed.close()  # its state is unknown: never handed out again
            raise


@contextmanager
def read_only(pool: Pool) -> Iterator[cursor]:
    """A cursor for reading, without a transaction around it: each statement sees what is committed."""
    with pool.connection() as borrowed, translate():
        borrowed.autocommit = True
        with borrowed.cursor() as reader:
            yield reader
