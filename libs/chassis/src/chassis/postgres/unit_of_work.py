"""One transaction a use case: its state and its events commit together, or not at all."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn
from uuid import UUID

import psycopg2
from psycopg2.extensions import TRANSACTION_STATUS_IDLE, TRANSACTION_STATUS_INERROR, connection, cursor

from chassis import crashpoints
from chassis.ids import uuid7
from chassis.outbox import wire_form
from chassis.postgres import outbox
from chassis.postgres.errors import CommitUnknown, DatabaseUnavailable, is_unavailable, translate
from chassis.postgres.pool import Pool
from contracts import Message


class TransactionCursor(cursor):
    """The cursor of a transaction. What needs no answer travels with what comes next, at the latest with the COMMIT.

    So BEGIN and every `write` cost no round trip of their own. What cannot be sent together is refused: nothing runs
    outside the transaction, or before what was written earlier, unseen.
    """

    _waiting: bytes = b""
    _told: tuple[str, ...] = ()

    @property
    def waits(self) -> bool:
        """Whether something is written that the server has not heard of."""
        return bool(self._waiting)

    def write(self, query: str | bytes, parameters: Any = None) -> None:
        """A statement whose rows and row count nobody asks for. What is wrong with it is raised by a later statement,
        or by the commit.
        """
        self._waiting += self.mogrify(query, parameters) + b";"

    def tell(self, channel: str) -> None:
        """NOTIFY on this channel right behind the COMMIT, in the same round trip. It is a hint and may be lost.

        Within the transaction it would hold a lock of the whole server until the log is on disk, so that no two commits
        that notify, in any database, share a flush. Source: PostgreSQL 15, PreCommit_Notify in commands/async.c.
        """
        if channel not in self._told:
            self._told += (channel,)

    def commit(self) -> None:
        """COMMIT, with what was written and not yet sent before it. psycopg2.InternalError when all is rolled back."""
        if self.connection.get_transaction_status() == TRANSACTION_STATUS_INERROR:
            raise psycopg2.InternalError("the transaction had failed, and cannot be committed")
        self.execute("".join(("COMMIT", *(f";NOTIFY {channel}" for channel in self._told))))

    def execute(self, query: Any, parameters: Any = None) -> None:
        """As psycopg2's, for text."""
        waiting, self._waiting = self._waiting, b""
        if self.connection.get_transaction_status() == TRANSACTION_STATUS_IDLE:
            waiting = b"BEGIN;" + waiting
        if waiting:
            query, parameters = waiting + self.mogrify(query, parameters), None
        super().execute(query, parameters)

    def _refuse(self, *_args: object, **_options: object) -> NoReturn:
        raise TypeError("in a transaction of ours only execute and copy_expert run")

    executemany = callproc = copy_from = copy_to = _refuse

    def copy_expert(self, *args: Any, **options: Any) -> None:
        """As psycopg2's."""
        if self._waiting:
            self.execute("SELECT")
        elif self.connection.get_transaction_status() == TRANSACTION_STATUS_IDLE:
            super().execute("BEGIN")
        super().copy_expert(*args, **options)


class Transaction:
    """An open transaction. `cursor` runs its statements; events handed to `emit` are written with the COMMIT.

    It begins with its first statement. The connection is in autocommit mode, so that BEGIN and COMMIT are ours to
    send: together with their neighbours.
    """

    def __init__(self, connection: connection) -> None:
        connection.autocommit = True
        self._connection = connection
        self.cursor: TransactionCursor = connection.cursor(cursor_factory=TransactionCursor)
        self._events: list[outbox.NewRow] = []

    def emit(self, message: Message, *, event_id: UUID | None = None) -> UUID:
        """Adds an event to this transaction and answers its id. Nothing is sent before the commit."""
        identifier = event_id or uuid7()
        self._events.append((identifier, message.topic, wire_form(message, identifier)))
        return identifier

    def write_events(self) -> None:
        """Writes the events so far, by COPY. A transaction of very many does so in between, to keep its memory flat.

        Not for green processes.
        """
        if self._events:
            outbox.copy(self.cursor, self._events)
            self.cursor.tell(outbox.CHANNEL)
            self._events.clear()

    def commit(self) -> None:
        """Writes the events and commits. Raises CommitUnknown when the server went away in the middle of it."""
        crashpoints.reach(crashpoints.BEFORE_COMMIT)
        try:
            if self._events:
                self.cursor.write(outbox.adding(self.cursor, self._events))
                self.cursor.tell(outbox.CHANNEL)
            if not self.cursor.waits and self._connection.get_transaction_status() == TRANSACTION_STATUS_IDLE:
                return  # nothing was said to the server
            self.cursor.commit()
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
