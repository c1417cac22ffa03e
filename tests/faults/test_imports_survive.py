"""A server goes away in the middle of a sheet: every row is in once or told of, and all that follows comes too."""

import csv
import io

import pymongo
import pytest

from yeshi_local.platform import NotUp
from yeshi_local.story.people import Json, Seller, simple_category
from yeshi_local.testing import until

PRODUCTS = 1050  # three pieces: the server goes between the first and the last
BAD_EVERY, PICTURED = 100, 3
PATIENCE = 60.0  # seconds for what was held up
HEADER = ("主商品貨號", "商品名稱", "類別", "價格", "商品數量", "商品選項貨號", "上架狀態", "圖片網址 1")
BAD = range(50, PRODUCTS, BAD_EVERY)
GOOD = [number for number in range(PRODUCTS) if number not in BAD]
SUBJECTS = """
    SELECT count(*), count(DISTINCT convert_from(body, 'UTF8')::json ->> 'subject'), count(published_at) FROM outbox
     WHERE topic = %s AND strpos(convert_from(body, 'UTF8'), %s) > 0
"""


@pytest.mark.timeout(300)
@pytest.mark.parametrize("server", ["postgres", "rabbitmq", "mongo", "s3"])
def test_a_server_that_goes_away_in_the_middle_of_a_sheet_costs_time_alone(platform, logs, gallery, server):
    seller = Seller(platform.url, "進貨人", "大批發")
    dead = platform.queues().get("dead", 0)
    made = _send(seller, gallery.url)
    path = f"/v1/shops/{seller.shop_id}/imports/{made['import_id']}"
    try:
        _in_the_middle(platform, seller, path)
        platform.stop(f"server-{server}")
        platform.freeze("catalog-work", frozen=False)
        until(lambda: _is_felt(platform, seller, path, server), PATIENCE)
    finally:
        platform.freeze("catalog-work", frozen=False)
        platform.start(f"server-{server}")
    ended = until(lambda: _over(seller, path), PATIENCE)
    assert ended["products"] == {
        "read": PRODUCTS, "created": len(GOOD), "updated": 0, "unchanged": 0, "failed": len(BAD),
    }  # fmt: skip
    told = seller.api.get(f"{path}/errors", limit=100)["items"]
    assert sorted((one["row"], one["code"]) for one in told) == [(number + 2, "not_a_number") for number in BAD]
    until(lambda: seller.api.get(path)["photos"] == {"wanted": PICTURED, "stored": PICTURED, "refused": 0}, PATIENCE)
    platform.settle(PATIENCE)
    _is_whole(platform, seller.shop_id)
    assert platform.queues().get("dead", 0) == dead
    until(lambda: _mirrored(platform), PATIENCE)


def _send(seller: Seller, gallery: str) -> Json:
    """Some hundred products of which every hundredth has a price that is none, the first few with a picture each."""
    written, leaf = io.StringIO(), simple_category(seller.api)
    writing = csv.writer(written)
    writing.writerow(HEADER)
    for number in range(PRODUCTS):
        price = "一百" if number in BAD else 100 + number
        url = f"{gallery}/{number}" if number < PICTURED else ""
        writing.writerow([f"M{number:04d}", f"批發茶 {number}", leaf, price, 3, f"M{number:04d}", "上架", url])
    files = {"file": ("goods.csv", written.getvalue().encode(), "text/csv")}
    asked = {"files": files, "data": {"mode": "skip_bad"}}
    return dict(seller.api.ask("POST", f"/v1/shops/{seller.shop_id}/imports", **asked))


def _in_the_middle(platform, seller: Seller, path: str) -> None:
    """Holds the worker still once a piece is in and the last one is not."""

    def begun() -> bool:
        platform.freeze("catalog-work")
        seen = seller.api.get(path)
        assert seen["state"] in ("waiting", "applying"), "it was over before it could be held"
        if seen["products"]["created"]:
            return True
        platform.freeze("catalog-work", frozen=False)
        return False

    until(begun, PATIENCE)


def _is_felt(platform, seller: Seller, path: str, server: str) -> bool:
    """Whether somebody has met the server's absence: the door, the worker's next piece, or what follows it."""
    if server == "postgres":
        return seller.api.send("GET", path).status_code == 503
    if server == "rabbitmq":
        return platform.unpublished() > 0
    over = seller.api.send("GET", path)
    return over.status_code == 200 and over.json()["state"] == "done"  # the sheet does not need it


def _over(seller: Seller, path: str) -> Json | None:
    answer = seller.api.send("GET", path)
    return answer.json() if answer.status_code == 200 and answer.json()["state"] == "done" else None


def _is_whole(platform, shop_id: str) -> None:
    """Every good product is there once, everywhere: its rows, its events, its copies and its document."""
    query = """
        SELECT parent_sku, count(*), sum(on_hand)::int, sum((SELECT sum(delta) FROM stock_ledger l
                                                             WHERE l.variant_id = v.variant_id))::int
          FROM products JOIN variants v USING (product_id) JOIN stock USING (variant_id)
         WHERE shop_id = %s GROUP BY 1 ORDER BY 1
    """
    assert platform.rows("catalog", query, shop_id) == [(f"M{number:04d}", 1, 3, 3) for number in GOOD]
    once = (len(GOOD),) * 3
    for topic in ("catalog.product_changed.v1", "catalog.metadata_submitted.v1"):
        assert platform.rows("catalog", SUBJECTS, topic, shop_id) == [once], topic
    assert platform.rows("orders", "SELECT count(*) FROM offers WHERE shop_id = %s", shop_id) == [(len(GOOD),)]
    ids = [
        row[0] for row in platform.rows("catalog", "SELECT metadata_id::text FROM products WHERE shop_id = %s", shop_id)
    ]
    with pymongo.MongoClient(platform.values["mongo.url"]) as client:
        assert client["media"]["documents"].count_documents({"_id": {"$in": ids}}) == len(GOOD)


def _mirrored(platform) -> bool:
    try:
        platform.mirror_check()
    except NotUp:
        return False
    return True
