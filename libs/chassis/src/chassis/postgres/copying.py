"""Rows by the hundred, by COPY: no statement to parse and plan. Not for green processes: psycopg2 cannot wait in it."""

import io
import re
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from types import NoneType
from typing import Any
from uuid import UUID

from psycopg2.extensions import cursor

from chassis.postgres.arrays import array

BUFFER = 1024 * 1024  # bytes that go to the server at once

# Source: PostgreSQL 15, COPY, text format.
_SPECIAL = re.compile(r"[\\\n\r\t]").search
_ESCAPES = str.maketrans({"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"})


def copy_rows(cursor: cursor, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Adds rows of texts, numbers, truths, ids, moments, bytes, arrays and nulls in the caller's transaction.

    Raises KeyError for a value of another type.
    """
    lines = "".join(line(row) for row in rows)
    statement = f"COPY {table} ({', '.join(columns)}) FROM STDIN"
    cursor.copy_expert(statement, io.BytesIO(lines.encode()), BUFFER)


def line(row: Sequence[Any]) -> str:
    """A row as COPY reads it."""
    return "\t".join([_WAYS[type(value)](value) for value in row]) + "\n"


def _text(value: str) -> str:
    return value.translate(_ESCAPES) if _SPECIAL(value) else value


_WAYS: dict[type, Callable[[Any], str]] = {
    str: _text,
    int: str,
    bool: lambda value: "t" if value else "f",
    NoneType: lambda _: "\\N",
    UUID: lambda value: value.hex,
    datetime: datetime.isoformat,
    bytes: lambda value: "\\\\x" + value.hex(),
    list: lambda value: _text(array(value)),
    tuple: lambda value: _text(array(value)),
}
