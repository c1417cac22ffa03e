"""A bounded pool of psycopg2 connections in which callers wait for their turn.

It uses `threading` and `time` only, so it is green in a patched process and plain elsewhere. psycopg2's own pool raises
when it is empty, and hands out connections that a server restart has broken.
"""

import fcntl
import termios
import threading
import time
from array import array
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import psycopg2
from psycopg2.extensions import TRANSACTION_STATUS_IDLE
from psycopg2.extensions import connection as connection_type

from chassis import metrics
from chassis.errors import Refusal
from chassis.postgres.errors import DatabaseUnavailable, PoolTimeout, is_unavailable

#: Settings where short statements on few rows run. What is prepared is planned once, while its table may still look
#: small: each row is found by its key, never by reading all others. Left to itself the server plans anew for each call,
#: since arrays of one element look cheaper than any.
PLANNED_ONCE = {
    "plan_cache_mode": "force_generic_plan",
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "jit": "off",
}
IDLE_BEFORE_PING = 0.2  # seconds a connection may rest before it is asked whether it lives


@dataclass
class _Resting:
    connection: connection_type
    since: float
    generation: int


class Pool:
    """Hands out connections: at most `size` at once, the one used last first.

    A caller waits up to `wait_seconds`, then gets PoolTimeout. A broken connection is thrown away, and every older one
    is asked before it is used again, so one restart of the server costs no caller an error. `settings` are the server's
    for each connection, like `synchronous_commit`.
    """

    def __init__(
        self,
        dsn: str,
        *,
        size: int = 8,
        wait_seconds: float = 5.0,
        statement_timeout_ms: int = 5000,
        connect_timeout: int = 3,
        name: str = "postgres",
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self.name = name
        self._dsn = dsn
        self._size = size
        self._wait_seconds = wait_seconds
        self._options: dict[str, Any] = {
            "connect_timeout": connect_timeout,
            "application_name": f"yeshi-{name}",
            # A server that stopped answering is noticed by the kernel, also in the middle of a query.
            "keepalives_idle": 5,
            "keepalives_interval": 2,
            "keepalives_count": 3,
            "tcp_user_timeout": statement_timeout_ms + 1000,
            "options": f"-c statement_timeout={statement_timeout_ms} -c lock_timeout={statement_timeout_ms}"
            f" -c idle_in_transaction_session_timeout={statement_timeout_ms * 2} -c timezone=UTC"
            + "".join(f" -c {key}={value}" for key, value in (settings or {}).items()),
        }
        self._resting: list[_Resting] = []
        self._out = 0
        self._generation = 0
        self._closed = False
        self._turn = threading.Condition()

    @contextmanager
    def connection(self) -> Iterator[connection_type]:
        """A connection outside any transaction, for the block. What the block left open is rolled back.

        Raises PoolTimeout, and DatabaseUnavailable also for what the block raised when that means «away».
        """
        borrowed = self._take()
        try:
            yield borrowed
        except BaseException as error:
            away = is_unavailable(error)
            self._give_back(borrowed, broken=away)
            if away:
                raise DatabaseUnavailable("the database cannot be reached") from error
            raise
        self._give_back(borrowed, broken=False)

    def ping(self) -> None:
        """One round trip to the server. Raises DatabaseUnavailable when it does not answer."""
        with self.connection() as borrowed:
            self._ask(borrowed)

    def problem(self) -> str | None:
        """For /readyz: None while the server answers."""
        try:
            self.ping()
        except Refusal as error:
            return str(error) or type(error).__name__
        return None

    def close(self) -> None:
        """Closes what rests; connections in use are closed when they come back."""
        with self._turn:
            self._closed = True
            resting, self._resting = self._resting, []
            self._turn.notify_all()
        for entry in resting:
            entry.connection.close()

    def _take(self) -> connection_type:
        started = time.monotonic()
        with self._turn:
            while True:
                if self._closed:
                    raise DatabaseUnavailable("the pool is closed")
                if self._resting or self._out + len(self._resting) < self._size:
                    break
                left = started + self._wait_seconds - time.monotonic()
                if left <= 0 or not self._turn.wait(left):
                    raise PoolTimeout(f"no database connection within {self._wait_seconds} s")
            entry = self._resting.pop() if self._resting else None
            self._out += 1
        metrics.pool_wait_seconds.labels(self.name).observe(time.monotonic() - started)
        try:
            while entry is not None:
                if self._lives(entry):
                    return entry.connection
                entry = self._next_resting()
            return self._connect()
        except BaseException:
            self._count_back()
            raise

    def _lives(self, entry: _Resting) -> bool:
        rested = time.monotonic() - entry.since
        try:
            if rested < IDLE_BEFORE_PING and entry.generation == self._generation and not _has_news(entry.connection):
                return True
            self._ask(entry.connection)
        except psycopg2.Error:
            self._throw_away(entry.connection)
            return False
        return True

    def _next_resting(self) -> _Resting | None:
        with self._turn:
            return self._resting.pop() if self._resting else None

    def _connect(self) -> connection_type:
        try:
            return psycopg2.connect(self._dsn, **self._options)
        except psycopg2.OperationalError as error:
            raise DatabaseUnavailable("the database cannot be reached") from error

    @staticmethod
    def _ask(borrowed: connection_type) -> None:
        borrowed.autocommit = True  # one round trip instead of three
        with borrowed.cursor() as cursor:
            cursor.execute("SELECT 1")
        borrowed.autocommit = False

    def _give_back(self, borrowed: connection_type, *, broken: bool) -> None:
        if not broken and not borrowed.closed:
            try:
                if borrowed.get_transaction_status() != TRANSACTION_STATUS_IDLE:
                    _roll_back(borrowed)
                if borrowed.autocommit:
                    borrowed.autocommit = False
            except psycopg2.Error:
                broken = True
        if broken or borrowed.closed:
            self._throw_away(borrowed)
            self._count_back()
            return
        with self._turn:
            self._out -= 1
            if self._closed:
                borrowed.close()
            else:
                self._resting.append(_Resting(borrowed, time.monotonic(), self._generation))
            self._turn.notify()

    def _throw_away(self, borrowed: connection_type) -> None:
        metrics.pool_broken.labels(self.name).inc()
        self._generation += 1  # whatever broke this one may have broken the others
        with suppress(psycopg2.Error):
            borrowed.close()

    def _count_back(self) -> None:
        with self._turn:
            self._out -= 1
            self._turn.notify()


def _roll_back(borrowed: connection_type) -> None:
    """Also a transaction that somebody began by hand: the driver's own rollback knows nothing of it."""
    if not borrowed.autocommit:
        borrowed.rollback()
        return
    with borrowed.cursor() as cursor:
        cursor.execute("ROLLBACK")


def _has_news(resting: connection_type) -> bool:
    """Whether the server said something unasked: on a connection at rest that is its farewell. Costs no round trip."""
    waiting = array("i", [0])
    fcntl.ioctl(resting.fileno(), termios.FIONREAD, waiting)
    return waiting[0] > 0
