"""Search: what fits is found first and dressed after, so variants and stock are read for one page only."""

from dataclasses import dataclass
from typing import Any

from catalog.adapters.product_rows import FROM, LIVE_VARIANTS, WIDTH, product_of
from catalog.application.ports import Hit
from catalog.domain import search
from catalog.domain.search import Cursor, Query, Sort
from chassis.postgres import Pool, read_only

_TABLES = "products found JOIN shops open USING (shop_id)"
_PUBLIC = "found.state = 'listed' AND NOT (open.closed OR open.suspended)"
_PAGE = """
    WITH hits AS MATERIALIZED ({hits})
    SELECT {columns}, hits.key {tables} JOIN hits USING (product_id)
     ORDER BY hits.key {direction}, hits.product_id {direction}
"""
_ORDERED = """
    SELECT found.product_id, {key} AS key FROM {tables}
     WHERE {public} {conditions} {further}
     ORDER BY {by}found.product_id {direction} LIMIT %(limit)s
"""
# With words, what they find is known before it is sorted: walking everything that was ever sold could take long.
_SOLD_AMONG = """
    WITH among AS MATERIALIZED (SELECT found.product_id FROM {tables} WHERE {public} {conditions})
    SELECT found.product_id, found.sold AS key FROM among JOIN product_sales found USING (product_id)
     WHERE true {further}
     ORDER BY found.sold DESC, found.product_id DESC LIMIT %(limit)s
"""
# The closest names first. Each part stands in the order of an index and ends when the page is full.
_BEGINS = "left(found.search_text, 60)"
_CLOSENESS = {
    3: f"AND {_BEGINS} = left(%(phrase)s, 60) AND found.search_text = %(phrase)s",
    2: f"AND {_BEGINS} LIKE %(beginning)s AND found.search_text <> %(phrase)s",
    1: f"AND NOT {_BEGINS} LIKE %(beginning)s AND strpos(found.search_text, %(phrase)s) > 0",
    0: f"AND NOT {_BEGINS} LIKE %(beginning)s AND strpos(found.search_text, %(phrase)s) = 0",
}


@dataclass(frozen=True)
class _Order:
    """How a sort is said in SQL: what it is ordered by, and the sign of «further on»."""

    key: str
    direction: str = "DESC"
    further: str = "<"
    tables: str = _TABLES


_ORDERS = {
    Sort.PRICE_ASC: _Order("found.price_min", "ASC", ">"),
    Sort.PRICE_DESC: _Order("found.price_min"),
    Sort.SALES: _Order("sales.sold", tables=f"{_TABLES} JOIN product_sales sales USING (product_id)"),
}


class PostgresSearch:
    """Finds listed products of open shops."""

    _pool: Pool

    def search(self, query: Query, after: Cursor | None, limit: int) -> list[Hit]:
        """What a query finds, in its order, `limit` at the most. What people write goes in as parameters only."""
        values: dict[str, Any] = {"limit": limit}
        if after is not None:
            values |= {"after_key": after.key, "after_id": str(after.product_id)}
        statement = _PAGE.format(
            hits=_hits(query, values, after),
            columns=LIVE_VARIANTS,
            tables=FROM,
            direction="ASC" if query.sort is Sort.PRICE_ASC else "DESC",
        )
        with read_only(self._pool) as cursor:
            cursor.execute(statement, values)
            return [Hit(product_of(row), row[WIDTH]) for row in cursor.fetchall()]

    def about(self, query: Query) -> int:
        """How many rows the planner expects, from its statistics: nothing is counted."""
        values: dict[str, Any] = {}
        conditions = _conditions(query, values)
        statement = f"EXPLAIN (FORMAT JSON) SELECT 1 FROM {_TABLES} WHERE {_PUBLIC} {conditions}"  # noqa: S608 - ours
        with read_only(self._pool) as cursor:
            cursor.execute(statement, values)
            [plan] = cursor.fetchone() or [[{"Plan": {"Plan Rows": 0}}]]
        return int(plan[0]["Plan"]["Plan Rows"])


def _hits(query: Query, values: dict[str, Any], after: Cursor | None) -> str:
    """The statement that finds ids and keys of one page; `values` gets what it needs."""
    conditions = _conditions(query, values)
    if query.sort is Sort.RELEVANCE and query.words:
        return _closest(query, conditions, values, after)
    if query.sort in (Sort.NEWEST, Sort.RELEVANCE):
        further = "AND found.product_id < %(after_id)s::uuid" if after else ""
        return _part("0", conditions, further)
    order = _ORDERS[query.sort]
    if query.sort is Sort.SALES and query.words:
        further = "AND (found.sold, found.product_id) < (%(after_key)s, %(after_id)s::uuid)" if after else ""
        return _SOLD_AMONG.format(tables=_TABLES, public=_PUBLIC, conditions=conditions, further=further)
    further = f"AND ({order.key}, found.product_id) {order.further} (%(after_key)s, %(after_id)s::uuid)"
    return _ORDERED.format(
        key=order.key,
        tables=order.tables,
        public=_PUBLIC,
        conditions=conditions,
        further=further if after else "",
        by=f"{order.key} {order.direction}, ",
        direction=order.direction,
    )


def _closest(query: Query, conditions: str, values: dict[str, Any], after: Cursor | None) -> str:
    values["phrase"] = query.phrase
    values["beginning"] = _literal(query.phrase) + "%"
    parts = []
    for closeness, condition in _CLOSENESS.items():
        if closeness == 0 and len(query.words) == 1:
            continue  # one word that occurs occurs in one piece
        if after is None or closeness < after.key:
            parts.append(_part(str(closeness), f"{conditions} {condition}"))
        elif closeness == after.key:
            further = "AND found.product_id < %(after_id)s::uuid"
            parts.append(_part(str(closeness), f"{conditions} {condition}", further))
    if len(parts) < 2:
        return parts[0] if parts else _part("0", "AND false")
    return " UNION ALL ".join(f"({part})" for part in parts) + " LIMIT %(limit)s"


def _part(key: str, conditions: str, further: str = "") -> str:
    return _ORDERED.format(
        key=key, tables=_TABLES, public=_PUBLIC, conditions=conditions, further=further, by="", direction="DESC"
    )


def _literal(text: str) -> str:
    """Text in which LIKE sees no patterns."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _conditions(query: Query, values: dict[str, Any]) -> str:
    """Every condition; its values go in by name."""
    conditions: list[str] = []
    if query.words:
        conditions.append("AND found.search_terms @> %(terms)s::text[]")
        values["terms"] = sorted({term for word in query.words for term in search.wanted(word)})
    for at, word in enumerate(query.words):
        if len(word) > 2:  # of shorter ones the terms already say everything
            conditions.append(f"AND strpos(found.search_text, %(word{at})s) > 0")
            values[f"word{at}"] = word
    for name, condition, value in (
        ("categories", "category_id = ANY(%(categories)s)", query.categories and list(query.categories)),
        ("shop", "shop_id = %(shop)s", query.shop_id and str(query.shop_id)),
        ("least", "price_min >= %(least)s", query.min_price),
        ("most", "price_min <= %(most)s", query.max_price),
        ("condition", "condition = %(condition)s", query.condition),
    ):
        if value is not None:
            conditions.append(f"AND found.{condition}")
            values[name] = value
    return " ".join(conditions)
