"""Search: what fits is found first and dressed after, so variants and stock are read for one page only."""

from dataclasses import dataclass
from typing import Any

from catalog.adapters.product_rows import FROM, LIVE_VARIANTS, WIDTH, product_of
from catalog.application.ports import Hit
from catalog.domain import search
from catalog.domain.search import Cursor, Query, Sort
from chassis.postgres import Pool, read_only

# Names that are the words, begin with them, hold them in one piece, or only somewhere each.
_SCORE = """
    CASE WHEN found.search_text = %(phrase)s THEN 3
         WHEN left(found.search_text, length(%(phrase)s)) = %(phrase)s THEN 2
         WHEN strpos(found.search_text, %(phrase)s) > 0 THEN 1
         ELSE 0 END
"""


@dataclass(frozen=True)
class _Order:
    """How a sort is said in SQL: what it is ordered by, and the sign of «further on»."""

    key: str
    direction: str
    further: str
    tables: str = ""


_ORDERS = {
    Sort.NEWEST: _Order("0", "DESC", "<"),
    Sort.RELEVANCE: _Order(_SCORE, "DESC", "<"),
    Sort.PRICE_ASC: _Order("found.price_min", "ASC", ">"),
    Sort.PRICE_DESC: _Order("found.price_min", "DESC", "<"),
    Sort.SALES: _Order("sales.sold", "DESC", "<", "JOIN product_sales sales USING (product_id)"),
}
_CANDIDATES = """
    SELECT found.product_id{key} FROM products found JOIN shops open USING (shop_id) {tables}
     WHERE found.state = 'listed' AND NOT (open.closed OR open.suspended) {conditions}
"""
_PAGE = """
    WITH hits AS MATERIALIZED ({candidates} ORDER BY {order} LIMIT %(limit)s)
    SELECT {columns}, hits.key {tables} JOIN hits USING (product_id) ORDER BY {hits_order}
"""


class PostgresSearch:
    """Finds listed products of open shops."""

    _pool: Pool

    def search(self, query: Query, after: Cursor | None, limit: int) -> list[Hit]:
        """What a query finds, in its order, `limit` at the most. What people write goes in as parameters only."""
        order = _ORDERS[query.sort]
        conditions, values = _conditions(query)
        values["limit"] = limit
        if after is not None:
            values["after_key"], values["after_id"] = after.key, str(after.product_id)
            conditions.append(_further(query.sort, order))
        candidates = _CANDIDATES.format(
            key=f", {order.key} AS key", tables=order.tables, conditions=" ".join(conditions)
        )
        statement = _PAGE.format(
            candidates=candidates,
            order=_by(query.sort, order.key if query.sort is not Sort.RELEVANCE else "key", order, "found"),
            columns=LIVE_VARIANTS,
            tables=FROM,
            hits_order=_by(query.sort, "hits.key", order, "hits"),
        )
        with read_only(self._pool) as cursor:
            cursor.execute(statement, values)
            return [Hit(product_of(row), row[WIDTH]) for row in cursor.fetchall()]

    def about(self, query: Query) -> int:
        """How many rows the planner expects, from its statistics: nothing is counted."""
        conditions, values = _conditions(query)
        statement = _CANDIDATES.format(key="", tables="", conditions=" ".join(conditions))
        with read_only(self._pool) as cursor:
            cursor.execute(f"EXPLAIN (FORMAT JSON) {statement}", values)
            [plan] = cursor.fetchone() or [[{"Plan": {"Plan Rows": 0}}]]
        return int(plan[0]["Plan"]["Plan Rows"])


def _further(sort: Sort, order: _Order) -> str:
    if sort is Sort.NEWEST:
        return "AND found.product_id < %(after_id)s::uuid"
    return f"AND ({order.key}, found.product_id) {order.further} (%(after_key)s, %(after_id)s::uuid)"


def _by(sort: Sort, key: str, order: _Order, table: str) -> str:
    ids = f"{table}.product_id {order.direction}"
    return ids if sort is Sort.NEWEST else f"{key} {order.direction}, {ids}"


def _conditions(query: Query) -> tuple[list[str], dict[str, Any]]:
    """Every condition and its values by name."""
    conditions: list[str] = []
    values: dict[str, Any] = {"phrase": query.phrase}
    if query.words:
        conditions.append("AND found.search_terms @> %(terms)s::text[]")
        values["terms"] = sorted({term for word in query.words for term in search.wanted(word)})
    for at, word in enumerate(query.words):
        if len(word) > 2:  # of shorter ones the terms already say everything
            conditions.append(f"AND strpos(found.search_text, %(word{at})s) > 0")
            values[f"word{at}"] = word
    for name, condition, value in (
        ("categories", "= ANY(%(categories)s)", None if query.categories is None else list(query.categories)),
        ("shop", "= %(shop)s", query.shop_id and str(query.shop_id)),
        ("least", ">= %(least)s", query.min_price),
        ("most", "<= %(most)s", query.max_price),
        ("condition", "= %(condition)s", query.condition),
    ):
        if value is not None:
            conditions.append(f"AND found.{_COLUMN[name]} {condition}")
            values[name] = value
    return conditions, values


_COLUMN = {
    "categories": "category_id",
    "shop": "shop_id",
    "least": "price_min",
    "most": "price_min",
    "condition": "condition",
}
