"""Rows sent by COPY come back as they were."""

import contextlib
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import psycopg2
import pytest

from chassis.postgres import copy_rows

TABLE = "CREATE TEMP TABLE goods (name text, words text[], price integer, fresh boolean, made timestamptz, body bytea)"
COLUMNS = ("name", "words", "price", "fresh", "made", "body")
NOON = datetime(2026, 11, 24, 12, 30, 0, 5, tzinfo=UTC)
ROWS = [
    ('a\tb\nc\rd\\e\\N,"茶"\'', ["{x}", 'y "z"', "\\", "", "多\n行", "NULL"], -5, True, NOON, b"\0\xff\\"),
    ("", [], 0, False, NOON.astimezone(timezone(timedelta(hours=8))), b""),
    (None, None, None, None, None, None),
    ("\\N", ["a"], 2**31 - 1, True, NOON, b"\\N"),
    ("\\.", ["b"], 1, True, NOON, b"\n"),
]


@pytest.fixture
def cursor(postgres):
    with contextlib.closing(psycopg2.connect(postgres.server.url)) as connection, connection.cursor() as cursor:
        cursor.execute(TABLE)
        yield cursor


def found(cursor):
    cursor.execute("SELECT * FROM goods")
    return [(*row[:5], None if row[5] is None else bytes(row[5])) for row in cursor.fetchall()]


def test_every_value_survives_the_way(cursor):
    copy_rows(cursor, "goods", COLUMNS, ROWS)
    assert found(cursor) == ROWS


def test_ids_and_tuples_go_too_and_nothing_is_copied_of_nothing(cursor):
    copy_rows(cursor, "goods", COLUMNS, [])
    copy_rows(cursor, "goods", ("name", "words"), [(UUID(int=7), ("a", "b"))])
    assert found(cursor) == [(UUID(int=7).hex, ["a", "b"], None, None, None, None)]


def test_a_value_that_has_no_form_is_refused_before_anything_is_sent(cursor):
    with pytest.raises(KeyError):
        copy_rows(cursor, "goods", ("price",), [(1,), (1.5,)])
    assert found(cursor) == []
