"""Attributes of a sheet's products, from cells to values of their category's types."""

import re
from collections.abc import Mapping
from typing import Any

from catalog.domain.category import Attribute, Category
from catalog.domain.import_problems import Problem
from catalog.domain.sheet_columns import ATTRIBUTE, title_of

_YES = {"是": True, "有": True, "true": True, "yes": True, "1": True, "y": True}
_NO = {"否": False, "無": False, "false": False, "no": False, "0": False, "n": False}
_WHOLE = re.compile(r"[+-]?\d{1,12}")


def attribute_values(given: Mapping[str, str], category: Category, row: int) -> tuple[dict[str, Any], list[Problem]]:
    """Attributes by id with values of their types; a brand is passed over where the category has none."""
    by_name = {attribute.name: attribute for attribute in category.attributes}
    by_id = {attribute.id: attribute for attribute in category.attributes}
    values: dict[str, Any] = {}
    problems = []
    for name, cell in given.items():
        attribute = by_id.get(name) or by_name.get(name)
        if attribute is None:
            if name != "brand":
                problems.append(Problem(row, "unknown_attribute", title_of(ATTRIBUTE + name), values={"value": name}))
            continue
        values[attribute.id] = _value(attribute, cell)
    return values, problems


def _value(attribute: Attribute, cell: str) -> Any:
    """The cell as a value of the attribute's type; what does not fit stays text, which the category refuses."""
    text = cell.strip()
    if attribute.type == "integer" and _WHOLE.fullmatch(text):
        return int(text)
    if attribute.type == "number" and re.fullmatch(r"[+-]?\d{1,12}(\.\d{1,9})?", text):
        return float(text) if "." in text else int(text)
    if attribute.type == "boolean":
        return {**_YES, **_NO}.get(text.casefold(), text)
    return text
