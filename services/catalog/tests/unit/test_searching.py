"""What a search finds, in which order, page by page."""

from uuid import UUID, uuid4

import pytest

from catalog.application.searching import Search
from catalog.application.shops import ChangeShop
from catalog.domain import search
from catalog.domain.search import Cursor, Sort
from catalog.domain.stock import Line, Placed, Shipped
from chassis.errors import Invalid

SOME_ID = UUID(int=7)


def find(world, **asked):
    return world.app.searching.find(Search(**asked))


def names(view):
    return [one["name"] for one in view["items"]]


def walk(world, **asked):
    """Names of all pages."""
    found, cursor = [], None
    while True:
        page = find(world, cursor=cursor, limit=2, **asked)
        found += names(page)
        cursor = page["next_cursor"]
        if cursor is None:
            return found


def test_words_category_and_shop(world, listed):
    tea = listed(name="凍頂烏龍茶 150g")
    listed(name="鳳梨酥", category="others")
    assert names(find(world, q="烏龍")) == ["凍頂烏龍茶 150g"]
    assert len(find(world, category="food")["items"]) == 1
    assert find(world, category="nothing") == {"items": [], "next_cursor": None, "estimated_total": 0}
    assert len(find(world, shop_id=UUID(tea["shop_id"]))["items"]) == 1
    assert len(find(world, q="")["items"]) == 2


def test_price_and_condition(world, listed):
    for name, price, condition in (("a", 100, "new"), ("b", 200, "used"), ("c", 300, "new")):
        listed(name=name, price=price, discount=0, condition=condition)
    assert names(find(world, min_price=100, max_price=200, sort="price_asc")) == ["a", "b"]
    assert names(find(world, condition="used")) == ["b"]
    assert names(find(world, min_price=301)) == []


def test_only_listed_products_of_open_shops(world, listed, make_product):
    product = listed(name="看得到")
    make_product(name="草稿")
    blocked = listed(name="下架")
    world.app.listing.block(uuid4(), UUID(blocked["product_id"]), "違禁")
    assert names(find(world)) == ["看得到"]
    world.app.shops.change(ChangeShop(by=world.seller, shop_id=UUID(product["shop_id"]), state="closed"))
    assert names(find(world)) == []


def test_every_order_pages_through_everything_once(world, listed):
    shop_id = world.shop()
    prices = [300, 100, 200, 100, 300]
    products = [listed(shop_id=shop_id, name=f"茶{at}", price=price, discount=0) for at, price in enumerate(prices)]
    for product, sold in zip(products, (1, 0, 5, 0, 1), strict=True):
        if sold:
            order_id = uuid4()
            line = Line("1", UUID(product["variants"][0]["product_variant_id"]), sold, 1)
            world.settle(Placed(order_id, shop_id, (line,)), Shipped(order_id))
    for sort in Sort:
        found = walk(world, sort=sort.value, q="茶")
        assert sorted(found) == [f"茶{at}" for at in range(5)], sort
    asked = {name: int(name[1]) for name in walk(world)}
    assert [prices[asked[name]] for name in walk(world, sort="price_asc")] == sorted(prices)
    assert [prices[asked[name]] for name in walk(world, sort="price_desc")] == sorted(prices, reverse=True)
    assert walk(world, sort="sales")[0] == "茶2"


def test_the_best_come_first_for_words_and_the_newest_for_none():
    assert search.sorting(None, True) is Sort.RELEVANCE
    assert search.sorting(None, False) is search.sorting("relevance", False) is Sort.NEWEST
    with pytest.raises(Invalid):
        search.sorting("random", True)


def test_a_name_that_is_the_word_comes_before_one_that_holds_it(world, listed):
    for name in ("烏龍茶", "凍頂烏龍", "烏龍", "烏龍茶禮盒"):
        listed(name=name)
    assert names(find(world, q="烏龍"))[0] == "烏龍"
    assert names(find(world, q="烏龍"))[-1] == "凍頂烏龍"


@pytest.mark.parametrize("sort", list(Sort))
def test_a_cursor_is_good_for_its_own_order_only(sort):
    end = Cursor(uuid4(), 0 if sort is Sort.NEWEST else 680)
    assert search.cursor(end.text(sort), sort) == end
    for other in set(Sort) - {sort}:
        with pytest.raises(Invalid):
            search.cursor(end.text(sort), other)


@pytest.mark.parametrize(
    "text",
    [
        "x",
        "sales.1",
        "sales.1.x",
        f"sales.-1.{SOME_ID}",
        f"sales.²{SOME_ID}",
        "sales." * 9,
        f"sales.9999999999.{SOME_ID}",
    ],
)
def test_a_cursor_that_is_none_is_refused(text):
    with pytest.raises(Invalid):
        search.cursor(text, Sort.SALES)


@pytest.mark.parametrize("asked", [{"min_price": -1}, {"max_price": 10_000_001}, {"min_price": 2, "max_price": 1}])
def test_prices_that_mean_nothing_are_refused(world, asked):
    with pytest.raises(Invalid):
        find(world, **asked)


def test_the_first_page_tells_how_many_there_are(world, listed):
    for _ in range(3):
        listed()
    first = find(world, limit=2)
    assert first["estimated_total"] == 3
    assert "estimated_total" not in find(world, limit=2, cursor=first["next_cursor"])
    assert find(world, limit=5)["estimated_total"] == 3
