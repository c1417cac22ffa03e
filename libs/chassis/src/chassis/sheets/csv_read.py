"""CSV in UTF-8 with or without a mark, UTF-16, and Big5 as Windows writes it (CP950)."""

import codecs
import csv
import io
from collections.abc import Iterator
from typing import BinaryIO

from chassis.sheets.cells import LONGEST_CELL, MOST_COLUMNS, Row, SheetRefused

CHUNK = 256 * 1024  # bytes
MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
DELIMITERS = ",\t;"


def read_csv(file: BinaryIO) -> tuple[str, Iterator[Row]]:
    """The encoding that was found, and the rows. Raises SheetRefused."""
    encoding = _encoding(file)
    file.seek(0)
    text = io.TextIOWrapper(file, encoding=encoding, newline="")
    return encoding.removesuffix("-sig"), _rows(text)


def _encoding(file: BinaryIO) -> str:
    """By its mark; else the first encoding in which every byte makes sense."""
    head = file.read(4096)
    for mark, encoding in MARKS:
        if head.startswith(mark):
            return encoding
    candidates = ["utf-8", "cp950", "big5hkscs"]
    if b"\0" in head:  # text in a narrow encoding holds none
        even, odd = head[::2].count(0), head[1::2].count(0)
        candidates = ["utf-16-le" if odd >= even else "utf-16-be"]
    for encoding in candidates:
        if _fits(file, encoding):
            return encoding
    raise SheetRefused("unknown_encoding", "the text is neither UTF-8, UTF-16 nor Big5")


def _fits(file: BinaryIO, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    file.seek(0)
    try:
        while chunk := file.read(CHUNK):
            if "\0" in decoder.decode(chunk):
                return False
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _rows(text: io.TextIOWrapper) -> Iterator[Row]:
    try:
        yield from _read(text)
    except csv.Error as error:
        raise SheetRefused("unreadable_file", f"the CSV cannot be read: {error}") from error
    except UnicodeDecodeError as error:
        raise SheetRefused("unknown_encoding", "the text breaks the rules of its own encoding") from error
    finally:
        text.detach()  # closing it would close the file, which is not ours


def _read(text: io.TextIOWrapper) -> Iterator[Row]:
    head = text.read(LONGEST_CELL)
    text.seek(0)
    first = next((line for line in head.splitlines() if line.strip()), "")
    delimiter = max(DELIMITERS, key=first.count)
    for number, cells in enumerate(csv.reader(text, delimiter=delimiter, strict=True), 1):
        if len(cells) > MOST_COLUMNS:
            raise SheetRefused("too_many_columns", f"row {number} has more than {MOST_COLUMNS} columns")
        if any(len(cell) > LONGEST_CELL for cell in cells):
            raise SheetRefused("cell_too_long", f"a cell of row {number} has more than {LONGEST_CELL} characters")
        if any(cells):
            yield Row(number, cells)
