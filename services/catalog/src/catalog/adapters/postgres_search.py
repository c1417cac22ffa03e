"""Search: what fits is found first and dressed after, so variants and stock are read for one page only."""

from functools import cache
from hashlib import sha256
from typing import Any

from catalog.adapters.product_rows import FROM, LIVE_VARIANTS, WIDTH, product_of
from catalog.adapters.search_sql import PUBLIC, TABLES
from catalog.adapters.search_statements import TYPES, conditions_of, places
from catalog.application.ports import Hit
from catalog.domain.search import Cursor, Query, Sort
from chassis.postgres import Pool, read_only
from chassis.postgres.prepared import Prepared

_PAGE = """
    WITH RECURSIVE {before} hits AS MATERIALIZED ({hits})
    SELECT {columns}, hits.key {tables} JOIN hits USING (product_id)
     ORDER BY hits.key {direction}, hits.product_id {direction}
"""
#: What a connection is set to: a statement that was planned once stays so, and its plan is not worth compiling.
SETTINGS = {"plan_cache_mode": "force_generic_plan", "jit": "off"}


class PostgresSearch:
    """Finds listed products of open shops."""

    _pool: Pool

    def search(self, query: Query, after: Cursor | None, limit: int) -> list[Hit]:
        """What a query finds, in its order, `limit` at the most. What people write goes in as parameters only."""
        found = places(query, after, limit)
        statement = _PAGE.format(
            before="".join(f"{one}," for one in found.before),
            hits=found.hits,
            columns=LIVE_VARIANTS,
            tables=FROM,
            direction="ASC" if query.sort is Sort.PRICE_ASC else "DESC",
        )
        with read_only(self._pool) as cursor:
            if _usual(query):
                _planned(statement, tuple(found.values)).execute(cursor, *found.values.values())
            else:
                cursor.execute(statement, found.values)
            return [Hit(product_of(row), row[WIDTH]) for row in cursor.fetchall()]

    def about(self, query: Query) -> int:
        """How many rows the planner expects, from its statistics: nothing is counted."""
        values: dict[str, Any] = {}
        conditions = conditions_of(query, values)
        statement = f"EXPLAIN (FORMAT JSON) SELECT 1 FROM {TABLES} WHERE {PUBLIC} {conditions}"  # noqa: S608 - ours
        with read_only(self._pool) as cursor:
            cursor.execute(statement, values)
            [plan] = cursor.fetchone() or [[{"Plan": {"Plan Rows": 0}}]]
        return int(plan[0]["Plan"]["Plan Rows"])


def _usual(query: Query) -> bool:
    """Whether many ask in this shape: a word and nothing else. The others are planned for what they ask."""
    filters = (query.categories, query.shop_id, query.min_price, query.max_price, query.condition)
    return len(query.words) == 1 and all(one is None for one in filters)


@cache  # there are some thirty shapes
def _planned(statement: str, names: tuple[str, ...]) -> Prepared:
    numbered = statement % {name: f"${at}" for at, name in enumerate(names, 1)}
    name = f"search_{sha256(numbered.encode()).hexdigest()[:16]}"
    return Prepared(name, [TYPES[one] for one in names], numbered)
