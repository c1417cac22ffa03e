"""How operators may edit the tree of categories: what a category and an attribute must be, and where they can be."""

import re
from collections.abc import Sequence

from catalog.domain import text
from catalog.domain.category import Attribute, Category, CategoryTree
from chassis.errors import Invalid

DEEPEST = 5  # levels
MOST_ATTRIBUTES = 40
MOST_CHOICES = 200
MOST_POSITION = 1_000_000
TYPES = frozenset({"text", "integer", "number", "boolean", "date", "choice"})
WITH_UNIT = frozenset({"integer", "number"})

_SLUG = re.compile(r"[a-z][a-z0-9_]{0,39}")
_CATEGORY_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")


def category_id(value: str) -> str:
    """An id for a new category. Raises Invalid."""
    if not _CATEGORY_ID.fullmatch(value):
        raise Invalid("a category_id has small letters, digits and hyphens, at most 64", field="category_id")
    return value


def name(value: str, field: str) -> str:
    """What a category or attribute is called. Raises Invalid."""
    return text.line(value, field, 40)


def position(value: int) -> int:
    """Where it stands among its siblings. Raises Invalid."""
    return text.whole(value, "position", 0, MOST_POSITION)


def place(tree: CategoryTree, moved: Category | None, parent_id: str | None) -> None:
    """Lets a category, or a new one (None), stand below this parent. Raises UnknownCategory, Invalid."""
    if parent_id is None:
        return
    way = [*tree.way_to(parent_id)]
    tree.node(parent_id)
    if any(one.retired for one in way):
        raise Invalid("the parent is retired", field="parent_id")
    if moved is not None and any(one.id == moved.id for one in way):
        raise Invalid("a category cannot stand below itself", field="parent_id")
    if len(way) + (_height(moved) if moved else 1) > DEEPEST:
        raise Invalid(f"the tree has at most {DEEPEST} levels", field="parent_id")


def _height(node: Category) -> int:
    return 1 + max((_height(child) for child in node.children), default=0)


def attributes(given: Sequence[Attribute]) -> tuple[Attribute, ...]:
    """A category's attributes in order, each once. Raises Invalid with the field that does not fit."""
    text.whole(len(given), "attributes", 0, MOST_ATTRIBUTES)
    checked = tuple(_attribute(one) for one in given)
    if len({one.id for one in checked}) != len(checked):
        raise Invalid("two attributes have the same id", field="attributes.attribute_id")
    return checked


def _attribute(given: Attribute) -> Attribute:
    if not _SLUG.fullmatch(given.id):
        raise Invalid("an attribute_id has small letters, digits and _, at most 40", field="attributes.attribute_id")
    if given.type not in TYPES:
        raise Invalid(f"the type is one of {', '.join(sorted(TYPES))}", field="attributes.type")
    if bool(given.choices) is not (given.type == "choice") or len(given.choices) > MOST_CHOICES:
        raise Invalid(f"a choice has 1 to {MOST_CHOICES} choices, and nothing else has", field="attributes.choices")
    choices = tuple(text.line(one, "attributes.choices", 60) for one in given.choices)
    if len(set(choices)) != len(choices):
        raise Invalid("two choices are the same", field="attributes.choices")
    if given.unit is not None and given.type not in WITH_UNIT:
        raise Invalid("only numbers have a unit", field="attributes.unit")
    return Attribute(
        given.id,
        name(given.name, "attributes.name"),
        name(given.name_en, "attributes.name_en"),
        given.type,
        given.required,
        choices,
        None if given.unit is None else text.line(given.unit, "attributes.unit", 20),
    )
