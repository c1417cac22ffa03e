"""The tree of categories for whoever changes it, or puts products into it."""

from collections.abc import Collection, Sequence

from psycopg2.extras import execute_values

from catalog.adapters.postgres_categories import READ, tree_of
from catalog.domain.category import Attribute, CategoryTree
from chassis.postgres import TransactionCursor, array

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
# A product shares the key of its category until it is committed: those that come in just now are waited for, and seen.
CLOSE = "SELECT FROM categories WHERE category_id = %s FOR UPDATE"
IN_USE = "SELECT 1 FROM products WHERE category_id = %s AND state <> 'deleted' LIMIT 1"
SHARE = "SELECT FROM categories WHERE category_id = ANY(%s::text[]) ORDER BY category_id FOR KEY SHARE"
DIVIDED = "SELECT DISTINCT parent_id FROM categories WHERE parent_id = ANY(%s::text[])"


class PostgresCategoryEditor:
    """Rows of `category_tree`, `categories` and `category_attributes`."""

    def __init__(self, cursor: TransactionCursor) -> None:
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
        """Whether products that are not deleted are in it. None comes into it until the transaction ends."""
        self._cursor.write(CLOSE, (category_id,))
        self._cursor.execute(IN_USE, (category_id,))
        return self._cursor.fetchone() is not None

    def divided(self, category_ids: Collection[str]) -> set[str]:
        """Those that have others below them by now. The rest stay leaves until the transaction ends."""
        wanted = array(category_ids)
        self._cursor.write(SHARE, (wanted,))
        self._cursor.execute(DIVIDED, (wanted,))
        return {parent_id for (parent_id,) in self._cursor.fetchall()}

    def grown(self) -> CategoryTree:
        """The tree after the changes, one version further."""
        self._cursor.execute(GROW)
        return self._read()

    def _read(self) -> CategoryTree:
        self._cursor.execute(READ)
        return tree_of(self._cursor.fetchall())
