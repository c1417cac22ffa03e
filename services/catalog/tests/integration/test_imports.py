"""Sheets through the real work process: what they make, and that no death in the middle leaves a half or a double."""

import contextlib
import hashlib
import io
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import boto3
import pytest
from botocore.config import Config

from chassis import crashpoints, sheets
from chassis.errors import Refusal
from chassis.ids import uuid7
from contracts import media
from yeshi_local.kit.service import ServiceProcess
from yeshi_local.proxy import Proxy
from yeshi_local.servers.small import REGION
from yeshi_local.testing import until

BUCKET = "sheets"
OVER = {"done", "refused", "cancelled"}
HEADER = [
    "主商品貨號",
    "商品名稱",
    "類別",
    "規格名稱 1",
    "規格選項 1",
    "價格",
    "商品數量",
    "商品選項貨號",
    "上架狀態",
    "圖片網址 1",
]
TEAS = "cat-others"


def goods(count: int, first: int = 0, **cells: Any) -> list[list[Any]]:
    """Rows of so many products with two variants each."""
    rows: list[list[Any]] = []
    for number in range(first, first + count):
        for option in ("小", "大"):
            row = dict(zip(HEADER, [f"T{number}", f"茶 {number}", TEAS, "尺寸", option, 100 + number, 5], strict=False))
            rows.append([{**row, "商品選項貨號": f"T{number}{option}", **cells}.get(name, "") for name in HEADER])
    return rows


@dataclass
class Sheets:
    """The store of uploads, the work processes of a test, and a seller's hands."""

    market: Any
    client: Any
    signer: Any  # knows the keys; what it signs may name another way to the store
    url: str
    workers: list[ServiceProcess] = field(default_factory=list)

    def work(self, *, wait: bool = True, **environment: object) -> ServiceProcess:
        """Another work process."""
        worker = self.market.start("work", wait=wait, **{"S3_ENDPOINT_URL": self.url, **environment})
        self.workers.append(worker)
        return worker

    def send(self, shop: dict[str, Any], rows: list[list[Any]], form: str = "csv", **asked: Any) -> str:
        """Uploads a sheet as the door does. Answers the import's id."""
        return self.send_bytes(shop, sheets.written(form, [HEADER, *rows])[1], **asked)

    def send_bytes(self, shop: dict[str, Any], body: bytes, by: str | None = None, **asked: Any) -> str:
        import_id = str(uuid7())
        self.client.put_object(Bucket=BUCKET, Key=f"incoming/{import_id}", Body=body)
        wanted = {"Bucket": BUCKET, "Key": f"incoming/{import_id}"}
        payload = {
            "import_id": import_id,
            "shop_id": shop["shop_id"],
            "mode": "skip_bad",
            "dry_run": False,
            "file_name": "茶.csv",
            "address": self.signer(self.url).generate_presigned_url("get_object", Params=wanted, ExpiresIn=600),
            "sha256": hashlib.sha256(body).hexdigest(),
            "size": len(body),
            **asked,
        }
        made = self.market.call("create_import", by or shop["owner_id"], **payload)
        return str(made["import_id"])

    def seen(self, shop: dict[str, Any], import_id: str) -> dict[str, Any]:
        """How an import stands."""
        found: dict[str, Any] = self.market.call(
            "get_import", shop["owner_id"], shop_id=shop["shop_id"], import_id=import_id
        )
        return found

    def ended(self, shop: dict[str, Any], import_id: str, patience: float = 40) -> dict[str, Any]:
        """The import, once it is over."""
        return until(lambda: (now := self.seen(shop, import_id))["state"] in OVER and now, patience)

    def errors(self, shop: dict[str, Any], import_id: str) -> list[dict[str, Any]]:
        """What is wrong with it."""
        asked = {"shop_id": shop["shop_id"], "import_id": import_id, "limit": 100}
        return list(self.market.call("list_import_errors", shop["owner_id"], **asked)["items"])

    def products(self, shop: dict[str, Any]) -> list[tuple[Any, ...]]:
        """(parent sku, version, variants, on hand) of each product of a shop."""
        query = """
            SELECT parent_sku, p.version, count(*), sum(on_hand)::int FROM products p
              JOIN variants v USING (product_id) JOIN stock USING (variant_id)
             WHERE shop_id = %s AND NOT v.deleted GROUP BY p.product_id ORDER BY p.product_id
        """
        return list(self.market.rows(query, shop["shop_id"]))

    def exported(self, shop: dict[str, Any], form: str) -> bytes:
        """The whole shop as the door writes it, without photographs."""
        cursor, written = None, []
        while True:
            page = self.market.call("export_products", shop["owner_id"], shop_id=shop["shop_id"], cursor=cursor)
            rows = [row for product in page["products"] for row in product["rows"]]
            written += rows if cursor else [page["columns"], *rows]
            cursor = page["next_cursor"]
            if cursor is None:
                return sheets.written(form, written)[1]


