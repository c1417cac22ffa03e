"""Cells: what a row is, and how text is kept from being taken for a formula."""

import re
from dataclasses import dataclass

from chassis.errors import Refusal

# A cell that begins like this is computed by spreadsheet programs. Source: OWASP, CSV injection.
_FORMULA = re.compile(r"'*[=+\-@\t\r]")

LONGEST_CELL = 32_767  # characters, as in Excel
MOST_COLUMNS = 200


class SheetRefused(Refusal):
    """The file is no table that can be read; `code` says why."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(detail)
        self.code = code


@dataclass(frozen=True, slots=True)
class Row:
    """A row and its number as a spreadsheet shows it, from one. `formulas` are positions of cells with a formula."""

    number: int
    cells: list[str]
    formulas: tuple[int, ...] = ()


def escaped(text: str) -> str:
    """The text as a cell that no program computes: an apostrophe before what would begin a formula."""
    return f"'{text}" if _FORMULA.match(text) else text


def unescaped(text: str) -> str:
    """The text of a cell that may have been escaped: the inverse of `escaped`."""
    return text[1:] if text[:1] == "'" and _FORMULA.match(text) else text
