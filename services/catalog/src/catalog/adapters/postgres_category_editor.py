"""The tree of categories for whoever changes it."""

from collections.abc import Sequence

from psycopg2.extensions import cursor
from psycopg2.extras import execute_values

from catalog.adapters.postgres_categories import READ, tree_of
from catalog.domain.category import Attribute, CategoryTree

LOCK = "SELECT version FROM category_tree FOR UPDATE"
GROW = "UPDATE category_tree SET version = version + 1"
ADD = "INSERT INTO categories (category_id, parent_id, name, name_en, position) VALUES (%s, %s, %s, %s, %s)"
SAVE = """
    UPDATE categories SET parent_id = %s, name = %s, name_en = %s, position = %s, retired = %s WHERE category_id = %s
"""
CLEAR = "DELETE FROM category_attributes WHERE category_id = %s"
PUT = """
    INSERT INTO category_attributes (category_id, attribute_id, name, name_en, type, required, choices, unit, position)
    VALUES %s
"""
IN_USE = "SELECT 1 FROM products WHERE category_id = %s AND state <> 'deleted' LIMIT 1"


class PostgresCategoryEditor:
    """Rows of `category_tree`, `categories` and `category_attributes`."""

    def __init__(self, cursor: cursor) -> None:
        self._cursor = cursor

    def lock(self) -> CategoryTree:
        """The tree; nobody else changes it until the transaction ends."""
        self._cursor.execute(LOCK)
        return self._read()

    def add(self, category_id: str, parent_id: str | None, name: str, name_en: str, position: int) -> None:
        """One category more."""
        self._cursor.execute(ADD, (category_id, parent_id, name, name_en, position))

    def save(
        self, category_id: str, parent_id: str | None, name: str, name_en: str, position: int, retired: bool
    ) -> None:
        """A category as it is to be."""
        self._cursor.execute(SAVE, (parent_id, name, name_en, position, retired, category_id))

    def put_attributes(self, category_id: str, attributes: Sequence[Attribute]) -> None:
        """All attributes of a category, in their order."""
        self._cursor.execute(CLEAR, (category_id,))
        rows = [
            (category_id, one.id, one.name, one.name_en, one.type, one.required, list(one.choices), one.unit, at)
            for at, one in enumerate(attributes)
        ]
        if rows:
            execute_values(self._cursor, PUT, rows)

    def in_use(self, category_id: str) -> bool:
        """Whether products that are not deleted are in it."""
        self._cursor.execute(IN_USE, (category_id,))
        return self._cursor.fetchone() is not None

    def grown(self) -> CategoryTree:
        """The tree after the changes, one version further."""
        self._cursor.execute(GROW)
        return self._read()

    def _read(self) -> CategoryTree:
        self._cursor.execute(READ)
        return tree_of(self._cursor.fetchall())
