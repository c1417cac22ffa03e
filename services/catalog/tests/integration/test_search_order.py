"""Every order of a search on a market of many products, against what Python finds and sorts."""

import contextlib
import json
from dataclasses import dataclass
from random import Random
from uuid import UUID

import pytest

from catalog.adapters import search_statements
from catalog.adapters.postgres_reader import PostgresReader
from catalog.adapters.postgres_search import SETTINGS
from catalog.domain import search
from catalog.domain.search import Cursor, Query, Sort
from chassis.postgres import Pool
from yeshi_local.kit.world import database, rows

MANY = 400
SHOPS = [UUID(int=0x7000_8000 << 64 | at) for at in range(4)]
CLOSED = SHOPS[3]
WORDS = ["烏龍", "烏龍茶", "茶", "茶壺", "龍茶", "Pro", "x"]

SHOP = """
    INSERT INTO shops (shop_id, owner_id, name, kind, city, district, postal_code, line, shipping, closed, created_at,
                       changed_at)
    SELECT id, id, '夜市', '茶行', '臺北市', '大同區', '103', '寧夏路 1 號', '[]', id = %s, now(), now()
      FROM unnest(%s::uuid[]) AS id
"""
PRODUCTS = """
    WITH made AS (
        SELECT * FROM jsonb_to_recordset(%s::jsonb) AS one (
            id uuid, shop_id uuid, name text, terms text[], price integer, sold bigint, ranked bigint, category text,
            condition text, state text)
    ), put AS (
        INSERT INTO products (product_id, shop_id, name, description, category_id, state, condition, attributes, price,
                              discount, levels, refund_rules, tiers, days_to_ship, metadata_id, search_text,
                              search_terms, listed_at, created_at, changed_at, price_min, sold_ranked)
        SELECT id, shop_id, name, '', category, state, condition, '{}', price, 0, '[]', '{}', '[]', 2, id, name, terms,
               now(), now(), now(), price, ranked
          FROM made
    ), varied AS (
        INSERT INTO variants (variant_id, product_id, options, description, price, discount, follows, position)
        SELECT id, id, '{}', '', price, 0, true, 0 FROM made
    )
    INSERT INTO product_sales (product_id, sold, sold_ranked) SELECT id, sold, ranked FROM made
"""


@dataclass(frozen=True)
class One:
    """A product as the test knows it."""

    id: UUID
    shop_id: UUID
    name: str
    price: int
    sold: int
    ranked: int
    category: str
    condition: str
    state: str

    @property
    def row(self):
        """As it is written."""
        return {**vars(self), "id": str(self.id), "shop_id": str(self.shop_id), "terms": search.terms(self.name)}

    def fits(self, query):
        """Whether it is to be found."""
        return (
            self.state == "listed"
            and self.shop_id != CLOSED
            and all(word in self.name for word in query.words)
            and (query.categories is None or self.category in query.categories)
            and (query.shop_id is None or self.shop_id == query.shop_id)
            and (query.min_price is None or self.price >= query.min_price)
            and (query.max_price is None or self.price <= query.max_price)
            and (query.condition is None or self.condition == query.condition)
        )

    def key(self, query):
        """What a sort orders it by."""
        if query.sort is Sort.RELEVANCE and query.words:
            exact, begins, holds = (
                self.name == query.phrase,
                self.name.startswith(query.phrase),
                query.phrase in self.name,
            )
            return 3 if exact else 2 if begins else int(holds)
        by = {Sort.PRICE_ASC: self.price, Sort.PRICE_DESC: self.price, Sort.SALES: self.sold}
        return by.get(query.sort, 0)


