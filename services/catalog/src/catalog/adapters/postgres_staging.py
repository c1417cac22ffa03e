"""The rows of a sheet while it is imported: written by COPY, read a piece at a time."""

import io
import json
from collections.abc import Iterable, Iterator
from itertools import groupby
from uuid import UUID

import psycopg2
from psycopg2.extensions import cursor

from catalog.domain.sheet_rows import SheetRow
from chassis.errors import Refusal
from chassis.postgres.copying import line

COPY = "COPY import_rows (import_id, product_no, row_no, cells, formulas) FROM STDIN"
PIECE = """
    SELECT product_no, row_no, cells, formulas FROM import_rows
     WHERE import_id = %s AND product_no >= %s AND product_no < %s ORDER BY product_no, row_no
"""
DROP = "DELETE FROM import_rows WHERE import_id = %s"

BUFFER = 256 * 1024  # bytes

_json = json.JSONEncoder(ensure_ascii=False).encode


class PostgresStaging:
    """Rows of `import_rows`."""

    def __init__(self, cursor: cursor) -> None:
        self._cursor = cursor

    def fill(self, import_id: UUID, rows: Iterable[tuple[int, SheetRow]]) -> None:
        """Keeps rows with the number of their product, a buffer at a time. Raises what `rows` raises."""
        lines = _Lines(_line(import_id, product, row) for product, row in rows)
        try:
            self._cursor.copy_expert(COPY, lines)
        except psycopg2.Error:
            if lines.error is not None:
                raise lines.error from None
            raise

    def products(self, import_id: UUID, first: int, most: int) -> list[list[SheetRow]]:
        """The rows of so many products from this one on."""
        self._cursor.execute(PIECE, (str(import_id), first, first + most))
        return [
            [SheetRow(number, cells, tuple(formulas)) for _, number, cells, formulas in rows]
            for _, rows in groupby(self._cursor.fetchall(), key=lambda row: row[0])
        ]

    def drop(self, import_id: UUID) -> None:
        """Forgets them."""
        self._cursor.execute(DROP, (str(import_id),))


def _line(import_id: UUID, product: int, row: SheetRow) -> str:
    return line((import_id, product, row.number, _json(row.cells), _json(row.formulas)))


class _Lines(io.RawIOBase):
    """Lines as the file that COPY reads from. psycopg2 hides what a file raises, so it is kept in `error`."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self._rest = b""
        self.error: Refusal | None = None

    def read(self, size: int | None = -1, /) -> bytes:
        wanted = BUFFER if size is None or size < 0 else size
        parts, length = [self._rest], len(self._rest)
        while length < wanted:
            line = self._next()
            if line is None:
                break
            parts.append(line)
            length += len(line)
        data = b"".join(parts)
        self._rest = data[wanted:]
        return data[:wanted]

    def _next(self) -> bytes | None:
        try:
            line = next(self._lines, None)
        except Refusal as error:
            self.error = error
            raise
        return None if line is None else line.encode()
