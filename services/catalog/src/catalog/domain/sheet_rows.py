"""The rows of one product, from cells to values. Nothing here knows whether the product is there already."""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlsplit
from uuid import UUID

from catalog.domain.category import Category
from catalog.domain.import_problems import Problem, Severity
from catalog.domain.money import HIGHEST, Tier
from catalog.domain.product import Condition
from catalog.domain.sheet_categories import Categories, folded
from catalog.domain.sheet_columns import ATTRIBUTE, IMAGES, title_of
from catalog.domain.stock import MOST_ON_HAND
from catalog.domain.terms import HEAVIEST, MOST_AT_LEAST

Cells = Mapping[str, str]
WantedState = Literal["listed", "unlisted", "draft"]

LONGEST_URL = 2000
CONDITIONS: dict[str, Condition] = {
    "全新": "new", "新": "new", "new": "new",
    "二手": "used", "中古": "used", "used": "used",
}  # fmt: skip
STATES: dict[str, WantedState] = {
    "上架": "listed", "是": "listed", "listed": "listed", "yes": "listed",
    "下架": "unlisted", "否": "unlisted", "unlisted": "unlisted", "no": "unlisted",
    "草稿": "draft", "draft": "draft",
}  # fmt: skip
OF_THE_PRODUCT = frozenset({
    "parent_sku", "product_id", "name", "category", "desc", "option_name_1", "option_name_2", "days_to_ship",
    "min_quantity", "weight",
    "condition", "brand", "tiers", "state", *IMAGES,
})  # fmt: skip
_WEIGHT = re.compile(r"(\d{1,7}(?:\.\d{1,6})?)\s*(g|克|公克|kg|公斤)?")
_WHOLE = re.compile(r"[+-]?\d{1,12}")


@dataclass(frozen=True)
class SheetRow:
    """One row: its number, its cells by key (blank ones absent), and the keys whose cells hold a formula."""

    number: int
    cells: Cells
    formulas: tuple[str, ...] = ()


@dataclass
class VariantRow:
    """What a row says about a variant; None is what it does not say."""

    row: int
    variant_id: UUID | None = None
    options: tuple[str, ...] = ()
    sku: str | None = None
    price: int | None = None
    discount: int | None = None
    quantity: int | None = None
    gtin: str | None = None


@dataclass
class Listed:
    """What the rows of one product say; None is what they do not say. `images` are (row, column, address)."""

    row: int
    rows: int
    product_id: UUID | None = None
    parent_sku: str | None = None
    name: str | None = None
    category: Category | None = None
    desc: str | None = None
    level_names: tuple[str, ...] = ()
    days_to_ship: int | None = None
    min_quantity: int | None = None
    weight_g: int | None = None
    condition: Condition | None = None
    tiers: tuple[Tier, ...] | None = None
    state: WantedState | None = None
    attributes: dict[str, str] = field(default_factory=dict)
    variants: list[VariantRow] = field(default_factory=list)
    images: list[tuple[int, str, str]] = field(default_factory=list)


class _Reading:
    """Collects the problems of one product's rows."""

    def __init__(self, rows: Sequence[SheetRow]) -> None:
        self.rows = rows
        self.problems: list[Problem] = []

    def note(self, row: int, key: str | None, code: str, **values: Any) -> None:
        column = title_of(key) if key else None
        severity: Severity = "warning" if code == "invalid_url" else "error"
        self.problems.append(Problem(row, code, column, severity, values))

    def whole(self, row: SheetRow, key: str, least: int, most: int) -> int | None:
        """A whole number of a cell, as people write it: NT$1,280 too."""
        value = row.cells.get(key)
        if value is None:
            return None
        digits = unicodedata.normalize("NFKC", value).strip().removeprefix("NT$").removeprefix("$").replace(",", "")
        digits = re.sub(r"\.0+$", "", digits.strip())
        if not _WHOLE.fullmatch(digits):
            self.note(row.number, key, "not_a_number", value=value)
            return None
        number = int(digits)
        if not least <= number <= most:
            self.note(row.number, key, "out_of_range", least=least, most=most)
            return None
        return number

    def choice(self, row: SheetRow, key: str, known: Mapping[str, Any], code: str) -> Any:
        value = row.cells.get(key)
        if value is None:
            return None
        if (found := known.get(folded(value))) is None:
            self.note(row.number, key, code, value=value)
        return found

    def identifier(self, row: SheetRow, key: str, code: str) -> UUID | None:
        value = row.cells.get(key)
        if value is None:
            return None
        try:
            return UUID(value)
        except ValueError:
            self.note(row.number, key, code, value=value)
            return None


def read_product(rows: Sequence[SheetRow], categories: Categories) -> tuple[Listed, list[Problem]]:
    """What the rows of one product say, and what is wrong with them. `rows` is not empty."""
    reading = _Reading(rows)
    for row in rows:
        for key in row.formulas:
            reading.note(row.number, key, "formula")
    told = _shared_cells(reading)
    listed = Listed(row=rows[0].number, rows=len(rows))
    _read_texts(reading, told, listed)
    if at := told.get("category"):
        found = categories.find(at.cells["category"])
        if isinstance(found, tuple):
            reading.note(at.number, "category", found[0], **found[1])
        else:
            listed.category = found
    listed.variants = [_variant(reading, row, listed.level_names) for row in rows]
    _distinct(reading, listed.variants)
    listed.images = _images(reading, told)
    return listed, reading.problems


