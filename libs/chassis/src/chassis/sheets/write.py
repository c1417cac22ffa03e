"""Rows as a file, a piece at a time. Texts are escaped, so that no program that opens it computes them."""

import csv
import io
import re
import tempfile
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from chassis.sheets.cells import escaped

if TYPE_CHECKING:
    from xlsxwriter.worksheet import Worksheet

Cell = str | int | None

CHUNK = 256 * 1024  # bytes

_NOT_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


class Writer(Protocol):
    """Takes rows and gives bytes. Whoever makes one closes it."""

    media_type: str

    def rows(self, rows: Sequence[Sequence[Cell]]) -> bytes:
        """What is ready after these rows, which may be nothing yet; the first ones are the header's."""

    def end(self) -> Iterator[bytes]:
        """The rest of the file."""

    def close(self) -> None:
        """Leaves nothing behind, also when it was not written to its end."""


class CsvWriter:
    """UTF-8 with a mark, which Excel needs to read Chinese."""

    media_type = "text/csv; charset=utf-8"

    def __init__(self) -> None:
        self._begun = False

    def rows(self, rows: Sequence[Sequence[Cell]]) -> bytes:
        """These rows."""
        text = io.StringIO()
        writing = csv.writer(text, lineterminator="\r\n")
        for row in rows:
            writing.writerow([_text(cell) for cell in row])
        mark, self._begun = b"" if self._begun else b"\xef\xbb\xbf", True
        return mark + text.getvalue().encode()

    def end(self) -> Iterator[bytes]:
        """Nothing is left."""
        return iter(())

    def close(self) -> None:
        """Nothing to do."""


class XlsxWriter:
    """A workbook with the rows in its first sheet; `notes` are a second sheet for people.

    Rows wait on disk, one is in memory. All bytes come at the end, when the library packs them. Nothing is on disk
    before the first rows.
    """

    media_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

    def __init__(self, name: str = "商品", notes: Sequence[Sequence[Cell]] = ()) -> None:
        self._name = name
        self._notes = notes
        self._lock = threading.Lock()  # a thread that nobody waits for any more may still be writing
        self._book: _Book | None = None

    def rows(self, rows: Sequence[Sequence[Cell]]) -> bytes:
        """Nothing yet."""
        with self._lock:
            self._begun().add(rows)
        return b""

    def end(self) -> Iterator[bytes]:
        """The whole file."""
        with self._lock:
            path = self._begun().packed()
        with path.open("rb") as file:
            while chunk := file.read(CHUNK):
                yield chunk

    def close(self) -> None:
        """Removes what waited on disk."""
        with self._lock:
            if self._book is not None:
                self._book.remove()

    def _begun(self) -> "_Book":
        if self._book is None:
            self._book = _Book(self._name, self._notes)
        return self._book


class _Book:
    """A workbook in a folder of its own."""

    def __init__(self, name: str, notes: Sequence[Sequence[Cell]]) -> None:
        import xlsxwriter  # the door begins without it

        self._folder = tempfile.TemporaryDirectory(prefix="yeshi-sheet-")
        self._path = Path(self._folder.name, "book.xlsx")
        options = {"constant_memory": True, "tmpdir": self._folder.name}
        self._book = xlsxwriter.Workbook(str(self._path), options)
        self._sheet = self._book.add_worksheet(name)
        self._next = 0
        if notes:
            explained = self._book.add_worksheet("說明")
            for number, row in enumerate(notes):
                _write(explained, number, row)

    def add(self, rows: Sequence[Sequence[Cell]]) -> None:
        for row in rows:
            _write(self._sheet, self._next, row)
            self._next += 1

    def packed(self) -> Path:
        self._book.close()
        return self._path

    def remove(self) -> None:
        if not self._book.fileclosed:
            self._book.close()  # it holds files open
        self._folder.cleanup()


def writer(format_: str, notes: Sequence[Sequence[Cell]] = ()) -> Writer:
    """A writer of `csv` or `xlsx`."""
    return XlsxWriter(notes=notes) if format_ == "xlsx" else CsvWriter()


def written(format_: str, rows: Sequence[Sequence[Cell]], notes: Sequence[Sequence[Cell]] = ()) -> tuple[str, bytes]:
    """Media type and bytes of a small sheet."""
    writing = writer(format_, notes)
    try:
        return writing.media_type, writing.rows(rows) + b"".join(writing.end())
    finally:
        writing.close()


def _text(cell: Cell) -> str:
    if cell is None:
        return ""
    return escaped(cell) if isinstance(cell, str) else str(cell)


def _write(sheet: "Worksheet", number: int, row: Sequence[Cell]) -> None:
    for column, cell in enumerate(row):
        if isinstance(cell, int):
            sheet.write_number(number, column, cell)
        elif cell:
            sheet.write_string(number, column, _NOT_XML.sub("", escaped(cell)))
