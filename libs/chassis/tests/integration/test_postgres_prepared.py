"""Prepared statements: planned once a connection, whatever becomes of the transaction that came first."""

import contextlib

import psycopg2
import pytest

from chassis.postgres.prepared import Prepared

COUNT = "SELECT count(*) FROM pg_prepared_statements"


def test_a_statement_is_prepared_once_on_each_connection(postgres_database):
    double = Prepared("double_it", ("integer",), "SELECT $1 * 2")
    for _ in range(2):
        with contextlib.closing(psycopg2.connect(postgres_database)) as connection, connection.cursor() as cursor:
            for number in (1, 2, 3):
                double.execute(cursor, number)
                assert cursor.fetchone() == (number * 2,)
            cursor.execute(COUNT)
            assert cursor.fetchone() == (1,)


def test_parameters_may_have_names(postgres_database):
    both = Prepared.named("name_both", "SELECT %(b)s::text, %(a)s::text[], %(b)s LIKE '%%c'")
    assert "LIKE '%c'" in both.statement
    with contextlib.closing(psycopg2.connect(postgres_database)) as connection, connection.cursor() as cursor:
        both.execute(cursor, a="{x,y}", b="abc")
        assert cursor.fetchone() == ("abc", ["x", "y"], True)
        with pytest.raises(TypeError, match="no such parameters: c"):
            both.execute(cursor, a="{}", b="", c=1)


def test_a_prepared_statement_outlives_a_rollback(postgres_database):
    one = Prepared("one_it", ("integer",), "SELECT $1")
    with contextlib.closing(psycopg2.connect(postgres_database)) as connection, connection.cursor() as cursor:
        one.execute(cursor, 1)
        connection.rollback()
        one.execute(cursor, 1)
        assert cursor.fetchone() == (1,)


def test_a_statement_that_cannot_be_prepared_is_tried_again(postgres_database):
    later = Prepared("later_it", ("integer",), "SELECT $1 FROM not_there_yet")
    with contextlib.closing(psycopg2.connect(postgres_database)) as connection, connection.cursor() as cursor:
        with contextlib.suppress(psycopg2.errors.UndefinedTable):
            later.execute(cursor, 1)
        connection.rollback()
        cursor.execute("CREATE TEMPORARY TABLE not_there_yet ()")
        later.execute(cursor, 1)
        assert cursor.fetchall() == []
