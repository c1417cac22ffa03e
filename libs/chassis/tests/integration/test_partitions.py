"""Outbox and inbox by the day of an event's id: made ahead, dropped when old, never while something waits in them."""

import contextlib
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

import psycopg2
import pytest

from chassis.clock import now
from chassis.ids import lowest_at, uuid7
from chassis.postgres import Pool, partitions
from chassis.postgres.inbox import claim
from chassis.postgres.migrate import migrate
from yeshi_local.testing import until

TODAY = date(2030, 6, 15)


def noon(day: date) -> datetime:
    return datetime.combine(day, time(12), UTC)


@pytest.fixture
def database(postgres_database):
    """A migrated database, and a cursor whose work is committed statement by statement."""
    migrate(postgres_database)
    with contextlib.closing(psycopg2.connect(postgres_database)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            yield cursor


def names(cursor, table: str) -> list[str]:
    cursor.execute(partitions.EXISTING, (table,))
    return [name for (name,) in cursor.fetchall()]


def fill(cursor, day: date, *, published: bool) -> UUID:
    identifier = lowest_at(noon(day))
    cursor.execute(
        "INSERT INTO outbox (id, topic, body, published_at) VALUES (%s, 't', '', %s)",
        (str(identifier), noon(day) if published else None),
    )
    return identifier


def drop_older(url: str) -> list[str]:
    with contextlib.closing(psycopg2.connect(url)) as connection, connection, connection.cursor() as cursor:
        return partitions.drop_older(cursor, TODAY)


def test_migrate_makes_yesterday_to_three_days_ahead(database):
    today = now().date()
    wanted = [f"inbox_{today + timedelta(days=offset):%Y_%m_%d}" for offset in range(-1, 4)]
    assert names(database, "inbox") == wanted
    assert partitions.ensure_ahead(database, today) == []


def test_an_event_made_now_or_in_three_days_has_its_place(database):
    since, until = partitions.window(database, "inbox")
    assert since <= now() - timedelta(days=1)
    assert until > now() + timedelta(days=3)
    for identifier in (uuid7(), lowest_at(since), lowest_at(until - timedelta(milliseconds=1))):
        assert claim(database, "shop", [identifier]) == {identifier}
    with pytest.raises(psycopg2.errors.CheckViolation):
        claim(database, "shop", [lowest_at(until)])


def test_an_event_is_known_again_across_midnight(database):
    since, _ = partitions.window(database, "inbox")
    before, after = (
        lowest_at(since + timedelta(days=1) - timedelta(milliseconds=1)),
        lowest_at(since + timedelta(days=1)),
    )
    assert claim(database, "shop", [before, after]) == {before, after}
    assert claim(database, "shop", [before, after]) == set()
    assert claim(database, "another", [before]) == {before}


def test_seven_days_are_kept(database, postgres_database):
    for offset in range(-10, 1):
        partitions.ensure_ahead(database, TODAY + timedelta(days=offset), days=0)
    before = set(names(database, "inbox"))
    dropped = drop_older(postgres_database)
    assert [name for name in dropped if name.startswith("inbox_2030")] == [
        f"inbox_2030_06_{day:02}" for day in (4, 5, 6, 7)
    ]
    assert set(names(database, "inbox")) == before - set(dropped)
    assert names(database, "inbox")[0] == "inbox_2030_06_08"


def test_a_partition_with_unpublished_rows_is_never_dropped(database, postgres_database, caplog):
    old, older = TODAY - timedelta(days=9), TODAY - timedelta(days=20)
    partitions.ensure_ahead(database, old, days=0)
    partitions.ensure_ahead(database, older, days=0)
    fill(database, older, published=True)
    waiting = fill(database, old, published=False)
    dropped = drop_older(postgres_database)
    assert f"outbox_{older:%Y_%m_%d}" in dropped
    assert f"outbox_{old:%Y_%m_%d}" not in dropped
    assert "still holds unpublished events" in caplog.text
    database.execute("UPDATE outbox SET published_at = now() WHERE id = %s", (str(waiting),))
    assert f"outbox_{old:%Y_%m_%d}" in drop_older(postgres_database)


def test_two_keepers_at_once_get_in_nobodys_way(database, postgres_database):
    database.execute("SELECT pg_advisory_lock(%s)", (partitions._LOCK,))
    pool = Pool(postgres_database)
    assert partitions.maintain(pool, TODAY) == ([], [])
    database.execute("SELECT pg_advisory_unlock_all()")
    made, dropped = partitions.maintain(pool, TODAY)
    assert f"outbox_{TODAY + timedelta(days=3):%Y_%m_%d}" in made
    assert dropped  # those of the real today lie years back
    pool.close()


def test_a_keeper_waits_for_a_batch_of_events_and_is_in_its_way_nowhere_else(database, postgres_database):
    pool = Pool(postgres_database)
    with (
        ThreadPoolExecutor(1) as thread,
        contextlib.closing(psycopg2.connect(postgres_database)) as batch,
        batch,
        batch.cursor() as cursor,
    ):
        claim(cursor, "shop", [uuid7()])
        keeping = thread.submit(partitions.maintain, pool, TODAY)
        until(lambda: waiting(database))
        cursor.execute("INSERT INTO outbox (id, topic, body) VALUES (%s, 't', '')", (str(uuid7()),))
        batch.commit()
        made, _ = keeping.result()
    assert {name.partition("_")[0] for name in made} == {"inbox", "outbox"}
    pool.close()


def waiting(cursor) -> bool:
    cursor.execute("SELECT EXISTS (SELECT 1 FROM pg_locks WHERE NOT granted AND pid <> pg_backend_pid())")
    return cursor.fetchone()[0]


def test_a_table_without_partitions_is_said(postgres_database):
    with (
        contextlib.closing(psycopg2.connect(postgres_database)) as connection,
        connection.cursor() as cursor,
        pytest.raises(LookupError, match="inbox has no partitions"),
    ):
        partitions.window(cursor, "inbox")
