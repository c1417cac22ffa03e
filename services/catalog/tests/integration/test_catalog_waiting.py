"""Who waits for whom on the real database, and what they find when their turn comes."""

import contextlib
from collections.abc import Iterator
from uuid import UUID

import psycopg2
import pytest

from catalog.adapters.unit_of_work import units
from chassis.postgres import Pool
from yeshi_local.testing import until

WAITS_FOR = "SELECT application_name FROM pg_stat_activity WHERE %s = ANY(pg_blocking_pids(pid))"


@pytest.fixture(scope="module")
def pool(market) -> Iterator[Pool]:
    made = Pool(market.dsn, size=4, name="waiting")
    yield made
    made.close()


@pytest.mark.parametrize("held", ["one", "owned"])
def test_a_new_product_does_not_wait_for_whoever_changes_its_shop(market, pool, held):
    shop = market.shop()
    with units(pool)() as unit:
        if held == "one":
            assert unit.shops.get(UUID(shop["shop_id"]), lock=True)
        else:
            assert unit.shops.owned_by([UUID(shop["owner_id"])])
        assert market.product(shop)["shop_id"] == shop["shop_id"]


@pytest.mark.parametrize(
    ("meanwhile", "reason"),
    [
        ("UPDATE variants SET price_version = price_version + 1 WHERE product_id = %(product_id)s", "price_changed"),
        ("UPDATE variants SET deleted = true WHERE product_id = %(product_id)s", "not_listed"),
        ("UPDATE products SET state = 'unlisted' WHERE product_id = %(product_id)s", "not_listed"),
        ("UPDATE shops SET closed = true WHERE shop_id = %(shop_id)s", "not_listed"),
    ],
    ids=["price", "variant", "product", "shop"],
)
def test_an_order_that_waited_for_its_stock_is_offered_what_is_for_sale_then(market, order, meanwhile, reason):
    product = market.product(stock=1)
    [variant] = product["variants"]
    placed = order(product)
    with contextlib.closing(psycopg2.connect(market.dsn)) as keeper, keeper, keeper.cursor() as cursor:
        cursor.execute("SELECT 1 FROM stock WHERE variant_id = %s FOR UPDATE", (variant["product_variant_id"],))
        told = market.publish(placed)
        until(lambda: market.rows(WAITS_FOR, keeper.info.backend_pid) == [("yeshi-catalog-events",)])
        cursor.execute(meanwhile, {name: product[name] for name in ("product_id", "shop_id")})
    market.until_heard(told)
    assert [one["reason"] for one in market.emitted("catalog.stock_rejected.v1", placed.order_id)] == [reason]
    assert market.states([placed.order_id]) == ["rejected"]
