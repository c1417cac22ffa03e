"""The child process: `python -I -m chassis.sheets.xlsx_child MEMORY_BYTES CPU_SECONDS < workbook`.

It has no secrets in its environment, may not write files, and dies of too much memory or time. It prints a line of JSON
for each row, [number, cells, positions of formulas], and at the end [0, null or [code, detail], null].
"""

import json
import os
import re
import resource
import sys
import warnings
from collections.abc import Iterator
from datetime import date, time
from decimal import Decimal
from typing import Any, TextIO

import openpyxl

from chassis.sheets.cells import LONGEST_CELL, MOST_COLUMNS, Row, SheetRefused

MOST_FILES = 16
NICENESS = 5  # sheets wait for a moment rather than everything else for them

# How the format writes characters that XML has none for, and an underscore that would look like one of them.
# Source: ECMA-376, part 1, 22.4.2.4 (ST_Xstring). openpyxl leaves it to its users.
_ESCAPE = re.compile(r"_x(00[01][0-9A-Fa-f]|005[Ff])_")


def main(arguments: list[str]) -> int:
    """Reads one workbook."""
    memory, seconds = int(arguments[0]), int(arguments[1])
    warnings.simplefilter("ignore")  # workbooks of strangers are full of small faults
    if not openpyxl.DEFUSEDXML or openpyxl.LXML:
        raise RuntimeError("workbooks are only read with defusedxml")
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what a library prints does not get in between
    for what, most in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, MOST_FILES),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))
    os.nice(NICENESS)
    _tell(answers)
    return 0


def _tell(answers: TextIO) -> None:
    refused: tuple[str, str] | None = None
    try:
        for row in _rows():
            print(json.dumps([row.number, row.cells, row.formulas]), file=answers)
    except SheetRefused as error:
        refused = error.code, error.detail
    except MemoryError:
        refused = "too_large_inside", "the workbook holds too much"
    except BrokenPipeError:
        return  # nobody wants the rest
    except Exception as error:  # noqa: BLE001 - a parser meets hostile bytes here: whatever it raises, they are no workbook
        refused = "unreadable_file", f"the workbook cannot be read: {type(error).__name__}"
    print(json.dumps([0, refused, None]), file=answers, flush=True)


def _rows() -> Iterator[Row]:
    with open(0, "rb", closefd=False) as file:
        file.seek(0)
        book = openpyxl.load_workbook(file, read_only=True, keep_links=False)
        if not book.worksheets:
            raise SheetRefused("unreadable_file", "the workbook has no sheet")
        sheet = book.worksheets[0]
        sheet.reset_dimensions()  # what the sheet says of its own size need not be so
        for found in sheet.iter_rows():
            row = _row(found)
            if row is not None:
                yield row


def _row(found: tuple[Any, ...]) -> Row | None:
    """None for a row with nothing in it."""
    cells, formulas, number = [""] * len(found), [], 0
    for at, cell in enumerate(found):
        if cell.value is None:
            continue
        if at >= MOST_COLUMNS:
            raise SheetRefused("too_many_columns", f"row {cell.row} has more than {MOST_COLUMNS} columns")
        number, cells[at] = cell.row, _text(cell.value)
        if len(cells[at]) > LONGEST_CELL:
            raise SheetRefused("cell_too_long", f"a cell of row {number} has more than {LONGEST_CELL} characters")
        if cell.data_type == "f":
            formulas.append(at)
    return Row(number, cells, tuple(formulas)) if any(cells) else None


def _text(value: object) -> str:
    """A value as people write it: no point behind whole numbers, no exponent, dates by year, month and day."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return f"{value:.0f}" if value.is_integer() and abs(value) < 1e30 else _number(value)
    if isinstance(value, date | time):
        return value.isoformat().removesuffix("T00:00:00")
    text = str(value)
    return _ESCAPE.sub(lambda escape: chr(int(escape[1], 16)), text) if "_x" in text else text


def _number(value: float) -> str:
    number = Decimal(repr(value))
    return f"{number:f}" if number.is_finite() and abs(number.adjusted()) <= 30 else repr(value)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
