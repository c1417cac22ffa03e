"""What time alone changes, by real `work` processes: once, whoever of them comes first, and after a death too."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from chassis.clock import now, rfc3339
from chassis.errors import Refusal
from yeshi_local.testing import until


@pytest.fixture(scope="module")
def workers(market) -> Iterator[None]:
    """Two of them."""
    started = market.start_all("work", "work")
    yield
    for one in started:
        one.kill()
        market.programs.remove(one)


def ahead(hours: int) -> str:
    """A moment far enough away that it comes only when the test lets it."""
    return rfc3339(now() + timedelta(hours=hours))


def begins_or_ends(market, moment: str, shop_id: str) -> None:
    """Lets that moment of a shop's discounts come now, of all of them at once."""
    query = f"""
        WITH own AS (
            UPDATE variants v SET {moment} = now() FROM products p WHERE p.product_id = v.product_id AND shop_id = %s)
        UPDATE products SET {moment} = now(), next_at = now() WHERE shop_id = %s
    """
    market.rows(query, shop_id, shop_id)


def emitted(market, product):
    return market.emitted("catalog.product_changed.v1", product["product_id"])


def test_prices_begin_and_end_once_however_many_look(market, workers):
    shop = market.shop()
    rule = {"kind": "percent", "value": 10, "starts_at": ahead(1), "ends_at": ahead(2)}
    products = [market.product(shop, discount_rule=rule, stock=1) for _ in range(6)]
    assert {one["final_price"] for one in products} == {680}
    for told, moment in ((3, "discount_from"), (4, "discount_until")):
        begins_or_ends(market, moment, shop["shop_id"])
        until(lambda told=told: all(len(emitted(market, one)) == told for one in products))
    for one in products:
        told = [(event["version"], event["variants"][0]["final_price"]) for event in emitted(market, one)]
        assert told == [(1, 680), (2, 680), (3, 612), (4, 680)]
        assert [event["variants"][0]["price_version"] for event in emitted(market, one)] == [1, 1, 2, 3]
    waiting = "SELECT count(*) FROM products WHERE shop_id = %s AND next_at IS NOT NULL"
    assert market.rows(waiting, shop["shop_id"]) == [(0,)]


def test_a_planned_product_lists_itself_and_one_worker_is_enough(market, workers):
    product = market.product(market.shop())
    asked = {"product_id": product["product_id"], "list_at": ahead(1)}
    assert market.call("schedule_product", product["seller_id"], **asked)["state"] == "scheduled"
    market.programs[-1].kill()
    come = "UPDATE products SET list_at = now(), next_at = now() WHERE product_id = %s"
    market.rows(come, product["product_id"])
    until(lambda: emitted(market, product)[-1]["state"] == "listed")
    assert market.call("get_product", None, product_id=product["product_id"])["state"] == "listed"
    assert [event["state"] for event in emitted(market, product)] == ["draft", "scheduled", "listed"]


@pytest.mark.parametrize("list_at", ["yesterday", "2030-01-01", "2030-01-01T00:00:00", "", "9999-12-31T23:59:59-23:59"])
def test_a_moment_has_an_offset_and_lies_ahead(market, list_at):
    product = market.product(market.shop())
    with pytest.raises(Refusal) as refused:
        market.call("schedule_product", product["seller_id"], product_id=product["product_id"], list_at=list_at)
    assert refused.value.code == "invalid"
