"""Arrays sent as one constant come back as they were."""

import contextlib
from uuid import UUID

import psycopg2
import pytest

from chassis.postgres import array

TRICKY = [
    "",
    "a",
    "逗,號",
    '引"號',
    "back\\slash",
    '\\"',
    "{curly}",
    "NULL",
    "null",
    " blank ",
    "line\nbreak",
    "'",
    "E'\\x'",
    "%s",
]


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("text", TRICKY),
        ("text", ["a", None]),
        ("integer", [1, -2, 0]),
        ("bytea", [b"", b"\\x41", b"\x00\xff", *(one.encode() for one in TRICKY)]),
        ("uuid", [UUID(int=7), UUID(int=2**128 - 1)]),
        ("uuid", []),
    ],
)
def test_an_array_survives_the_way(postgres, kind, values):
    with contextlib.closing(psycopg2.connect(postgres.server.url)) as connection, connection.cursor() as cursor:
        cursor.execute(
            f"SELECT one FROM unnest(%s::{kind}[]) WITH ORDINALITY AS o (one, at) ORDER BY at", (array(values),)
        )
        found = [bytes(one) if isinstance(one, memoryview) else one for (one,) in cursor.fetchall()]
    assert found == [str(one) if isinstance(one, UUID) else one for one in values]
