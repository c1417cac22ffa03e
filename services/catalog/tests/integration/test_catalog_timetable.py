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


def soon(seconds: float = 1.5) -> str:
    return rfc3339(now() + timedelta(seconds=seconds))


def emitted(market, product):
    return market.emitted("catalog.product_changed.v1", product["product_id"])


def test_prices_begin_and_end_once_however_many_look(market, workers):
    shop = market.shop()
    rule = {"kind": "percent", "value": 10, "starts_at": soon(), "ends_at": soon(3)}
    products = [market.product(shop, discount_rule=rule, stock=1) for _ in range(6)]
    assert {one["final_price"] for one in products} == {680}
    until(lambda: all(len(emitted(market, one)) == 4 for one in products))
    for one in products:
        told = [(event["version"], event["variants"][0]["final_price"]) for event in emitted(market, one)]
        assert told == [(1, 680), (2, 680), (3, 612), (4, 680)]
        assert [event["variants"][0]["price_version"] for event in emitted(market, one)] == [1, 1, 2, 3]
    waiting = "SELECT count(*) FROM products WHERE shop_id = %s AND next_at IS NOT NULL"
    assert market.rows(waiting, shop["shop_id"]) == [(0,)]


def test_a_planned_product_lists_itself_and_one_worker_is_enough(market, workers):
    product = market.product(market.shop())
    planned = market.call("schedule_product", product["seller_id"], product_id=product["product_id"], list_at=soon(1.0))
    assert planned["state"] == "scheduled"
    market.programs[-1].kill()
    until(lambda: emitted(market, product)[-1]["state"] == "listed")
    assert market.call("get_product", None, product_id=product["product_id"])["state"] == "listed"
    assert [event["state"] for event in emitted(market, product)] == ["draft", "scheduled", "listed"]


@pytest.mark.parametrize("list_at", ["yesterday", "2030-01-01", "2030-01-01T00:00:00", "", "9999-12-31T23:59:59-23:59"])
def test_a_moment_has_an_offset_and_lies_ahead(market, list_at):
    product = market.product(market.shop())
    with pytest.raises(Refusal) as refused:
        market.call("schedule_product", product["seller_id"], product_id=product["product_id"], list_at=list_at)
    assert refused.value.code == "invalid"
