"""Search on the real database: every filter and order, page by page, and words nobody should be afraid of."""

import contextlib

import psycopg2
import pytest

from chassis.errors import Refusal
from contracts import orders
from yeshi_local.kit.world import as_user
from yeshi_local.testing import until

NAMES = ["凍頂烏龍茶", "烏龍", "烏龍茶禮盒", "高山烏龍茶葉 150g", "鳳梨酥"]
PRICES = [300, 100, 200, 100, 300]


@pytest.fixture(scope="module")
def shelf(market):
    """A shop with five listed products, one of them used; pieces of two were sold."""
    shop = market.shop(name="搜尋茶行")
    made = [
        market.product(shop, name=name, price=price, stock=20, condition="used" if at == 3 else "new")
        for at, (name, price) in enumerate(zip(NAMES, PRICES, strict=True))
    ]
    market.product(shop, name="草稿烏龍")
    return shop, made


def find(market, **asked):
    return market.call("search_products", None, **asked)


def names(view):
    return [one["name"] for one in view["items"]]


def walk(market, shelf, **asked):
    """Names of all pages of the shop."""
    found, cursor = [], None
    while True:
        page = find(market, shop_id=shelf[0]["shop_id"], cursor=cursor, limit=2, **asked)
        found += names(page)
        cursor = page["next_cursor"]
        if cursor is None:
            return found


def test_two_characters_find_and_the_closest_name_comes_first(market, shelf):
    found = names(find(market, q="烏龍", shop_id=shelf[0]["shop_id"]))
    assert found == ["烏龍", "烏龍茶禮盒", "高山烏龍茶葉 150g", "凍頂烏龍茶"]
    assert names(find(market, q="烏龍 １５０Ｇ", shop_id=shelf[0]["shop_id"])) == ["高山烏龍茶葉 150g"]
    assert names(find(market, q="烏龍茶葉", shop_id=shelf[0]["shop_id"])) == ["高山烏龍茶葉 150g"]
    assert names(find(market, q="烏茶", shop_id=shelf[0]["shop_id"])) == []


def test_filters(market, shelf):
    shop_id = shelf[0]["shop_id"]
    assert names(find(market, shop_id=shop_id, condition="used")) == [NAMES[3]]
    assert names(find(market, shop_id=shop_id, min_price=101, max_price=200)) == [NAMES[2]]
    assert names(find(market, shop_id=shop_id, category="cat-tea")) == []
    assert len(names(find(market, shop_id=shop_id, category="cat-others"))) == 5


def test_every_order_pages_through_everything_once(market, shelf, order, later):
    shop, made = shelf
    placed = [order(made[2], (made[2]["variants"][0]["product_variant_id"], 3)), order(made[4])]
    market.publish(*placed)
    market.publish(*(later(orders.OrderShippedV1, one) for one in placed))
    until(lambda: walk(market, shelf, sort="sales")[:2] == [NAMES[2], NAMES[4]])
    for sort in ("relevance", "newest", "price_asc", "price_desc", "sales"):
        assert sorted(walk(market, shelf, sort=sort)) == sorted(NAMES), sort
    prices = dict(zip(NAMES, PRICES, strict=True))
    assert [prices[name] for name in walk(market, shelf, sort="price_asc")] == sorted(PRICES)
    assert [prices[name] for name in walk(market, shelf, sort="price_desc")] == sorted(PRICES, reverse=True)
    assert walk(market, shelf) == list(reversed(NAMES))
    assert walk(market, shelf, q="烏龍") == ["烏龍", "烏龍茶禮盒", "高山烏龍茶葉 150g", "凍頂烏龍茶"]
    assert walk(market, shelf, q="茶") == ["高山烏龍茶葉 150g", "烏龍茶禮盒", "凍頂烏龍茶"]
    assert walk(market, shelf, q="烏龍", sort="sales")[0] == NAMES[2]
    sold = {one["name"]: one["sold"] for one in find(market, shop_id=shop["shop_id"])["items"]}
    assert (sold[NAMES[2]], sold[NAMES[4]], sold[NAMES[0]]) == (3, 1, 0)


def test_a_sale_waits_for_nobody_who_edits_the_product_and_is_found_in_its_place_at_once(market, order, later):
    shop = market.shop(name="暢銷茶行")
    made = [market.product(shop, name=f"暢銷茶 {at}", stock=50) for at in range(2)]

    def ranked(product):
        query = """SELECT sales.sold, sales.sold_ranked, products.sold_ranked
                     FROM products JOIN product_sales sales USING (product_id) WHERE product_id = %s"""
        return market.rows(query, product["product_id"])

    def sell(product, pieces):
        one = order(product, (product["variants"][0]["product_variant_id"], pieces))
        market.tell(one)
        market.tell(later(orders.OrderShippedV1, one))

    def best():
        return names(find(market, q="暢銷", shop_id=shop["shop_id"], sort="sales"))

    sell(made[0], 3)
    with contextlib.closing(psycopg2.connect(market.dsn)) as editor, editor.cursor() as cursor:
        cursor.execute("SELECT 1 FROM products WHERE product_id = %s FOR UPDATE", (made[1]["product_id"],))
        sell(made[1], 9)
        assert best() == ["暢銷茶 1", "暢銷茶 0"]
        assert ranked(made[1]) == [(9, 0, 0)]
    sell(made[1], 1)
    assert best() == ["暢銷茶 1", "暢銷茶 0"]
    assert ranked(made[1]) == [(10, 10, 10)]
    assert ranked(made[0]) == [(3, 3, 3)]


