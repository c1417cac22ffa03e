"""State and events commit together or not at all, and a lost commit is said to be unknown."""

import contextlib
import io

import msgspec
import psycopg2
import pytest

from chassis import context
from chassis.context import Context
from chassis.postgres import CommitUnknown, DatabaseUnavailable, Pool, read_only, transaction
from chassis.postgres.migrate import migrate
from contracts import users
from yeshi_local.proxy import Proxy

TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
MESSAGE = users.LineChangedV1(user_id="u-1", version=1, line_user_id=None, changed_at="2026-12-01T00:00:00Z")


@pytest.fixture
def rows(postgres_database):
    """A database with a table, and what stands in it and in the outbox."""
    migrate(postgres_database)

    def ask(query: str) -> list[tuple]:
        with (
            contextlib.closing(psycopg2.connect(postgres_database)) as connection,
            connection,
            connection.cursor() as cursor,
        ):
            cursor.execute(query)
            return cursor.fetchall() if cursor.description else []

    ask("CREATE TABLE things (name text PRIMARY KEY)")
    return ask


@pytest.fixture
def pool(postgres_database, rows):
    made = Pool(postgres_database, size=2)
    yield made
    made.close()


@pytest.fixture
def frail(postgres_database, postgres, rows):
    """A pool whose connections can be cut."""
    proxy = Proxy(postgres.server.port)
    made = Pool(postgres_database.replace(f":{postgres.server.port}/", f":{proxy.port}/"))
    yield made, proxy
    made.close()
    proxy.close()


def write(tx, name: str) -> None:
    tx.cursor.execute("INSERT INTO things VALUES (%s)", (name,))
    tx.emit(MESSAGE)


def test_both_stand(pool, rows):
    with context.bind(Context(TRACE, "c-1", "e-1")), transaction(pool) as tx:
        write(tx, "a")
    [(body,)] = rows("SELECT convert_from(body, 'UTF8') FROM outbox")
    event = msgspec.json.decode(body)
    assert rows("SELECT name FROM things") == [("a",)]
    assert (event["type"], event["subject"]) == ("users.line_changed.v1", "u-1")
    assert (event["traceparent"], event["correlationid"], event["causationid"]) == (TRACE, "c-1", "e-1")


def test_the_events_alone_stand_too(pool, rows):
    with transaction(pool) as tx:
        tx.emit(MESSAGE)
    assert rows("SELECT count(*) FROM outbox") == [(1,)]


def test_events_written_in_between_stand_with_the_rest_or_fall_with_it(pool, rows):
    for name, stands in (("undone", False), ("done", True)):
        with contextlib.suppress(ZeroDivisionError), transaction(pool) as tx:
            tx.cursor.execute("INSERT INTO things VALUES (%s)", (name,))
            first = tx.emit(MESSAGE)
            tx.write_events()
            second = tx.emit(MESSAGE)
            assert stands or 1 / 0
    assert rows("SELECT name FROM things") == [("done",)]
    assert rows("SELECT id, topic, convert_from(body, 'UTF8')::json ->> 'id' FROM outbox ORDER BY id") == [
        (str(one), MESSAGE.topic, str(one)) for one in (first, second)
    ]


def test_a_transaction_without_a_word_asks_the_server_nothing(pool, rows):
    with transaction(pool) as tx:
        assert tx.cursor.statusmessage is None
    with pool.connection() as connection:
        assert connection.autocommit is False  # as everybody else finds it


def test_an_error_that_was_swallowed_does_not_pass_for_a_commit(pool, rows):
    def forget() -> None:
        with transaction(pool) as tx:
            tx.cursor.execute("INSERT INTO things VALUES ('a')")
            with contextlib.suppress(psycopg2.errors.UniqueViolation):
                tx.cursor.execute("INSERT INTO things VALUES ('a')")

    with pytest.raises(psycopg2.InternalError, match="had failed"):
        forget()
    assert rows("SELECT name FROM things") == []


def test_whoever_is_told_finds_what_was_committed_and_hears_of_nothing_else(pool, rows, postgres_database):
    def fail() -> None:
        with transaction(pool) as tx:
            write(tx, "lost")
            tx.cursor.tell("others")
            raise KeyError

    with contextlib.closing(psycopg2.connect(postgres_database)) as listener, listener.cursor() as hearing:
        listener.autocommit = True
        hearing.execute("LISTEN outbox; LISTEN others")
        with pytest.raises(KeyError):
            fail()
        with transaction(pool) as tx:
            write(tx, "kept")
            for _ in range(2):
                tx.cursor.tell("others")
        # within the transaction it would hold a lock of the whole server until the log is on disk
        assert tx.cursor.query.endswith(b";COMMIT;NOTIFY others;NOTIFY outbox")
        hearing.execute("SELECT name FROM things")
        assert hearing.fetchall() == [("kept",)]
        assert sorted(one.channel for one in listener.notifies) == ["others", "outbox"]


def test_what_is_copied_first_is_in_the_transaction(pool, rows):
    def fail() -> None:
        with transaction(pool) as tx:
            tx.cursor.copy_expert("COPY things FROM STDIN", io.StringIO("a\n"))
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert rows("SELECT name FROM things") == []


