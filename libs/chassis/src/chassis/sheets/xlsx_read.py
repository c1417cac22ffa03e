"""The first sheet of an XLSX file as a stream of rows. Source: ECMA-376, part 1, sections 12.3 and 18.3.

Nothing but texts is taken out of it: no macro, no link, no picture, no formula is followed.
"""

import posixpath
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from decimal import Decimal, InvalidOperation
from typing import BinaryIO
from xml.parsers import expat

from chassis.sheets.cells import LONGEST_CELL, MOST_COLUMNS, Row, SheetRefused

MOST_ENTRIES = 500
LARGEST_INSIDE = 150 * 1024 * 1024  # bytes of all entries unpacked
WORST_RATIO = 200  # of an entry, unpacked to packed; text of a real sheet stays below 60
RATIO_MATTERS_FROM = 1024 * 1024  # bytes unpacked
MOST_SHARED = 16 * 1024 * 1024  # characters of shared texts, which must be kept while the sheet is read
CHUNK = 64 * 1024  # bytes

_REFERENCE = re.compile(r"([A-Z]{1,3})\d+")
_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")


def read_xlsx(file: BinaryIO) -> Iterator[Row]:
    """Rows with something in them. Raises SheetRefused."""
    try:
        with zipfile.ZipFile(file) as book:
            _inspect(book)
            sheet = _first_sheet(book)
            shared = _shared(book)
            yield from _Rows(shared).read(book, sheet)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, LookupError, ValueError) as error:
        raise SheetRefused("unreadable_file", f"no XLSX workbook: {error}") from error
    except expat.ExpatError as error:
        raise SheetRefused("unreadable_file", f"a part of the workbook cannot be read: {error}") from error


def _inspect(book: zipfile.ZipFile) -> None:
    """Refuses what would hurt before any of it is unpacked. An entry never gives more than it declares here."""
    entries = book.infolist()
    if len(entries) > MOST_ENTRIES or sum(one.file_size for one in entries) > LARGEST_INSIDE:
        raise SheetRefused("too_large_inside", "the workbook holds too much")
    for one in entries:
        if one.file_size > RATIO_MATTERS_FROM and one.file_size > WORST_RATIO * max(1, one.compress_size):
            raise SheetRefused("too_large_inside", "a part of the workbook unpacks to too much")
        if one.flag_bits & 0x1:
            raise SheetRefused("unreadable_file", "the workbook is encrypted")
        if posixpath.basename(one.filename).lower() in ("vbaproject.bin", "vbadata.xml"):
            raise SheetRefused("macro_file", "workbooks with macros are not read: save it as .xlsx")


def _parse(book: zipfile.ZipFile, name: str, parser: expat.XMLParserType) -> Iterator[None]:
    """Feeds a part to a parser, a piece at a time."""

    def refuse(*_: object) -> None:
        raise SheetRefused("unreadable_file", "a part of the workbook declares a document type")

    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    parser.buffer_text = True
    with book.open(name) as part:
        while chunk := part.read(CHUNK):
            parser.Parse(chunk, False)
            yield
    parser.Parse(b"", True)
    yield


def _local(tag: str) -> str:
    return tag.rpartition(":")[2]


def _elements(book: zipfile.ZipFile, name: str, wanted: str) -> list[dict[str, str]]:
    found: list[dict[str, str]] = []
    parser = expat.ParserCreate()

    def start(tag: str, attributes: dict[str, str]) -> None:
        if _local(tag) == wanted and len(found) < MOST_ENTRIES:
            found.append({_local(key): value for key, value in attributes.items()})

    parser.StartElementHandler = start
    for _ in _parse(book, name, parser):
        pass
    return found


def _first_sheet(book: zipfile.ZipFile) -> str:
    """The part of the sheet that stands first in the workbook."""
    sheets = _elements(book, "xl/workbook.xml", "sheet")
    if not sheets:
        raise SheetRefused("unreadable_file", "the workbook has no sheet")
    for one in _elements(book, "xl/_rels/workbook.xml.rels", "Relationship"):
        if one.get("Id") == sheets[0].get("id"):
            target = one.get("Target", "")
            return target.lstrip("/") if target.startswith("/") else posixpath.normpath(f"xl/{target}")
    raise SheetRefused("unreadable_file", "the workbook does not say where its sheet is")