def test_the_first_page_guesses_how_many_there_are_and_knows_when_they_fit(market, shelf):
    shop_id = shelf[0]["shop_id"]
    assert find(market, shop_id=shop_id)["estimated_total"] == 5
    first = find(market, shop_id=shop_id, limit=2)
    assert first["estimated_total"] >= 3
    assert "estimated_total" not in find(market, shop_id=shop_id, limit=2, cursor=first["next_cursor"])


@pytest.mark.parametrize(
    "q",
    [
        "'; DROP TABLE products; --",
        "%",
        "_",
        "\\",
        "烏龍%' OR '1'='1",
        "{}",
        "%(phrase)s",
        "a\0b",
        "$1",
        '"',
        "()",
    ],
)
def test_words_are_only_words(market, shelf, q):
    found = find(market, q=q, shop_id=shelf[0]["shop_id"])
    assert not found["items"]
    assert len(find(market, shop_id=shelf[0]["shop_id"])["items"]) == 5


@pytest.mark.parametrize(
    "asked",
    [
        {"sort": "price"},
        {"sort": "sales", "cursor": "01a20e0c-f676-7739-b02a-b5962004d3bd"},
        {"cursor": "sales.1.01a20e0c-f676-7739-b02a-b5962004d3bd"},
        {"cursor": "' OR 1=1"},
        {"min_price": 5, "max_price": 4},
        {"min_price": -1},
        {"condition": "broken"},
        {"limit": 0},
        {"limit": 101},
        {"shop_id": "x"},
    ],
)
def test_what_cannot_be_looked_for_is_refused(market, asked):
    with pytest.raises(Refusal) as refused:
        find(market, **asked)
    assert refused.value.code == "invalid"


def test_a_cursor_of_no_page_finds_nothing_or_what_follows(market, shelf):
    shop_id, some_id = shelf[0]["shop_id"], "ffffffff-ffff-7fff-bfff-ffffffffffff"
    assert len(names(find(market, q="烏龍", shop_id=shop_id, cursor=f"relevance.9.{some_id}"))) == 4
    assert names(find(market, q="烏龍", shop_id=shop_id, cursor=f"relevance.0.{some_id}")) == []
    assert len(names(find(market, q="烏龍 茶", shop_id=shop_id, cursor=f"relevance.0.{some_id}"))) == 3


def test_a_blocked_product_leaves_the_search_at_once_and_only_operators_block(market, shelf):
    product = market.product(shelf[0], name="禁售品", stock=1)
    blocked = {"product_id": product["product_id"], "reason": "違禁"}
    with pytest.raises(Refusal) as refused:
        market.call("block_product", product["seller_id"], **blocked)
    assert refused.value.code == "forbidden"
    operator = {**as_user(market.seller()), "roles": ["operator"]}
    assert market.ask("block_product", operator, blocked)["state"] == "blocked"
    assert names(find(market, q="禁售品")) == []
    [found] = market.ask("list_blocked_products", operator, {})["items"]
    assert (found["product_id"], found["shop_id"], found["reason"]) == (
        product["product_id"],
        product["shop_id"],
        "違禁",
    )
    assert (found["blocked_by"], found["seller_id"]) == (operator["user_id"], product["seller_id"])
    with pytest.raises(Refusal) as refused:
        market.call("list_blocked_products", product["seller_id"])
    assert refused.value.code == "forbidden"
    offers = market.call("get_offers", None, ids=[product["variants"][0]["product_variant_id"]])["items"]
    assert [one["listed"] for one in offers.values()] == [False]
    with pytest.raises(Refusal) as refused:
        market.call("list_product", product["seller_id"], product_id=product["product_id"])
    assert (refused.value.code, refused.value.fields) == ("product_blocked", {"reason": "違禁"})
    assert market.emitted("catalog.product_changed.v1", product["product_id"])[-1]["state"] == "blocked"
    market.ask("unblock_product", operator, {"product_id": product["product_id"]})
    assert market.ask("list_blocked_products", operator, {})["items"] == []
    market.call("delete_product", product["seller_id"], product_id=product["product_id"])


def test_blocked_products_come_in_pages_also_when_they_were_blocked_at_once(market, shelf):
    operator = {**as_user(market.seller()), "roles": ["operator"]}
    products = [market.product(shelf[0], name=f"停售{number}", stock=1) for number in range(5)]
    for product in products:
        market.ask("block_product", operator, {"product_id": product["product_id"], "reason": "違禁"})
    market.rows("UPDATE products SET blocked_at = '2026-01-01' WHERE state = 'blocked' RETURNING 1")
    seen, cursor = [], None
    for _ in range(3):
        page = market.ask("list_blocked_products", operator, {"limit": 2, "cursor": cursor})
        seen, cursor = seen + [one["product_id"] for one in page["items"]], page["next_cursor"]
    assert (cursor, seen) == (None, sorted((one["product_id"] for one in products), reverse=True))
    for asked in ({"limit": 0}, {"limit": 101}, {"cursor": "x"}, {"cursor": f"9.{'9' * 40}"}):
        with pytest.raises(Refusal) as refused:
            market.ask("list_blocked_products", operator, asked)
        assert refused.value.code == "invalid"
    for product in products:
        market.ask("unblock_product", operator, {"product_id": product["product_id"]})
        market.call("delete_product", product["seller_id"], product_id=product["product_id"])
