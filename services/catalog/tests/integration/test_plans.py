"""What each batch of orders runs finds rows by their keys, though it is planned while the tables are small."""

import contextlib

import psycopg2
import pytest

from catalog.adapters.postgres_stock import CLAIM_ORDERS, LOCK, READ_LOCKED, SAVE_BOOK, SAVE_BOOK_AND_SALES
from catalog.adapters.unit_of_work import units
from chassis.postgres import PLANNED_ONCE, Pool, TransactionCursor, array
from yeshi_local.kit.plans import whole_reads
from yeshi_local.testing import until

NOBODY = array([])
BOOK = (
    *("orders", "states", "new_orders", "new_lines", "new_variants", "new_quantities", "new_states"),
    *("held_orders", "held_lines", "held_states", "entry_variants", "entry_deltas", "entry_reasons", "entry_orders"),
    *("variants", "on_hand", "reserved", "versions"),
)

WAITS_FOR = "SELECT application_name FROM pg_stat_activity WHERE %s = ANY(pg_blocking_pids(pid))"


@pytest.fixture(scope="module")
def pool(market):
    made = Pool(market.dsn, size=1, name="plans", settings=PLANNED_ONCE)
    yield made
    made.close()


@pytest.mark.parametrize("prepared", [LOCK, READ_LOCKED, CLAIM_ORDERS], ids=["lock", "read", "claim"])
def test_orders_and_stock_are_locked_by_key(pool, prepared):
    assert whole_reads(pool, prepared, NOBODY) == []


@pytest.mark.parametrize(
    ("prepared", "names"),
    [(SAVE_BOOK, BOOK), (SAVE_BOOK_AND_SALES, (*BOOK, "sold_products", "sold"))],
    ids=["reserved", "shipped"],
)
def test_a_batch_is_written_by_key(pool, prepared, names):
    assert whole_reads(pool, prepared, **dict.fromkeys(names, NOBODY)) == []


def test_stock_is_locked_and_read_in_one_round_trip(pool, monkeypatch):
    asked = []
    execute = TransactionCursor.execute
    monkeypatch.setattr(TransactionCursor, "execute", lambda *args: asked.append(args) or execute(*args))
    with units(pool)() as unit:
        unit.stock.lock([])
        asked.clear()
        unit.stock.lock([])
        assert len(asked) == 1


def test_orders_are_answered_on_connections_of_their_own_which_have_those_settings(market, order):
    product = market.product(stock=1)
    [variant] = product["variants"]
    with contextlib.closing(psycopg2.connect(market.dsn)) as keeper, keeper, keeper.cursor() as cursor:
        cursor.execute("SELECT 1 FROM stock WHERE variant_id = %s FOR UPDATE", (variant["product_variant_id"],))
        told = market.publish(order(product))
        until(lambda: market.rows(WAITS_FOR, keeper.info.backend_pid) == [("yeshi-catalog-events",)])
    market.until_heard(told)
