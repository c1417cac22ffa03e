"""Plans that a connection keeps find rows by their keys, though they are made while the tables are small."""

import pytest

from chassis.postgres import PLANNED_ONCE, Pool, array
from chassis.postgres.prepared import Prepared
from orders.adapters import postgres_carts, postgres_checkouts, postgres_copies, postgres_orders

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


def plan_of(pool: Pool, prepared: Prepared, values: tuple[str, ...]) -> str:
    with pool.connection() as connection, connection.cursor() as cursor:
        cursor.execute(b"EXPLAIN " + prepared.on(cursor, *values))
        return "\n".join(line for (line,) in cursor.fetchall())


@pytest.mark.parametrize("name", ASKED)
def test_a_kept_plan_reads_no_table_whole(pool, name):
    plan = plan_of(pool, *ASKED[name])
    for whole in ("Seq Scan", "Hash Join", "Hash Left Join", "Hash Right Join", "Merge"):
        assert whole not in plan, plan
