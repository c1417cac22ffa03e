"""The tree of categories, and the attributes a leaf asks for."""

import re
from dataclasses import dataclass
from datetime import date
from typing import Any

from catalog.domain import text
from catalog.domain.errors import InvalidAttribute, UnknownCategory
from chassis.errors import Invalid

_DATE = re.compile(r"^\d{4}-\d{2}-\d{2}$")


@dataclass(frozen=True)
class Attribute:
    """One thing a category wants to know. `type`: text, integer, number, boolean, date or choice."""

    id: str
    name: str
    name_en: str
    type: str
    required: bool
    choices: tuple[str, ...] = ()
    unit: str | None = None

    def check(self, value: Any) -> Any:
        """The value, if it is of this attribute's type. Raises InvalidAttribute."""
        try:
            fits = _FITS[self.type](self, value)
        except Invalid:
            fits = False
        if not fits:
            wanted = f"one of {', '.join(self.choices)}" if self.type == "choice" else f"a {self.type}"
            raise InvalidAttribute(f"{self.name} ({self.id}) must be {wanted}", attribute_id=self.id)
        return value


def _is_date(value: Any) -> bool:
    if not (isinstance(value, str) and _DATE.match(value)):
        return False
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= 10**12


_FITS = {
    "text": lambda self, value: isinstance(value, str) and text.line(value, self.id, 200) == value,
    "integer": lambda self, value: isinstance(value, int) and not isinstance(value, bool) and abs(value) <= 10**12,
    "number": lambda self, value: _is_number(value),
    "boolean": lambda self, value: isinstance(value, bool),
    "date": lambda self, value: _is_date(value),
    "choice": lambda self, value: value in self.choices,
}


@dataclass(frozen=True)
class Category:
    """One node of the tree; a leaf has no children and may have attributes. A retired one keeps its products only."""

    id: str
    name: str
    name_en: str
    children: tuple["Category", ...] = ()
    attributes: tuple[Attribute, ...] = ()
    retired: bool = False
    position: int = 0

    @property
    def open(self) -> bool:
        """Whether products may be put here, or somewhere below."""
        return not self.retired and (self.is_leaf or any(child.open for child in self.children))

    @property
    def is_leaf(self) -> bool:
        """Whether products can be put here."""
        return not self.children

    def checked(self, attributes: dict[str, Any]) -> dict[str, Any]:
        """The attributes, each of its type; required ones may still be missing. Raises InvalidAttribute."""
        known = {attribute.id: attribute for attribute in self.attributes}
        for name, value in attributes.items():
            if name not in known:
                raise InvalidAttribute(f"{self.name} has no attribute {name[:60]!r}", attribute_id=name[:60])
            known[name].check(value)
        return attributes

    def missing(self, attributes: dict[str, Any]) -> list[str]:
        """Ids of required attributes without a value."""
        return [attribute.id for attribute in self.attributes if attribute.required and attribute.id not in attributes]


class CategoryTree:
    """All categories. `version` grows with every change."""

    def __init__(self, tops: tuple[Category, ...], version: int = 1) -> None:
        self.tops = tops
        self.version = version
        self._by_id: dict[str, Category] = {}
        self._ways: dict[str, tuple[Category, ...]] = {}
        for top in tops:
            self._index(top, ())

    def _index(self, node: Category, above: tuple[Category, ...]) -> None:
        self._by_id[node.id] = node
        self._ways[node.id] = (*above, node)
        for child in node.children:
            self._index(child, (*above, node))

    def __contains__(self, category_id: str) -> bool:
        return category_id in self._by_id

    def node(self, category_id: str) -> Category:
        """The category with this id, retired or not. Raises UnknownCategory."""
        node = self._by_id.get(category_id)
        if node is None:
            raise UnknownCategory(f"there is no category {category_id[:60]!r}", category=category_id[:60])
        return node

    def leaf(self, category_id: str) -> Category:
        """The leaf with this id, if products may be put there. Raises UnknownCategory."""
        node = self.node(category_id)
        if any(one.retired for one in self._ways[category_id]):
            raise UnknownCategory(f"{node.name} is closed to new products", category=category_id)
        if not node.is_leaf:
            raise UnknownCategory(f"{node.name} has categories below it: choose one of them", category=category_id)
        return node

    def way_to(self, category_id: str) -> tuple[Category, ...]:
        """From the top down to this category; empty when there is none."""
        return self._ways.get(category_id, ())

    def leaves_below(self, category_id: str) -> list[str]:
        """Ids of the leaves under a category, itself included. Empty when there is none."""
        node = self._by_id.get(category_id)
        if node is None:
            return []
        if node.is_leaf:
            return [node.id]
        return [leaf for child in node.children for leaf in self.leaves_below(child.id)]