def _shared(book: zipfile.ZipFile) -> list[str]:
    if "xl/sharedStrings.xml" not in book.namelist():
        return []
    texts: list[str] = []
    collected = _Text()
    parser = expat.ParserCreate()
    size = 0

    def end(tag: str) -> None:
        nonlocal size
        collected.end(tag)
        if _local(tag) == "si":
            texts.append(collected.take())
            size += len(texts[-1])
            if size > MOST_SHARED:
                raise SheetRefused("too_large_inside", "the workbook holds too much text")

    parser.StartElementHandler = lambda tag, _attributes: collected.start(tag)
    parser.EndElementHandler = end
    parser.CharacterDataHandler = collected.data
    for _ in _parse(book, "xl/sharedStrings.xml", parser):
        pass
    return texts


class _Text:
    """Collects `t` elements, without phonetic readings."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._size = 0
        self._inside = False
        self._phonetic = 0

    def start(self, tag: str) -> None:
        name = _local(tag)
        if name == "rPh":
            self._phonetic += 1
        self._inside = name == "t" and not self._phonetic

    def end(self, tag: str) -> None:
        self._inside = False
        if _local(tag) == "rPh":
            self._phonetic -= 1

    def data(self, text: str) -> None:
        if self._inside:
            self._size += len(text)
            if self._size > LONGEST_CELL:
                raise SheetRefused("cell_too_long", f"a cell has more than {LONGEST_CELL} characters")
            self._parts.append(text)

    def take(self) -> str:
        text = "".join(self._parts)
        self._parts.clear()
        self._size = 0
        return _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text


class _Rows:
    """The rows of one sheet, out of the parser's calls."""

    def __init__(self, shared: list[str]) -> None:
        self._shared = shared
        self._ready: list[Row] = []
        self._number = 0
        self._cells: list[str] = []
        self._formulas: list[int] = []
        self._column = 0
        self._type = "n"
        self._value = ""
        self._in_value = False
        self._formula = False
        self._text = _Text()

    def read(self, book: zipfile.ZipFile, name: str) -> Iterator[Row]:
        """As they come out of the parser."""
        parser = expat.ParserCreate()
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._data
        for _ in _parse(book, name, parser):
            yield from self._ready
            self._ready.clear()

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        name = _local(tag)
        if name == "row":
            self._number = int(attributes.get("r") or self._number + 1)
            self._cells, self._formulas, self._column = [], [], -1
        elif name == "c":
            reference = _REFERENCE.fullmatch(attributes.get("r", ""))
            self._column = _index(reference[1]) if reference else self._column + 1
            if self._column >= MOST_COLUMNS:
                raise SheetRefused("too_many_columns", f"row {self._number} has more than {MOST_COLUMNS} columns")
            self._type, self._value, self._formula = attributes.get("t", "n"), "", False
        elif name == "f":
            self._formula = True
        elif name == "v":
            self._in_value = True
        else:
            self._text.start(tag)

    def _data(self, text: str) -> None:
        if self._in_value:
            self._value += text
            if len(self._value) > LONGEST_CELL:
                raise SheetRefused("cell_too_long", f"a cell has more than {LONGEST_CELL} characters")
        else:
            self._text.data(text)

    def _end(self, tag: str) -> None:
        name = _local(tag)
        if name == "v":
            self._in_value = False
        elif name == "c":
            self._put(_VALUES.get(self._type, _number)(self))
        elif name == "row":
            if any(self._cells) or self._formulas:
                self._ready.append(Row(self._number, self._cells, tuple(self._formulas)))
        else:
            self._text.end(tag)

    def _put(self, value: str) -> None:
        self._cells.extend([""] * (self._column + 1 - len(self._cells)))
        self._cells[self._column] = value
        if self._formula:
            self._formulas.append(self._column)

    def inline(self) -> str:
        """A text that stands in the cell."""
        return self._text.take()

    def shared(self) -> str:
        """A text that several cells share."""
        return self._shared[int(self._value)] if self._value else ""

    def raw(self) -> str:
        """The value as it is written."""
        return self._value


def _number(rows: _Rows) -> str:
    """A number as people write it: no point behind whole ones, no exponent."""
    value = rows.raw()
    try:
        number = Decimal(value)
    except InvalidOperation:
        return value
    if not number.is_finite() or abs(number.adjusted()) > 30:
        return value
    whole = number.to_integral_value()
    if number == whole:
        return f"{whole:f}"
    return f"{Decimal(repr(float(number))):f}"  # 0.1 is stored as 0.10000000000000001


def _boolean(rows: _Rows) -> str:
    return "TRUE" if rows.raw() == "1" else "FALSE"


_VALUES: dict[str, Callable[[_Rows], str]] = {
    "s": _Rows.shared,
    "inlineStr": _Rows.inline,
    "str": _Rows.raw,
    "e": _Rows.raw,
    "d": _Rows.raw,
    "b": _boolean,
}


def _index(letters: str) -> int:
    index = 0
    for letter in letters:
        index = index * 26 + ord(letter) - 64
    return index - 1
