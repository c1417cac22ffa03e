"""A file of unknown kind as rows."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from chassis.sheets.cells import Row, SheetRefused
from chassis.sheets.csv_read import read_csv
from chassis.sheets.xlsx_read import read_xlsx

ZIP = b"PK\x03\x04"
OLD_EXCEL = b"\xd0\xcf\x11\xe0"  # also what an encrypted XLSX begins with


@dataclass(frozen=True)
class Sheet:
    """What was read: `format` csv or xlsx, the `encoding` of its text, and its rows as they come."""

    format: str
    encoding: str
    rows: Iterator[Row]


def read(file: BinaryIO) -> Sheet:
    """The first table of a file, told by its content. Raises SheetRefused, also while its rows are read."""
    head = file.read(4)
    file.seek(0)
    if not head:
        raise SheetRefused("empty_file", "the file is empty")
    if head == ZIP:
        return Sheet("xlsx", "utf-8", read_xlsx(file))
    if head == OLD_EXCEL:
        raise SheetRefused("unreadable_file", "save it as .xlsx without a password, or as .csv")
    encoding, rows = read_csv(file)
    return Sheet("csv", encoding, rows)