@pytest.fixture
def uploads(market: Any, s3: Any) -> Iterator[Sheets]:
    """A store and no work process; those a test starts end with it, and nothing impossible is left."""

    def client_at(url: str) -> Any:
        return boto3.client(
            "s3",
            endpoint_url=url,
            region_name=REGION,
            aws_access_key_id=s3.server.access_key,
            aws_secret_access_key=s3.server.secret_key,
            config=Config(
                s3={"addressing_style": "path"}, request_checksum_calculation="when_required", signature_version="s3v4"
            ),
        )

    client = client_at(s3.server.url)
    with contextlib.suppress(client.exceptions.BucketAlreadyOwnedByYou, client.exceptions.BucketAlreadyExists):
        client.create_bucket(Bucket=BUCKET)
    made = Sheets(market, client, client_at, s3.server.url)
    yield made
    for worker in made.workers:
        worker.kill()
    assert market.violations() == {}
    client.close()


def test_a_sheet_fills_a_shop_and_its_export_changes_nothing(market, uploads):
    uploads.work()
    shop = market.shop()
    asked = {"上架狀態": "上架", "圖片網址 1": "https://pictures.example/茶.jpg"}
    done = uploads.ended(shop, uploads.send(shop, goods(120, **asked), mode="all_or_nothing"))
    assert (done["state"], done["encoding"], done["progress"]) == ("done", "utf-8", 1.0)
    assert done["rows"] == {"read": 240, "valid": 240, "failed": 0}
    assert done["products"] == {"read": 120, "created": 120, "updated": 0, "unchanged": 0, "failed": 0}
    assert uploads.products(shop) == [(f"T{number}", 1, 2, 10) for number in range(120)]
    listed = market.call("search_products", None, shop_id=shop["shop_id"], limit=100)["items"]
    assert len(listed) == 100
    assert listed[0]["options"] == [{"name": "尺寸", "values": ["小", "大"]}]
    told = market.emitted("catalog.product_changed.v1", listed[0]["product_id"])
    assert [(one["version"], one["state"]) for one in told] == [(1, "listed")]
    wanted = market.emitted("catalog.photos_wanted.v1", listed[0]["product_id"])
    assert [photo["url"] for photo in wanted[0]["photos"]] == ["https://pictures.example/茶.jpg"]
    numbered = {"product_id": listed[0]["product_id"], "parent_sku": "新-1"}
    assert market.call("patch_product", shop["owner_id"], **numbered)["parent_sku"] == "新-1"
    assert "新-1".encode() in uploads.exported(shop, "csv")
    before = market.rows("SELECT count(*) FROM outbox WHERE topic = 'catalog.product_changed.v1'")
    for form in ("csv", "xlsx"):
        again = uploads.ended(shop, uploads.send_bytes(shop, uploads.exported(shop, form)))
        assert (again["state"], again["format"], again["problems"]) == ("done", form, 0)
        assert again["products"] == {"read": 120, "created": 0, "updated": 0, "unchanged": 120, "failed": 0}
    assert market.rows("SELECT count(*) FROM outbox WHERE topic = 'catalog.product_changed.v1'") == before


