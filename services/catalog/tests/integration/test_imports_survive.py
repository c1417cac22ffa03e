"""Sheets on bad days: no death in the middle, and no repeated call, leaves a half or a double."""

import hashlib
from concurrent.futures import ThreadPoolExecutor

import pytest

from chassis import crashpoints
from chassis.errors import Refusal
from chassis.ids import uuid7
from services.catalog.tests.integration.sheets_sent import goods
from yeshi_local.proxy import Proxy
from yeshi_local.testing import until


@pytest.mark.parametrize(
    ("mode", "place", "created"),
    [
        # commits: the claim, the rows, then before each piece a look for another file
        ("skip_bad", f"{crashpoints.BEFORE_COMMIT}:4", 0),
        ("skip_bad", f"{crashpoints.AFTER_COMMIT}:4", 500),
        ("skip_bad", f"{crashpoints.BEFORE_COMMIT}:6", 500),
        ("all_or_nothing", f"{crashpoints.BEFORE_COMMIT}:4", 0),
        ("all_or_nothing", f"{crashpoints.AFTER_COMMIT}:4", 700),
    ],
)
def test_a_worker_killed_in_the_middle_leaves_neither_half_nor_double(market, uploads, mode, place, created):
    shop = market.shop()
    import_id = uploads.send(shop, goods(700), mode=mode)
    doomed = uploads.doomed(place)
    until(lambda: not doomed.running)
    half = uploads.seen(shop, import_id)
    assert (half["state"], half["products"]["read"]) == ("done" if created == 700 else "applying", 700)
    assert len(uploads.products(shop)) == half["products"]["created"] == created
    uploads.work()
    uploads.work()
    done = uploads.ended(shop, import_id)
    assert (done["state"], done["products"]["created"]) == ("done", 700)
    assert uploads.products(shop) == [(f"T{number}", 1, 2, 10) for number in range(700)]
    query = """
        SELECT count(*), count(DISTINCT convert_from(body, 'UTF8')::json ->> 'subject') FROM outbox
         WHERE topic = 'catalog.product_changed.v1' AND strpos(convert_from(body, 'UTF8'), %s) > 0
    """
    assert market.rows(query, shop["shop_id"]) == [(700, 700)]


def test_two_workers_share_many_imports_and_do_none_twice(market, uploads):
    shops = [market.shop() for _ in range(3)]
    sent = [(shop, uploads.send(shop, goods(600, first=600 * turn))) for turn in range(2) for shop in shops]
    uploads.work()
    uploads.work()
    for shop, import_id in sent:
        assert uploads.ended(shop, import_id)["products"]["created"] == 600
    for shop in shops:
        assert [sku for sku, *_ in uploads.products(shop)] == [f"T{number}" for number in range(1200)]


def test_store_and_database_away_in_the_middle_cost_time_and_nothing_else(market, uploads):
    shop = market.shop()
    database = Proxy(int(market.dsn.rpartition("/")[0].rpartition(":")[2]))
    store = Proxy(int(uploads.url.rpartition(":")[2]))
    try:
        uploads.url = store.way_to(uploads.url)
        store.refuse()
        uploads.work(IMPORT_WORKERS=1, POSTGRES_DSN=database.way_to(market.dsn))
        import_id = uploads.send(shop, goods(2000))
        until(lambda: market.rows("SELECT 1 FROM imports WHERE import_id = %s AND started_at IS NOT NULL", import_id))
        assert uploads.seen(shop, import_id)["state"] == "waiting"
        store.refuse(False)
        until(lambda: uploads.seen(shop, import_id)["products"]["created"] >= 500, 60)
        database.refuse()
        assert len(uploads.products(shop)) % 500 == 0
        database.refuse(False)
        assert uploads.ended(shop, import_id, 60)["products"]["created"] == 2000
        assert len(uploads.products(shop)) == 2000
    finally:
        database.close()
        store.close()


def test_a_key_stands_for_one_import_and_a_cancelled_one_stops(market, uploads):
    shop = market.shop()
    rows = goods(600)
    first = uploads.send(shop, rows, key="k-12345678")
    assert uploads.send(shop, rows, key="k-12345678") == first
    with pytest.raises(Refusal) as refused:
        uploads.send(shop, rows, key="k-12345678", dry_run=True)
    assert refused.value.code == "idempotency_key_reused"
    asked = {"shop_id": shop["shop_id"], "import_id": first}
    assert market.call("cancel_import", shop["owner_id"], **asked)["cancelling"]
    uploads.work()
    assert uploads.ended(shop, first)["state"] == "cancelled"
    assert uploads.products(shop) == []
    assert market.call("cancel_import", shop["owner_id"], **asked)["state"] == "cancelled"
    done = uploads.ended(shop, uploads.send(shop, rows))
    with pytest.raises(Refusal) as over:
        market.call("cancel_import", shop["owner_id"], shop_id=shop["shop_id"], import_id=done["import_id"])
    assert over.value.code == "import_over"
    page = market.call("list_imports", shop["owner_id"], shop_id=shop["shop_id"], limit=1)
    assert [one["import_id"] for one in page["items"]] == [done["import_id"]]
    rest = market.call("list_imports", shop["owner_id"], shop_id=shop["shop_id"], cursor=page["next_cursor"])
    assert [one["import_id"] for one in rest["items"]] == [first]


def test_calls_for_one_import_side_by_side_make_one(market, uploads):
    shop, body = market.shop(), b"x"
    import_id = str(uuid7())
    asked = {
        "import_id": import_id,
        "shop_id": shop["shop_id"],
        "mode": "skip_bad",
        "dry_run": False,
        "file_name": "x",
        "address": uploads.url,
        "sha256": hashlib.sha256(body).hexdigest(),
        "size": 1,
        "key": "together-1",
    }
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: market.call("create_import", shop["owner_id"], **asked), range(4)))
    assert {one["import_id"] for one in made} == {import_id}
    assert market.rows("SELECT count(*) FROM imports WHERE shop_id = %s", shop["shop_id"]) == [(1,)]
