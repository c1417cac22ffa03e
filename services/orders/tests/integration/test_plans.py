"""Plans that a connection keeps find rows by their keys, though they are made while the tables are small."""

import pytest

from chassis.postgres import PLANNED_ONCE, Pool, array
from orders.adapters import postgres_carts, postgres_checkouts, postgres_copies, postgres_orders
from yeshi_local.kit.plans import whole_reads

NOBODY = array([])
ASKED = {
    "find": (postgres_checkouts.FIND, (NOBODY, NOBODY, NOBODY)),
    "lock": (postgres_orders.GET_MANY, (NOBODY,)),
    "save": (postgres_orders.SAVE, ("[]", "[]")),
    "remove": (postgres_carts.REMOVE, (NOBODY, NOBODY)),
    "lines": (postgres_carts.LINES, (NOBODY,)),
    "stock": (postgres_copies.PUT_STOCK, ("[]",)),
}


@pytest.fixture(scope="module")
def pool(shared):
    made = Pool(shared.dsn, size=1, name="plans", settings=PLANNED_ONCE)
    yield made
    made.close()


@pytest.mark.parametrize("name", ASKED)
def test_a_kept_plan_reads_no_table_whole(pool, name):
    prepared, values = ASKED[name]
    assert whole_reads(pool, prepared, *values) == []