def _made(chance):
    """Most of them new, some years old; most unsold, a few sold since the index was told."""
    years = chance.choice([0, 0, 0, 1, 4])
    at = 1_764_000_000_000 - years * 31_536_000_000 - chance.randrange(2_000_000_000)
    sold = chance.choice([0, 0, 1, 2, 7, 8, 9, chance.randrange(500), chance.randrange(10**6)])
    stale = chance.random() < 0.1
    return One(
        id=UUID(int=at << 80 | 7 << 76 | 2 << 62 | chance.getrandbits(62)),
        shop_id=chance.choice(SHOPS),
        name=" ".join(chance.choice(WORDS).lower() for _ in range(chance.choice([1, 1, 2, 3]))),
        price=chance.choice([0, 100, 100, 199, chance.randrange(10**4), chance.randrange(10**7)]),
        sold=sold,
        ranked=chance.randrange(sold + 1) if stale else sold,
        category=chance.choice(["cat-tea", "cat-others"]),
        condition=chance.choice(["new", "new", "used"]),
        state=chance.choice(["listed", "listed", "listed", "unlisted"]),
    )


@pytest.fixture(scope="module")
def products(postgres):
    """The products, and a reader of their database."""
    chance = Random(20261124)
    made = [_made(chance) for _ in range(MANY)]
    with database(postgres, "catalog") as dsn, contextlib.closing(Pool(dsn, size=1, settings=SETTINGS)) as pool:
        rows(dsn, SHOP, str(CLOSED), [str(one) for one in SHOPS])
        rows(dsn, PRODUCTS, json.dumps([one.row for one in made]))
        yield made, PostgresReader(pool)


QUERIES = [
    (),
    *[(word,) for word in ("茶", "烏龍", "烏龍茶", "龍茶", "pro", "x", "無", "無物", "茶壺烏")],
    ("烏龍", "茶壺"),
    ("茶", "pro", "x"),
]
FILTERS = [
    {},
    {"shop_id": SHOPS[0]},
    {"categories": ("cat-tea", "cat-none"), "condition": "used"},
    {"min_price": 100, "max_price": 5000},
]


@pytest.mark.parametrize("sort", Sort)
@pytest.mark.parametrize("filters", FILTERS, ids=lambda one: "+".join(one) or "all")
def test_pages_hold_everything_once_in_its_order(products, monkeypatch, sort, filters):
    made, reader = products
    monkeypatch.setattr(search_statements, "WALKED", 15)
    for words in QUERIES:
        query = Query(words, sort=sort, **filters)
        fitting = [one for one in made if one.fits(query)]
        sign = 1 if sort is Sort.PRICE_ASC else -1
        expected = sorted(fitting, key=lambda one: (sign * one.key(query), sign * one.id.int))
        found, after = [], None
        while page := reader.search(query, after, 13):
            found += [(one.product.id, one.key) for one in page]
            after = Cursor(page[-1].product.id, page[-1].key)
        assert found == [(one.id, one.key(query)) for one in expected], words
        if len(found) > 20:
            assert [one.product.id for one in reader.search(query, None, 20)] == [one.id for one in expected[:20]]


def test_any_cursor_is_a_place_also_where_nothing_stands(products, monkeypatch):
    made, reader = products
    chance = Random(5)
    for _ in range(60):
        monkeypatch.setattr(search_statements, "WALKED", chance.choice([1, 15, 2 * MANY]))
        query = Query(chance.choice(QUERIES), sort=chance.choice(list(Sort)))
        after = Cursor(UUID(int=chance.getrandbits(128)), chance.choice([0, 1, 2, 3, 9, 10**4, 999_999_999]))
        sign = 1 if query.sort is Sort.PRICE_ASC else -1
        only_ids = query.sort is Sort.NEWEST or (query.sort is Sort.RELEVANCE and not query.words)
        place = (0 if only_ids else sign * after.key, sign * after.product_id.int)
        follow = sorted((sign * one.key(query), sign * one.id.int, one.id) for one in made if one.fits(query))
        expected = [identifier for key, number, identifier in follow if (key, number) > place]
        assert [one.product.id for one in reader.search(query, after, MANY)] == expected, (query, after)