def _shared_cells(reading: _Reading) -> dict[str, SheetRow]:
    """Which row tells each cell of the product. Rows below may repeat it or leave it blank, but say nothing else."""
    told: dict[str, SheetRow] = {}
    for row in reading.rows:
        for key, value in row.cells.items():
            if key not in OF_THE_PRODUCT and not key.startswith(ATTRIBUTE):
                continue
            first = told.setdefault(key, row)
            if first is not row and first.cells[key] != value:
                reading.note(row.number, key, "differs", first=first.number)
    return told


def _read_texts(reading: _Reading, told: Mapping[str, SheetRow], listed: Listed) -> None:
    def of(key: str, read: Callable[[SheetRow], Any]) -> Any:
        return read(told[key]) if key in told else None

    listed.product_id = of("product_id", lambda row: reading.identifier(row, "product_id", "product_not_found"))
    listed.parent_sku, listed.name, listed.desc = (
        told[key].cells[key] if key in told else None for key in ("parent_sku", "name", "desc")
    )
    listed.days_to_ship = of("days_to_ship", lambda row: reading.whole(row, "days_to_ship", 1, 30))
    listed.min_quantity = of("min_quantity", lambda row: reading.whole(row, "min_quantity", 1, MOST_AT_LEAST))
    listed.weight_g = of("weight", lambda row: _grams(reading, row))
    listed.condition = of("condition", lambda row: reading.choice(row, "condition", CONDITIONS, "unknown_condition"))
    listed.state = of("state", lambda row: reading.choice(row, "state", STATES, "unknown_state"))
    listed.tiers = of("tiers", lambda row: _tiers(reading, row))
    listed.level_names = tuple(told[key].cells[key] for key in ("option_name_1", "option_name_2") if key in told)
    if "option_name_2" in told and "option_name_1" not in told:
        reading.note(told["option_name_2"].number, "option_name_1", "option_name_missing")
    listed.attributes = {
        key.removeprefix(ATTRIBUTE): row.cells[key] for key, row in told.items() if key.startswith(ATTRIBUTE)
    }
    if "brand" in told:
        listed.attributes.setdefault("brand", told["brand"].cells["brand"])


def _grams(reading: _Reading, row: SheetRow) -> int | None:
    """Kilograms, as mass-upload sheets have them, unless another unit stands behind."""
    match = _WEIGHT.fullmatch(folded(row.cells["weight"]))
    if match is None:
        reading.note(row.number, "weight", "invalid_weight", value=row.cells["weight"])
        return None
    grams = round(float(match[1]) * (1 if match[2] in ("g", "克", "公克") else 1000))
    if not 1 <= grams <= HEAVIEST:
        reading.note(row.number, "weight", "out_of_range", least="1 g", most=f"{HEAVIEST} g")
        return None
    return grams


def _tiers(reading: _Reading, row: SheetRow) -> tuple[Tier, ...] | None:
    found = []
    for part in re.split(r"[;；,，]", row.cells["tiers"]):
        match = re.fullmatch(r"\s*(\d{1,6})\s*[:：]\s*(\d{1,3})\s*%?\s*", part)
        if match is None:
            reading.note(row.number, "tiers", "invalid_tiers")
            return None
        found.append(Tier(int(match[1]), int(match[2])))
    return tuple(found)


def _variant(reading: _Reading, row: SheetRow, level_names: tuple[str, ...]) -> VariantRow:
    options = []
    for position, key in enumerate(("option_1", "option_2")):
        value = row.cells.get(key)
        if position < len(level_names):
            if value is None:
                reading.note(row.number, key, "option_missing")
            options.append(value or "")
        elif value is not None:
            reading.note(row.number, f"option_name_{position + 1}", "option_name_missing")
    return VariantRow(
        row=row.number,
        variant_id=reading.identifier(row, "variant_id", "variant_not_found"),
        options=tuple(options),
        sku=row.cells.get("sku"),
        gtin=row.cells.get("gtin"),
        price=reading.whole(row, "price", 0, HIGHEST),
        discount=reading.whole(row, "discount", 0, HIGHEST),
        quantity=reading.whole(row, "quantity", 0, MOST_ON_HAND),
    )


def _distinct(reading: _Reading, variants: Sequence[VariantRow]) -> None:
    """No two rows of a product are the same variant."""
    looks: dict[Any, int] = {}
    for one in variants:
        if one.options and (first := looks.setdefault(one.options, one.row)) != one.row:
            reading.note(one.row, "option_1", "duplicate_variant", first=first)
        if one.variant_id and (first := looks.setdefault(one.variant_id, one.row)) != one.row:
            reading.note(one.row, "variant_id", "duplicate_variant", first=first)
        if not one.options and one.sku and (first := looks.setdefault(one.sku, one.row)) != one.row:
            reading.note(one.row, "sku", "duplicate_sku", first=first)


def _images(reading: _Reading, told: Mapping[str, SheetRow]) -> list[tuple[int, str, str]]:
    found: dict[str, tuple[int, str, str]] = {}
    for key in IMAGES:
        if key not in told:
            continue
        row, url = told[key].number, told[key].cells[key].strip()
        if _is_address(url):
            found.setdefault(url, (row, title_of(key), url))
        else:
            reading.note(row, key, "invalid_url")
    return list(found.values())


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return len(url) <= LONGEST_URL and parts.scheme in ("http", "https") and bool(parts.hostname) and url.isprintable()
