"""From the rows of a file to the rows of products."""

from collections.abc import Iterator

from catalog.application.imports.ports import SheetSeen
from catalog.domain.import_problems import FileProblem, Problem
from catalog.domain.imports import MOST_ROWS
from catalog.domain.sheet_columns import HEADER_WITHIN, Header, header_of
from catalog.domain.sheet_rows import SheetRow


class SheetReader:
    """Finds the header, names the cells, and counts products. Iterate `rows` to the end before asking for the rest."""

    def __init__(self, sheet: SheetSeen) -> None:
        self._sheet = sheet
        self._numbers: dict[str, int] = {}
        self.products = 0
        self.read = 0
        self.problems: list[Problem] = []

    def rows(self) -> Iterator[tuple[int, SheetRow]]:
        """Rows, each with the number of its product. Raises FileProblem."""
        header: Header | None = None
        looked = 0
        for number, cells, formulas in self._sheet.rows:
            if header is None:
                looked += 1
                if looked > HEADER_WITHIN:
                    break
                if (header := header_of(cells)) is not None:
                    self._note_unknown(number, header)
                continue
            row = _named(number, cells, formulas, header)
            if not row.cells and not row.formulas:
                continue
            self.read += 1
            if self.read > MOST_ROWS:
                raise FileProblem("too_many_rows", most=MOST_ROWS)
            yield self._product_of(row), row
        if header is None:
            raise FileProblem("header_missing")
        if not self.read:
            raise FileProblem("no_rows")

    def _note_unknown(self, number: int, header: Header) -> None:
        for _, heading in header.unknown:
            self.problems.append(Problem(number, "unknown_column", heading, "warning", {"value": heading}))

    def _product_of(self, row: SheetRow) -> int:
        """Rows of one product have its id or its number in common; a row with neither is a product of its own."""
        product_id, parent_sku = row.cells.get("product_id"), row.cells.get("parent_sku")
        key = f"id {product_id.lower()}" if product_id else f"sku {parent_sku}" if parent_sku else f"row {row.number}"
        known = self._numbers.get(key)
        if known is None:
            known = self._numbers[key] = self.products
            self.products += 1
        return known


def _named(number: int, cells: list[str], formulas: tuple[int, ...], header: Header) -> SheetRow:
    named = {
        key: text for key, cell in zip(header.keys, cells, strict=False) if key is not None and (text := cell.strip())
    }
    computed = tuple(key for at in formulas if at < len(header.keys) and (key := header.keys[at]) is not None)
    return SheetRow(number, named, computed)
