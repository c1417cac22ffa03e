"""The statements of searches: how places on a page, an id and what it is ordered by, are found.

Without words a page is a range of the index of its order. With words a little of everything is looked at first; then
it is read a band at a time, in the order of the bands (0017_search_bands.sql): the index of words knows the bands too,
so a page costs the matches of a band or two, however many there are. Which index serves is said by how a statement is
written, so each can be planned once.
"""

from dataclasses import dataclass, field
from typing import Any

from catalog.adapters import search_sql as sql
from catalog.domain import search
from catalog.domain.search import Cursor, Query, Sort

WALKED = 120  # of everything, in its order, are looked at before the bands
#: Types of the values, by their names.
TYPES = {
    "limit": "integer",
    "terms": "text[]",
    "phrase": "text",
    "beyond": "text",
    "categories": "text[]",
    "shop": "uuid",
    "least": "integer",
    "most": "integer",
    "condition": "text",
    "after_key": "bigint",
    "after_id": "uuid",
} | {f"word{at}": "text" for at in range(search.MOST_WORDS)}


@dataclass
class Found:
    """A statement that finds places, what has to stand before it (`WITH RECURSIVE …`), and the values of both."""

    values: dict[str, Any] = field(default_factory=dict)
    before: list[str] = field(default_factory=list)
    hits: str = ""


@dataclass(frozen=True)
class _Order:
    """How a sort is said in SQL: what it is ordered by, and the sign of «further on»."""

    key: str
    direction: str = "DESC"
    further: str = "<"
    tables: str = sql.TABLES


_ORDERS = {
    Sort.PRICE_ASC: _Order("found.price_min", "ASC", ">"),
    Sort.PRICE_DESC: _Order("found.price_min"),
    Sort.SALES: _Order("sales.sold", tables=f"{sql.TABLES} JOIN product_sales sales USING (product_id)"),
}


def places(query: Query, after: Cursor | None, limit: int) -> Found:
    """What finds the places of one page."""
    found = Found({"limit": limit})
    if after is not None:
        found.values |= {"after_key": after.key, "after_id": str(after.product_id)}
    conditions = conditions_of(query, found.values)
    if not query.words:
        parts = [_range(query.sort, conditions, after)]
    elif query.sort is Sort.RELEVANCE:
        parts = _closest(found, query, conditions, after)
    elif query.sort is Sort.NEWEST:
        parts = _by_time(found, 0, conditions, after)
    elif query.sort is Sort.SALES:
        parts = _best_sold(found, conditions, after)
    else:
        parts = _prices(found, query, conditions, after)
    # A part is not begun when those before it have filled the page.
    found.hits = parts[0] if len(parts) == 1 else " UNION ALL ".join(parts) + " LIMIT %(limit)s"
    return found


def conditions_of(query: Query, values: dict[str, Any]) -> str:
    """Every condition; its values go in by name. With words, as the index of words knows them."""
    conditions: list[str] = []
    if query.words:
        conditions.append("AND found.search_terms @> %(terms)s::text[]")
        values["terms"] = sorted({term for word in query.words for term in search.wanted(word)})
    for at, word in enumerate(query.words):
        if len(word) > 2:  # of shorter ones the terms already say everything
            conditions.append(f"AND strpos(found.search_text, %(word{at})s) > 0")
            values[f"word{at}"] = word
    wanted = {
        "categories": query.categories and list(query.categories),
        "shop": query.shop_id and str(query.shop_id),
        "condition": query.condition,
        "least": query.min_price,
        "most": query.max_price,
    }
    for name, value in wanted.items():
        if value is not None:
            alone, among_words = sql.FILTERS[name]
            conditions.append(f"AND {among_words if query.words else alone}")
            values[name] = value
    return " ".join(conditions)


def _range(sort: Sort, conditions: str, after: Cursor | None) -> str:
    order = _ORDERS.get(sort)
    if order is None:
        return _newest("0", conditions, after)
    further = f"AND ({order.key}, found.product_id) {order.further} (%(after_key)s, %(after_id)s::uuid)"
    return sql.ORDERED.format(
        key=order.key,
        tables=order.tables,
        public=sql.PUBLIC,
        conditions=conditions,
        further=further if after else "",
        by=f"{order.key} {order.direction}, ",
        direction=order.direction,
    )


def _newest(key: str, conditions: str, after: Cursor | None) -> str:
    return sql.ORDERED.format(
        key=key,
        tables=f"products found {sql.OPEN}",
        public="found.state = 'listed'",
        conditions=conditions,
        further="AND found.product_id < %(after_id)s::uuid" if after else "",
        by="",
        direction="DESC",
    )