def test_a_second_sheet_changes_what_it_names_and_keeps_ids_and_reservations(market, uploads, order):
    uploads.work()
    shop = market.shop()
    uploads.ended(shop, uploads.send(shop, goods(2, 上架狀態="上架")))
    listed = market.call("search_products", None, shop_id=shop["shop_id"])["items"]
    product = next(one for one in listed if one["name"] == "茶 0")
    small = product["variants"][0]["product_variant_id"]
    market.tell(order(product, (small, 3)))
    done = uploads.ended(shop, uploads.send(shop, goods(2, 商品數量=8, 價格=150, 商品名稱="新茶")))
    assert done["products"]["updated"] == 2
    seen = market.call("get_product", shop["owner_id"], product_id=product["product_id"])
    assert [one["product_variant_id"] for one in seen["variants"]] == [
        one["product_variant_id"] for one in product["variants"]
    ]
    assert [(one["price"], one["price_version"]) for one in seen["variants"]] == [(150, 2)] * 2
    assert market.levels(small) == [(8, 3)]
    refused = uploads.ended(shop, uploads.send(shop, goods(1, 商品數量=2, 商品名稱="舊茶")))
    assert refused["products"]["failed"] == 1
    assert [one["code"] for one in uploads.errors(shop, refused["import_id"])] == ["stock_below_reserved"]
    assert market.call("get_product", shop["owner_id"], product_id=product["product_id"])["name"] == "新茶"


def test_one_bad_row_of_all_or_nothing_changes_nothing_and_skip_bad_leaves_it_out(market, uploads):
    uploads.work()
    shop = market.shop()
    rows = goods(3)
    rows[3][HEADER.index("價格")] = "一百"
    refused = uploads.ended(shop, uploads.send(shop, rows, mode="all_or_nothing"))
    assert (refused["state"], refused["code"]) == ("refused", "rows_refused")
    assert uploads.products(shop) == []
    [problem] = uploads.errors(shop, refused["import_id"])
    assert (problem["row"], problem["column"], problem["code"]) == (5, "價格", "not_a_number")
    assert "一百" in problem["zh"]
    assert "一百" in problem["en"]
    rehearsed = uploads.ended(shop, uploads.send(shop, rows, dry_run=True))
    assert (rehearsed["state"], rehearsed["products"]["created"], rehearsed["products"]["failed"]) == ("done", 2, 1)
    assert uploads.products(shop) == []
    done = uploads.ended(shop, uploads.send(shop, rows))
    assert (done["state"], done["products"]["created"], done["rows"]["failed"]) == ("done", 2, 2)
    assert [sku for sku, *_ in uploads.products(shop)] == ["T0", "T2"]


@pytest.mark.parametrize(
    ("mode", "place"),
    [
        # commits: the claim, the rows, then before each piece a look for another file
        ("skip_bad", f"{crashpoints.BEFORE_COMMIT}:4"),
        ("skip_bad", f"{crashpoints.AFTER_COMMIT}:5"),
        ("all_or_nothing", f"{crashpoints.BEFORE_COMMIT}:4"),
        ("all_or_nothing", f"{crashpoints.AFTER_COMMIT}:4"),
    ],
)
def test_a_worker_killed_in_the_middle_leaves_neither_half_nor_double(market, uploads, mode, place):
    shop = market.shop()
    import_id = uploads.send(shop, goods(700), mode=mode)
    doomed = uploads.work(wait=False, IMPORT_WORKERS=1, CRASH_AT=place)
    until(lambda: not doomed.running)
    half = uploads.seen(shop, import_id)
    whole = mode == "skip_bad" or half["state"] == "done"
    assert len(uploads.products(shop)) == (half["products"]["created"] if whole else 0)
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


