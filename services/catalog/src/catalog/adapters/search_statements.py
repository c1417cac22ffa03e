"""The statements of searches: how places on a page, an id and what it is ordered by, are found.

Without words a page is a range of the index of its order. With words it is read a band at a time, in the order of the
bands (0017_search_bands.sql): the index of words knows the bands too, so a page costs the matches of a band or two,
however many there are. Which index serves is said by how a statement is written, so each can be planned once.
"""

from dataclasses import dataclass, field
from typing import Any

from catalog.domain import search
from catalog.domain.search import Cursor, Query, Sort

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

TABLES = "products found JOIN shops open USING (shop_id)"
PUBLIC = "found.state = 'listed' AND NOT (open.closed OR open.suspended)"
# Looked up shop by shop: what the planner expects of words and bands is a guess, and a join could be the wrong one.
_OPEN = """
    JOIN LATERAL (SELECT FROM shops open
                   WHERE open.shop_id = found.shop_id AND NOT (open.closed OR open.suspended) OFFSET 0) AS open ON true
"""
_SALES = """
    JOIN LATERAL (SELECT sold FROM product_sales WHERE product_id = found.product_id OFFSET 0) AS sales ON true
"""
_ORDERED = """
    SELECT found.product_id, {key} AS key FROM {tables}
     WHERE {public} {conditions} {further}
     ORDER BY {by}found.product_id {direction} LIMIT %(limit)s
"""
# Months in which nothing was listed are skipped, so that no id, however odd, makes the walk long.
_TIMES = """
    RECURSIVE times (band) AS (
        (SELECT time_band(product_id) FROM products
          WHERE state = 'listed' {further} ORDER BY product_id DESC LIMIT 1)
        UNION ALL
        (SELECT earlier.band FROM times CROSS JOIN LATERAL (
                SELECT time_band(product_id) AS band FROM products
                 WHERE state = 'listed' AND product_id < time_band_begins(times.band)
                 ORDER BY product_id DESC LIMIT 1) AS earlier)
    )
"""
_NEWEST = """
    SELECT place.product_id, {key} AS key
      FROM times CROSS JOIN LATERAL (
           SELECT found.product_id FROM products found {joins}
            WHERE found.state = 'listed' AND ARRAY[time_band(found.product_id)] @> ARRAY[times.band]
              {conditions} {further}
            ORDER BY found.product_id DESC LIMIT %(limit)s) AS place
     {where}
     LIMIT %(limit)s
"""
_PRICES = """
    SELECT place.product_id, place.key
      FROM generate_series({first}, {last}, {step}) AS prices (band)
     CROSS JOIN LATERAL (
           SELECT found.product_id, found.price_min AS key FROM products found {open}
            WHERE found.state = 'listed' AND ARRAY[amount_band(found.price_min)] @> ARRAY[prices.band] {conditions}
            ORDER BY found.price_min {direction}, found.product_id {direction} LIMIT %(limit)s) AS place
     LIMIT %(limit)s
"""
# By the band the index knows; and what has grown out of it since, which is little.
_SALES_BANDS = """
    SELECT place.product_id, place.key
      FROM generate_series((SELECT amount_band({most}) FROM product_sales), 1, -1) AS numbers (band)
     CROSS JOIN LATERAL (
           SELECT found.product_id, sales.sold AS key FROM products found {open} {sales}
            WHERE found.state = 'listed' AND ARRAY[amount_band(found.sold_ranked)] @> ARRAY[numbers.band]
              AND amount_band(sales.sold) = numbers.band {conditions} {further}
            UNION ALL
           SELECT found.product_id, sales.sold
             FROM product_sales sales JOIN products found USING (product_id) {open}
            WHERE amount_band(sales.sold) <> amount_band(sales.sold_ranked) AND amount_band(sales.sold) = numbers.band
              AND found.state = 'listed' {conditions} {further}
            ORDER BY key DESC, product_id DESC LIMIT %(limit)s) AS place
     LIMIT %(limit)s
"""
_UNSOLD = "AND ARRAY[amount_band(found.sold_ranked)] @> ARRAY[0] AND sales.sold = 0"

# How a filter is said alone, and how the index of words knows it.
_FILTERS = {
    "categories": (
        "found.category_id = ANY(%(categories)s)",
        "ARRAY[found.category_id] && %(categories)s::text[]",
    ),
    "shop": ("found.shop_id = %(shop)s::uuid", "ARRAY[found.shop_id] @> ARRAY[%(shop)s::uuid]"),
    "condition": ("found.condition = %(condition)s", "ARRAY[found.condition] @> ARRAY[%(condition)s]"),
    "least": ("found.price_min >= %(least)s",) * 2,
    "most": ("found.price_min <= %(most)s",) * 2,
}


@dataclass
class Found:
    """A statement that finds places, what has to stand before it (`WITH …`), and the values of both."""

    values: dict[str, Any] = field(default_factory=dict)
    before: str = ""
    hits: str = ""


@dataclass(frozen=True)
class _Order:
    """How a sort is said in SQL: what it is ordered by, and the sign of «further on»."""

    key: str
    direction: str = "DESC"
    further: str = "<"
    tables: str = TABLES


_ORDERS = {
    Sort.PRICE_ASC: _Order("found.price_min", "ASC", ">"),
    Sort.PRICE_DESC: _Order("found.price_min"),
    Sort.SALES: _Order("sales.sold", tables=f"{TABLES} JOIN product_sales sales USING (product_id)"),
}


