"""NOTIFY wakes the work process at once; polling is the truth."""

import logging
import select
import threading
from contextlib import suppress

import psycopg2
from psycopg2.extensions import ISOLATION_LEVEL_AUTOCOMMIT, connection

from chassis.errors import Unavailable

log = logging.getLogger(__name__)

CHANNEL = "notify_work"  # NOTIFY channel of new deliveries and chat events
POLL_EVERY = 1.0  # seconds


class Wakeup:
    """`listen` is a task of its own; whoever has nothing to do calls `wait`."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._connection: connection | None = None
        self._turn = threading.Condition()
        self._rounds = 0

    def waiter(self) -> "Waiter":
        """A hand for one task to wait with. What is new since its last wait ends the next one at once."""
        return Waiter(self)

    def wait(self, seen: int) -> int:
        """Returns when there was something new after round `seen`, or after a second."""
        with self._turn:
            self._turn.wait_for(lambda: self._rounds != seen, POLL_EVERY)
            return self._rounds

    def listen(self) -> bool:
        """Listens for a second and passes on what it hears. Raises Unavailable when the database is away."""
        try:
            connection = self._listening()
            if select.select([connection], [], [], POLL_EVERY)[0]:
                connection.poll()
                connection.notifies.clear()
                with self._turn:
                    self._rounds += 1
                    self._turn.notify_all()
        except (OSError, psycopg2.Error) as error:
            self.close()
            raise Unavailable("not listening for new work, polling instead") from error
        return True

    def close(self) -> None:
        """Ends listening."""
        if self._connection is not None:
            with suppress(psycopg2.Error):
                self._connection.close()
        self._connection = None

    def _listening(self) -> connection:
        if self._connection is None or self._connection.closed:
            self._connection = psycopg2.connect(
                self._dsn, connect_timeout=3, keepalives_idle=5, application_name="yeshi-notify-wakeup"
            )
            self._connection.set_isolation_level(ISOLATION_LEVEL_AUTOCOMMIT)
            with self._connection.cursor() as cursor:
                cursor.execute(f"LISTEN {CHANNEL}")
        return self._connection


class Waiter:
    """One task's memory of what it has been woken for."""

    def __init__(self, wakeup: Wakeup) -> None:
        self._wakeup = wakeup
        self._seen = 0

    def __call__(self) -> None:
        """Waits for something new, a second at the longest."""
        self._seen = self._wakeup.wait(self._seen)