def test_only_owner_and_managers_import_and_export_and_others_find_nothing(market, uploads):
    shop, stranger = market.shop(), str(uuid7())
    import_id = uploads.send(shop, goods(1))
    helper = market.hire(shop, "packer")
    calls = [
        ("may_import", {}),
        ("list_imports", {}),
        ("export_products", {}),
        ("get_import", {"import_id": import_id}),
        ("list_import_errors", {"import_id": import_id}),
        ("cancel_import", {"import_id": import_id}),
    ]
    for by, code in ((helper, "role_required"), (stranger, "not_found")):
        for method, more in calls:
            with pytest.raises(Refusal) as refused:
                market.call(method, by, shop_id=shop["shop_id"], **more)
            assert (method, refused.value.code) == (method, code)
    with pytest.raises(Refusal) as elsewhere:
        market.call("get_import", (other := market.shop())["owner_id"], shop_id=other["shop_id"], import_id=import_id)
    assert elsewhere.value.code == "not_found"


def test_photographs_that_come_or_do_not_are_counted_and_warned_of_once(market, uploads):
    uploads.work()
    shop = market.shop()
    done = uploads.ended(shop, uploads.send(shop, goods(2) + goods(1, 5, **{"圖片網址 1": "ftp://x/y"})))
    assert [(one["code"], one["severity"]) for one in uploads.errors(shop, done["import_id"])] == [
        ("invalid_url", "warning")
    ]
    named = goods(2, 9, **{"圖片網址 1": "https://pictures.example/a.jpg"})
    done = uploads.ended(shop, uploads.send(shop, named))
    assert done["photos"] == {"wanted": 2, "stored": 0, "refused": 0}
    query = "SELECT photo_id, product_id FROM import_photos WHERE import_id = %s ORDER BY photo_id"
    (good, product), (bad, _) = market.rows(query, done["import_id"])
    news = [
        media.PhotoSettledV1(photo_id=good, product_id=product, state="stored", url="/media/x"),
        media.PhotoSettledV1(photo_id=bad, product_id=product, state="refused", code="address_refused"),
        media.PhotoSettledV1(photo_id=str(uuid7()), product_id=product, state="refused", code="broken_image"),
    ]
    market.tell(*news)
    market.tell(*news)
    assert uploads.seen(shop, done["import_id"])["photos"] == {"wanted": 2, "stored": 1, "refused": 1}
    [warning] = uploads.errors(shop, done["import_id"])
    assert (warning["row"], warning["column"], warning["code"]) == (4, "圖片網址 1", "address_refused")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "invalid"),
        (b"PK\x03\x04nothing", "unreadable_file"),
        ("顏色,數量\r\n紅,1\r\n".encode(), "header_missing"),
        ("商品名稱,價格,價格\r\n茶,1,1\r\n".encode(), "duplicate_column"),
        ("商品名稱,價格\r\n".encode(), "no_rows"),
        (b"\xff\xfe\xfd\x00\xd8", "unknown_encoding"),
    ],
)
def test_a_file_that_is_no_sheet_is_refused_as_a_whole(market, uploads, body, code):
    shop = market.shop()
    if not body:
        with pytest.raises(Refusal) as refused:
            uploads.send_bytes(shop, body)
        assert refused.value.code == code
        return
    uploads.work()
    refused = uploads.ended(shop, uploads.send_bytes(shop, body))
    assert (refused["state"], refused["code"]) == ("refused", code)
    assert refused["zh"]
    assert refused["en"]


def test_an_upload_that_is_gone_damaged_or_elsewhere_is_refused_without_being_asked_for(market, uploads):
    uploads.work()
    shop = market.shop()
    for address in ("http://127.0.0.1:1/x", "file:///etc/passwd", f"{uploads.url}/{BUCKET}/incoming/none"):
        refused = uploads.ended(shop, uploads.send_bytes(shop, b"x", address=address))
        assert (refused["state"], refused["code"]) == ("refused", "upload_lost")
    refused = uploads.ended(shop, uploads.send_bytes(shop, b"x", sha256="0" * 64))
    assert (refused["state"], refused["code"]) == ("refused", "upload_damaged")


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


def test_the_template_can_be_read_back(market):
    told = market.call("import_template", None)
    _, body = sheets.written("xlsx", [told["columns"]], told["notes"])
    rows = list(sheets.read(io.BytesIO(body)).rows)
    assert [row.cells for row in rows] == [told["columns"]]