def places(query: Query, after: Cursor | None, limit: int) -> Found:
    """What finds the places of one page."""
    found = Found({"limit": limit})
    if after is not None:
        found.values |= {"after_key": after.key, "after_id": str(after.product_id)}
    conditions = conditions_of(query, found.values)
    if not query.words:
        found.hits = _range(query.sort, conditions, after)
    elif query.sort is Sort.RELEVANCE:
        _closest(found, query, conditions, after)
    elif query.sort is Sort.NEWEST:
        found.before = _times(after)
        found.hits = _by_time("0", conditions, after)
    elif query.sort is Sort.SALES:
        _best_sold(found, conditions, after)
    else:
        found.hits = _prices(query, conditions, after)
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
            alone, among_words = _FILTERS[name]
            conditions.append(f"AND {among_words if query.words else alone}")
            values[name] = value
    return " ".join(conditions)


def _range(sort: Sort, conditions: str, after: Cursor | None) -> str:
    order = _ORDERS.get(sort)
    if order is None:
        return _newest("0", conditions, after)
    further = f"AND ({order.key}, found.product_id) {order.further} (%(after_key)s, %(after_id)s::uuid)"
    return _ORDERED.format(
        key=order.key,
        tables=order.tables,
        public=PUBLIC,
        conditions=conditions,
        further=further if after else "",
        by=f"{order.key} {order.direction}, ",
        direction=order.direction,
    )


def _newest(key: str, conditions: str, after: Cursor | None) -> str:
    return _ORDERED.format(
        key=key,
        tables=f"products found {_OPEN}",
        public="found.state = 'listed'",
        conditions=conditions,
        further="AND found.product_id < %(after_id)s::uuid" if after else "",
        by="",
        direction="DESC",
    )


def _times(after: Cursor | None) -> str:
    return _TIMES.format(further="AND product_id < %(after_id)s::uuid" if after else "")


def _by_time(key: str, conditions: str, after: Cursor | None, joins: str = _OPEN) -> str:
    return _NEWEST.format(
        key=key,
        joins=joins,
        conditions=conditions,
        further="AND found.product_id < %(after_id)s::uuid" if after else "",
        where="WHERE times.band <= time_band(%(after_id)s::uuid)" if after else "",
    )


def _prices(query: Query, conditions: str, after: Cursor | None) -> str:
    rising, order = query.sort is Sort.PRICE_ASC, _ORDERS[query.sort]
    end = "(SELECT amount_band(price_min) FROM products WHERE state = 'listed' ORDER BY price_min {} LIMIT 1)"
    lowest, highest, further = [end.format("ASC")], [end.format("DESC")], ""
    if query.min_price is not None:
        lowest.append("amount_band(%(least)s)")
    if query.max_price is not None:
        highest.append("amount_band(%(most)s)")
    if after is not None:
        (lowest if rising else highest).append("amount_band(%(after_key)s)")
        further = f"AND (found.price_min, found.product_id) {order.further} (%(after_key)s, %(after_id)s::uuid)"
    low, high = f"greatest({', '.join(lowest)})", f"least({', '.join(highest)})"
    return _PRICES.format(
        first=low if rising else high,
        last=high if rising else low,
        step=1 if rising else -1,
        open=_OPEN,
        conditions=f"{conditions} {further}",
        direction=order.direction,
    )


def _best_sold(found: Found, conditions: str, after: Cursor | None) -> None:
    """The sold ones band by band, then the others: those are as many as there are, so the newest of them first."""
    parts = []
    if after is None or after.key > 0:
        parts.append(
            _SALES_BANDS.format(
                most="least(max(sold), %(after_key)s)" if after else "max(sold)",
                open=_OPEN,
                sales=_SALES,
                conditions=conditions,
                further="AND (sales.sold, found.product_id) < (%(after_key)s, %(after_id)s::uuid)" if after else "",
            )
        )
    within = after if after is not None and after.key == 0 else None
    parts.append(_by_time("0", f"{conditions} {_UNSOLD}", within, _OPEN + _SALES))
    found.before = _times(within)
    found.hits = _one_after_the_other(parts)


def _closest(found: Found, query: Query, conditions: str, after: Cursor | None) -> None:
    """The closest names first: four degrees, each by the newest. A part is not begun when the page is full before."""
    phrase = query.phrase
    found.values["phrase"] = phrase
    begins = f"left(found.search_text, {len(phrase)}) = %(phrase)s"
    if len(phrase) > 2:  # a range of the index of beginnings
        begins = "(left(found.search_text, 60) ~>=~ %(phrase)s AND left(found.search_text, 60) ~<~ %(beyond)s)"
        found.values["beyond"] = phrase + chr(0x10FFFF)
    together = "AND strpos(found.search_text, %(phrase)s) > 0" if len(phrase) > 2 else ""
    filters = conditions_of(Query(**{**vars(query), "words": ()}), {})
    degrees = {
        3: (filters, "AND left(found.search_text, 60) = left(%(phrase)s, 60) AND found.search_text = %(phrase)s"),
        2: (filters, f"AND {begins} AND found.search_text <> %(phrase)s"),
        1: (conditions, f"AND NOT {begins} {together}"),
        # One word that occurs occurs in one piece.
        0: (conditions, f"AND NOT {begins} AND strpos(found.search_text, %(phrase)s) = 0") if query.words[1:] else None,
    }
    parts = []
    for degree, said in degrees.items():
        if said is None or (after is not None and degree > after.key):
            continue
        within = after if after is not None and degree == after.key else None
        found_by = _newest if degree > 1 else _by_time
        parts.append(found_by(str(degree), " ".join(said), within))
    found.before = _times(None)
    found.hits = _one_after_the_other(parts)


def _one_after_the_other(parts: list[str]) -> str:
    """A part is not begun when those before it have filled the page."""
    if not parts:
        return "SELECT product_id, 0 AS key FROM products WHERE false"
    return parts[0] if len(parts) == 1 else " UNION ALL ".join(f"({part})" for part in parts) + " LIMIT %(limit)s"