@pytest.mark.parametrize("name", ["executemany", "callproc", "copy_from", "copy_to"])
def test_nothing_can_run_beside_the_transaction(pool, rows, name):
    with transaction(pool) as tx, pytest.raises(TypeError, match="only execute"):
        getattr(tx.cursor, name)("DELETE FROM things", [])


def test_what_is_written_travels_with_the_commit_and_stands(pool, rows):
    with transaction(pool) as tx:
        tx.cursor.write("INSERT INTO things VALUES (%s)", ("100%",))
        tx.cursor.write("UPDATE things SET name = name || %s", ("!",))
        assert tx.cursor.statusmessage is None  # the server has heard nothing yet
    assert rows("SELECT name FROM things") == [("100%!",)]


def test_whoever_reads_sees_what_was_written_before(pool, rows):
    with transaction(pool) as tx:
        tx.cursor.write("INSERT INTO things VALUES ('a')")
        tx.cursor.execute("SELECT name FROM things WHERE name <> %s", ("b",))
        assert tx.cursor.fetchall() == [("a",)]
        tx.cursor.write("INSERT INTO things VALUES ('b')")
        tx.cursor.copy_expert("COPY things FROM STDIN", io.StringIO("c\n"))
        assert rows("SELECT name FROM things") == []
    assert rows("SELECT name FROM things ORDER BY name") == [("a",), ("b",), ("c",)]


def test_what_was_written_is_forgotten_with_its_transaction(pool, rows):
    def fail() -> None:
        with transaction(pool) as tx:
            tx.cursor.write("INSERT INTO things VALUES ('a')")
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    with transaction(pool) as tx:
        tx.cursor.execute("SELECT name FROM things")
        assert tx.cursor.fetchall() == []


def test_what_is_wrong_with_a_write_is_said_by_the_commit_and_nothing_stands(pool, rows):
    rows("INSERT INTO things VALUES ('a')")

    def collide() -> None:
        with transaction(pool) as tx:
            tx.cursor.write("INSERT INTO things VALUES ('b')")
            tx.cursor.write("INSERT INTO things VALUES ('a')")
            tx.emit(MESSAGE)

    for _ in range(5):
        with pytest.raises(psycopg2.errors.UniqueViolation):
            collide()
    assert rows("SELECT name FROM things") == [("a",)]
    assert rows("SELECT id FROM outbox") == []


def test_neither_stands(pool, rows):
    def fail() -> None:
        with transaction(pool) as tx:
            write(tx, "a")
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert rows("SELECT name FROM things") == rows("SELECT id FROM outbox") == []


def test_a_statement_that_is_wrong_stays_a_bug_and_leaves_the_pool_whole(pool, rows):
    with transaction(pool) as tx:
        write(tx, "a")
    for _ in range(5):
        with pytest.raises(psycopg2.errors.UniqueViolation), transaction(pool) as tx:
            write(tx, "a")
    assert len(rows("SELECT id FROM outbox")) == 1
    with read_only(pool) as cursor:
        cursor.execute("SELECT count(*) FROM things")
        assert cursor.fetchone() == (1,)


def test_a_connection_lost_before_the_commit_left_nothing(frail, rows):
    pool, proxy = frail

    def lose() -> None:
        with transaction(pool) as tx:
            write(tx, "a")
            proxy.cut()
            tx.cursor.execute("SELECT 1")

    with pytest.raises(DatabaseUnavailable) as lost:
        lose()
    assert not isinstance(lost.value, CommitUnknown)
    assert rows("SELECT name FROM things") == []


def test_a_connection_lost_in_the_commit_is_unknown_and_the_next_try_finds_out(frail, rows):
    pool, proxy = frail

    def lose() -> None:
        with transaction(pool) as tx:
            tx.cursor.execute("INSERT INTO things VALUES ('a')")
            proxy.cut()

    with pytest.raises(CommitUnknown) as unknown:
        lose()
    assert unknown.value.code == "commit_unknown"
    with transaction(pool) as tx:
        tx.cursor.execute("INSERT INTO things VALUES ('a') ON CONFLICT DO NOTHING")
    assert rows("SELECT name FROM things") == [("a",)]


def test_a_statement_that_takes_too_long_is_the_servers_fault(postgres_database):
    pool = Pool(postgres_database, statement_timeout_ms=200)
    with pytest.raises(DatabaseUnavailable), transaction(pool) as tx:
        tx.cursor.execute("SELECT pg_sleep(5)")
    with transaction(pool) as tx:
        tx.cursor.execute("SELECT 1")
    pool.close()


def test_a_reader_sees_what_is_committed_and_leaves_no_transaction_open(pool, rows):
    with read_only(pool) as cursor:
        cursor.execute("SELECT count(*) FROM things")
        assert cursor.fetchone() == (0,)
        rows("INSERT INTO things VALUES ('a')")
        cursor.execute("SELECT count(*) FROM things")
        assert cursor.fetchone() == (1,)
    with transaction(pool) as tx:  # the same connection, writing again in one transaction
        tx.cursor.execute("INSERT INTO things VALUES ('b')")
        assert rows("SELECT count(*) FROM things") == [(1,)]
    assert rows("SELECT count(*) FROM things") == [(2,)]
