"""The pool: callers take turns, wait a bounded time, and a restart of the server costs them no error."""

import contextlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg2
import pytest

from chassis.postgres import DatabaseUnavailable, Pool, PoolTimeout
from yeshi_local.proxy import Proxy
from yeshi_local.testing import until

GREEN = Path(__file__).parent / "example" / "pool.py"


@pytest.fixture
def pool(postgres_database) -> Iterator[Pool]:
    made = Pool(postgres_database, size=2, wait_seconds=3)
    yield made
    made.close()


def query(pool: Pool, statement: str = "SELECT 1") -> object:
    with pool.connection() as connection, connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchone()[0]


def side_by_side(work: Callable[[], object], count: int) -> list[BaseException]:
    """Runs it in so many threads and answers what was raised."""
    raised: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - the test looks at them
            raised.append(error)

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised


def test_callers_take_turns(pool):
    started = time.monotonic()
    assert side_by_side(lambda: query(pool, "SELECT pg_sleep(0.2)"), 6) == []
    assert time.monotonic() - started >= 0.59  # two at a time
    assert _connections(pool) <= 2


def _connections(pool: Pool) -> int:
    return query(pool, "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")


def test_nobody_waits_longer_than_said(postgres_database):
    pool = Pool(postgres_database, size=1, wait_seconds=0.3)
    with pool.connection():
        started = time.monotonic()
        with pytest.raises(PoolTimeout) as refused, pool.connection():
            pass
        assert 0.25 < time.monotonic() - started < 2
        assert refused.value.code == "database_busy"
    assert query(pool) == 1
    pool.close()


def test_what_a_block_left_open_is_rolled_back(pool):
    query(pool, "CREATE TABLE things (); SELECT 1")
    with contextlib.suppress(KeyError), pool.connection() as connection:
        connection.cursor().execute("CREATE TABLE others ()")
        raise KeyError
    with pool.connection() as connection:
        connection.autocommit = True
    with pool.connection() as connection:
        assert connection.autocommit is False
    with pytest.raises(psycopg2.errors.UndefinedTable):
        query(pool, "SELECT 1 FROM others")
    with pytest.raises(psycopg2.errors.UndefinedTable):
        query(pool, "SELECT 1 FROM things")  # nobody committed that one either


def test_a_restarted_server_costs_nobody_an_error(postgres, postgres_database):
    pool = Pool(postgres_database, size=4)
    meeting = threading.Barrier(4, timeout=20)

    def meet() -> None:
        with pool.connection():
            meeting.wait()

    assert side_by_side(meet, 4) == []  # four connections rest
    postgres.program.stop(2)
    postgres.program.start()
    assert side_by_side(lambda: query(pool), 8) == []
    pool.close()


def test_a_server_that_is_away_is_said_and_found_again(postgres, postgres_database):
    pool = Pool(postgres_database)
    assert pool.problem() is None
    postgres.program.stop(2)
    try:
        with pytest.raises(DatabaseUnavailable):
            query(pool)
        assert "cannot be reached" in str(pool.problem())
    finally:
        postgres.program.start()
    assert query(pool) == 1
    assert pool.problem() is None
    pool.close()


def test_one_lost_connection_makes_the_others_suspect(postgres, postgres_database):
    proxy = Proxy(postgres.server.port)
    pool = Pool(postgres_database.replace(f":{postgres.server.port}/", f":{proxy.port}/"), size=3)
    meeting = threading.Barrier(3, timeout=20)

    def meet() -> None:
        with pool.connection():
            meeting.wait()

    assert side_by_side(meet, 3) == []

    def lose() -> None:
        with pool.connection() as connection:
            proxy.cut()
            connection.cursor().execute("SELECT 1")

    with pytest.raises(DatabaseUnavailable):
        lose()
    assert [query(pool) for _ in range(3)] == [1, 1, 1]  # the two that rested were asked before they were used
    pool.close()
    proxy.close()


def test_a_frozen_server_takes_no_new_connection_and_answers_the_others_when_it_goes_on(postgres, postgres_database):
    pool = Pool(postgres_database, connect_timeout=2)
    assert query(pool) == 1
    answers: list[object] = []
    postgres.program.pause()
    try:
        waiting = threading.Thread(target=lambda: answers.append(query(pool)))
        waiting.start()
        until(lambda: pool._out == 1)
        started = time.monotonic()
        with pytest.raises(DatabaseUnavailable):
            query(pool)
        assert time.monotonic() - started < 10
        assert answers == []
    finally:
        postgres.program.resume()
    waiting.join(20)
    assert answers == [1]
    assert query(pool) == 1
    pool.close()


def test_a_closed_pool_hands_out_nothing(pool):
    with pool.connection() as borrowed:
        pool.close()
    assert borrowed.closed
    with pytest.raises(DatabaseUnavailable, match="closed"):
        query(pool)


@pytest.fixture
def green(postgres_database) -> Iterator[Callable[[str], str]]:
    """The pool in a process on eventlet: a command, its answer."""
    process = subprocess.Popen(
        [sys.executable, str(GREEN)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "POSTGRES_DSN": postgres_database},
    )

    def ask(command: str) -> str:
        process.stdin.write(f"{command}\n")
        process.stdin.flush()
        return process.stdout.readline().strip()

    yield ask
    process.communicate(timeout=20)


def test_greenlets_take_turns_and_wait_no_longer_than_said(green):
    assert 0.59 <= float(green("share")) < 5
    assert green("short") == "database_busy"


def test_a_restarted_server_costs_no_greenlet_an_error(green, postgres):
    assert float(green("many")) < 10
    postgres.program.stop(2)
    assert green("query") == "database_unavailable"
    postgres.program.start()
    assert float(green("many")) < 10