def _by_time(found: Found, degree: int, conditions: str, after: Cursor | None) -> list[str]:
    """The newest of what fits, as this degree of closeness."""
    key, name = str(degree), f"_{degree}"
    walk = sql.EVERYTHING.format(
        key=key,
        fits=_fits(conditions),
        further="AND found.product_id < %(after_id)s::uuid" if after else "",
        by="",
        direction="DESC",
    )
    further = sql.FROM_THE_LAST.format(name=name)
    found.before += [sql.WALK.format(name=name, walk=walk, walked=WALKED), sql.TIMES.format(name=name, further=further)]
    return [
        sql.WALKED.format(name=name, key=key, open=sql.OPEN),
        sql.NEWEST.format(name=name, key=key, joins=sql.OPEN, conditions=conditions, further=f"found.{further}"),
    ]


def _prices(found: Found, query: Query, conditions: str, after: Cursor | None) -> list[str]:
    rising, order = query.sort is Sort.PRICE_ASC, _ORDERS[query.sort]
    within = ["AND found.price_min >= %(least)s"] if query.min_price is not None else []
    within += ["AND found.price_min <= %(most)s"] if query.max_price is not None else []
    if after is not None:
        within.append(f"AND (found.price_min, found.product_id) {order.further} (%(after_key)s, %(after_id)s::uuid)")
    walk = sql.EVERYTHING.format(
        key="found.price_min",
        fits=_fits(conditions),
        further=" ".join(within),
        by=f"found.price_min {order.direction}, ",
        direction=order.direction,
    )
    found.before.append(sql.WALK.format(name="", walk=walk, walked=WALKED))
    bands = sql.PRICES.format(
        end=_last_price(query, rising),
        step=1 if rising else -1,
        open=sql.OPEN,
        conditions=conditions,
        further=order.further,
        direction=order.direction,
    )
    return [sql.WALKED.format(name="", key="found.key", open=sql.OPEN), bands]


def _last_price(query: Query, rising: bool) -> str:
    """The band in which prices end: of the market, or of what is asked for."""
    way, asked, value, narrower = (
        ("DESC", query.max_price, "most", "least") if rising else ("ASC", query.min_price, "least", "greatest")
    )
    market = sql.LAST_PRICE.format(way)
    return market if asked is None else f"{narrower}({market}, amount_band(%({value})s))"


def _best_sold(found: Found, conditions: str, after: Cursor | None) -> list[str]:
    """The sold ones band by band, then the others: those are as many as there are, so the newest of them first."""
    walk = sql.EVERYTHING_SOLD.format(
        fits=_fits(conditions),
        further="AND (sales.sold, sales.product_id) < (%(after_key)s, %(after_id)s::uuid)" if after else "",
    )
    found.before += [
        sql.WALK.format(name="", walk=walk, walked=WALKED),
        sql.TIMES.format(name="", further=sql.UNSOLD_AFTER_THE_LAST.format(product_id="product_id")),
    ]
    unsold = sql.NEWEST.format(
        name="",
        key="0",
        joins=sql.OPEN + sql.SALES,
        conditions=f"{conditions} {sql.UNSOLD}",
        further=sql.UNSOLD_AFTER_THE_LAST.format(product_id="found.product_id"),
    )
    sold = sql.SALES_BANDS.format(open=sql.OPEN, sales=sql.SALES, conditions=conditions)
    return [sql.WALKED.format(name="", key="found.key", open=sql.OPEN), sold, unsold]


def _fits(conditions: str) -> str:
    return f"(true {conditions})"


def _closest(found: Found, query: Query, conditions: str, after: Cursor | None) -> list[str]:
    """The closest names first: four degrees, each by the newest."""
    phrase = query.phrase
    found.values["phrase"] = phrase
    begins = f"left(found.search_text, {len(phrase)}) = %(phrase)s"
    if len(phrase) > 2:  # a range of the index of beginnings
        begins = "(left(found.search_text, 60) ~>=~ %(phrase)s AND left(found.search_text, 60) ~<~ %(beyond)s)"
        found.values["beyond"] = phrase + chr(0x10FFFF)
    together = "AND strpos(found.search_text, %(phrase)s) > 0" if len(phrase) > 2 else ""
    filters = conditions_of(Query(**{**vars(query), "words": ()}), {})
    degrees = {
        3: f"{filters} AND left(found.search_text, 60) = left(%(phrase)s, 60) AND found.search_text = %(phrase)s",
        2: f"{filters} AND {begins} AND found.search_text <> %(phrase)s",
        1: f"{conditions} AND NOT {begins} {together}",
    }
    if len(query.words) > 1:  # one word that occurs occurs in one piece
        degrees[0] = f"{conditions} AND NOT {begins} AND strpos(found.search_text, %(phrase)s) = 0"
    parts = ["(SELECT product_id, 0 AS key FROM products WHERE false)"]  # a cursor may lie beyond all of them
    for degree, said in degrees.items():
        if after is None or degree <= after.key:
            within = after if after is not None and degree == after.key else None
            if degree > 1:
                parts.append(f"({_newest(str(degree), said, within)})")
            else:
                parts += _by_time(found, degree, said, within)
    return parts
