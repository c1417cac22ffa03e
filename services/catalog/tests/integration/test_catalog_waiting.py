"""Who waits for whom on the real database, and what they find when their turn comes."""

from collections.abc import Iterator
from uuid import UUID

import pytest

from catalog.adapters.unit_of_work import units
from chassis.postgres import Pool


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
