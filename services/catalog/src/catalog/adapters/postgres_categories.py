"""The tree of categories as a process remembers it: read again when its version is another one."""

import math
import threading
import time
from typing import Any

from catalog.domain.category import Attribute, Category, CategoryTree
from chassis.errors import Unavailable
from chassis.postgres import Pool, read_only

KEPT_FOR = 1.0  # seconds until the version is looked at again

VERSION = "SELECT version FROM category_tree"
READ = """
    SELECT (SELECT version FROM category_tree), c.category_id, c.parent_id, c.name, c.name_en, c.retired, c.position,
           (SELECT json_agg(json_build_array(a.attribute_id, a.name, a.name_en, a.type, a.required, a.choices, a.unit)
                            ORDER BY a.position, a.attribute_id)
              FROM category_attributes a WHERE a.category_id = c.category_id)
      FROM categories c ORDER BY c.position, c.category_id
"""


class PostgresCategories:
    """Answers the tree; calling it is cheap."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._lock = threading.Lock()
        self._tree: CategoryTree | None = None
        self._read_at = -math.inf

    def __call__(self) -> CategoryTree:
        """The tree, at most a second old. While the database is away the last one serves. Raises Unavailable."""
        if self._tree is not None and time.monotonic() - self._read_at < KEPT_FOR:
            return self._tree
        with self._lock:
            if self._tree is None or time.monotonic() - self._read_at >= KEPT_FOR:
                self._refresh()
            assert self._tree is not None
            return self._tree

    def forget(self) -> None:
        """Looks at the version at the next call: this process has changed the tree."""
        self._read_at = -math.inf

    def _refresh(self) -> None:
        try:
            self._tree = self._newest(self._tree)
        except Unavailable:
            if self._tree is None:
                raise
        self._read_at = time.monotonic()

    def _newest(self, known: CategoryTree | None) -> CategoryTree:
        with read_only(self._pool) as cursor:
            if known is not None:
                cursor.execute(VERSION)
                [version] = cursor.fetchone() or [0]
                if version == known.version:
                    return known
            cursor.execute(READ)
            return tree_of(cursor.fetchall())


def tree_of(rows: list[tuple[Any, ...]]) -> CategoryTree:
    """The tree from all rows of READ."""
    below: dict[str | None, list[tuple[Any, ...]]] = {}
    for row in rows:
        below.setdefault(row[2], []).append(row)
    return CategoryTree(tuple(_category(row, below) for row in below.get(None, [])), rows[0][0] if rows else 1)


def _category(row: tuple[Any, ...], below: dict[str | None, list[tuple[Any, ...]]]) -> Category:
    _, identifier, _, name, name_en, retired, position, attributes = row
    return Category(
        id=identifier,
        name=name,
        name_en=name_en,
        children=tuple(_category(child, below) for child in below.get(identifier, [])),
        attributes=tuple(
            Attribute(id_, label, label_en, kind, required, tuple(choices), unit)
            for id_, label, label_en, kind, required, choices, unit in attributes or []
        ),
        retired=retired,
        position=position,
    )
