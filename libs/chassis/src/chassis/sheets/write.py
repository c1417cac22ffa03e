"""Rows as a file, a piece at a time. Texts are escaped, so that no program that opens it computes them."""

import csv
import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from typing import Protocol
from xml.sax.saxutils import escape

from chassis.sheets.cells import escaped

Cell = str | int | None

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_LOOKS_ESCAPED = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
_NOT_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


class Writer(Protocol):
    """Takes rows and gives bytes."""

    media_type: str

    def rows(self, rows: Sequence[Sequence[Cell]]) -> bytes:
        """What is ready after these rows; the first ones are the header's."""

    def end(self) -> bytes:
        """The rest of the file."""


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

    def end(self) -> bytes:
        """Nothing is left."""
        return b""


class XlsxWriter:
    """A workbook with the rows in its first sheet; `notes` are a second sheet for people."""

    media_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

    def __init__(self, name: str = "商品", notes: Sequence[Sequence[Cell]] = ()) -> None:
        self._sink = _Sink()
        self._book = zipfile.ZipFile(self._sink, mode="w", compression=zipfile.ZIP_DEFLATED, compresslevel=3)
        names = [name, "說明"] if notes else [name]
        for path, text in _frame(names):
            self._book.writestr(path, text)
        if notes:
            rows = "".join(_rows(notes, 1))
            self._book.writestr("xl/worksheets/sheet2.xml", f"{_HEAD}{_SHEET}{rows}{_SHEET_END}")
        self._sheet = self._book.open("xl/worksheets/sheet1.xml", "w", force_zip64=True)
        self._sheet.write(f"{_HEAD}{_SHEET}".encode())
        self._next = 1

    def rows(self, rows: Sequence[Sequence[Cell]]) -> bytes:
        """What is packed after these rows."""
        self._sheet.write("".join(_rows(rows, self._next)).encode())
        self._next += len(rows)
        return self._sink.take()

    def end(self) -> bytes:
        """The end of the sheet and the directory."""
        self._sheet.write(_SHEET_END.encode())
        self._sheet.close()
        self._book.close()
        return self._sink.take()


def writer(format_: str, notes: Sequence[Sequence[Cell]] = ()) -> Writer:
    """A writer of `csv` or `xlsx`."""
    return XlsxWriter(notes=notes) if format_ == "xlsx" else CsvWriter()


class _Sink:
    """A file that cannot be sought in: zipfile then writes sizes behind the data."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, data: bytes, /) -> int:
        self._parts.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing to do."""

    def close(self) -> None:
        """Nothing to do."""

    def take(self) -> bytes:
        parts, self._parts = self._parts, []
        return b"".join(parts)


_SHEET = f'<worksheet xmlns="{_MAIN}"><sheetData>'
_SHEET_END = "</sheetData></worksheet>"


def _text(cell: Cell) -> str:
    if cell is None:
        return ""
    return escaped(cell) if isinstance(cell, str) else str(cell)


def _rows(rows: Sequence[Sequence[Cell]], first: int) -> Iterator[str]:
    for number, row in enumerate(rows, first):
        yield f'<row r="{number}">'
        for column, cell in enumerate(row):
            if cell is None or cell == "":
                continue
            reference = f"{_letters(column)}{number}"
            if isinstance(cell, int):
                yield f'<c r="{reference}"><v>{cell}</v></c>'
            else:
                yield f'<c r="{reference}" t="inlineStr"><is><t xml:space="preserve">{_xml(cell)}</t></is></c>'
        yield "</row>"


def _xml(text: str) -> str:
    return escape(_NOT_XML.sub("", _LOOKS_ESCAPED.sub("_x005F_", escaped(text)))).replace("\r", "_x000D_")


def _letters(column: int) -> str:
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def _frame(names: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The parts of a workbook around its sheets."""
    numbers = range(1, len(names) + 1)
    sheets = "".join(
        f'<Override PartName="/xl/worksheets/sheet{number}.xml" '
        'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>'
        for number in numbers
    )
    yield (
        "[Content_Types].xml",
        f'{_HEAD}<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Override PartName="/xl/workbook.xml" '
        'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
        f"{sheets}</Types>",
    )
    yield (
        "_rels/.rels",
        f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
        f'Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    )
    listed = "".join(
        f'<sheet name="{escape(name)}" sheetId="{number}" r:id="rId{number}"/>'
        for number, name in zip(numbers, names, strict=True)
    )
    yield (
        "xl/workbook.xml",
        f'{_HEAD}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>{listed}</sheets></workbook>',
    )
    relations = "".join(
        f'<Relationship Id="rId{number}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{number}.xml"/>'
        for number in numbers
    )
    yield (
        "xl/_rels/workbook.xml.rels",
        f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">{relations}</Relationships>',
    )
