"""One transaction a use case: documents and events commit together, or not at all.

MongoDB lets nobody wait for a document that another transaction has changed; it refuses the second one at once. So work
comes as a function that may run again from the start, on what stands then.
"""

import random
import time
from collections.abc import Callable
from typing import TypeVar
from uuid import UUID

import pymongo
from pymongo.client_session import ClientSession
from pymongo.errors import OperationFailure, PyMongoError
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

from chassis import crashpoints
from chassis.errors import CommitUnknown, DatabaseUnavailable
from chassis.ids import uuid7
from chassis.mongo import outbox
from chassis.mongo.database import TRANSACTION_TIMEOUT, Database
from chassis.mongo.errors import Conflict, is_unavailable, translate
from chassis.outbox import Row, wire_form
from contracts import Message

T = TypeVar("T")

FIRST_PAUSE, LONGEST_PAUSE = 0.005, 0.2  # seconds between two tries, with jitter


class Transaction:
    """An open transaction. Its documents are reached with `session`; emitted events are written just before commit."""

    def __init__(self, database: Database, session: ClientSession) -> None:
        self.database = database
        self.session = session
        self._events: list[Row] = []

    def emit(self, message: Message, *, event_id: UUID | None = None) -> UUID:
        """Adds an event to this transaction and answers its id. Nothing is sent before the commit."""
        identifier = event_id or uuid7()
        self._events.append(Row(identifier, message.topic, wire_form(message, identifier)))
        return identifier

    def flush(self) -> None:
        """Writes the events. `run` calls it."""
        if self._events:
            outbox.insert(self.database, self.session, self._events)


def run(database: Database, work: Callable[[Transaction], T], *, timeout: float = TRANSACTION_TIMEOUT) -> T:
    """Does this work in a transaction, again and again while others get in its way, for at most `timeout` seconds.

    `work` raises Conflict itself to begin again. Raises DatabaseUnavailable when the server is away or the conflicts
    do not end; CommitUnknown when only a retry by key can tell.
    """
    deadline = time.monotonic() + timeout
    pause = FIRST_PAUSE
    with translate(), pymongo.timeout(timeout), database.client.start_session() as session:
        while True:
            try:
                return _once(database, session, work)
            except Conflict as error:
                if time.monotonic() + pause > deadline:
                    raise DatabaseUnavailable("others change the same documents all the time") from error
            time.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311 - jitter, not a secret
            pause = min(pause * 2, LONGEST_PAUSE)


def _once(database: Database, session: ClientSession, work: Callable[[Transaction], T]) -> T:
    session.start_transaction(read_concern=ReadConcern("snapshot"), write_concern=WriteConcern("majority"))
    try:
        tx = Transaction(database, session)
        result = work(tx)
        tx.flush()
    except BaseException as error:
        _abort(session)
        if isinstance(error, OperationFailure) and error.has_error_label("TransientTransactionError"):
            raise Conflict(str(error)) from error
        raise
    crashpoints.reach(crashpoints.BEFORE_COMMIT)
    _commit(session)
    crashpoints.reach(crashpoints.AFTER_COMMIT)
    return result


def _commit(session: ClientSession) -> None:
    """Commits; asking twice is safe, so an unknown answer is asked for again before it is reported."""
    for last in (False, True):
        try:
            session.commit_transaction()
            return
        except PyMongoError as error:
            if error.has_error_label("TransientTransactionError") and isinstance(error, OperationFailure):
                raise Conflict(str(error)) from error
            if not error.has_error_label("UnknownTransactionCommitResult") and not is_unavailable(error):
                raise
            if last:
                raise CommitUnknown("the database went away during commit") from error


def _abort(session: ClientSession) -> None:
    if session.in_transaction:
        session.abort_transaction()  # never raises: the server forgets what it does not hear of
