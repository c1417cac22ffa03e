"""Sheets through the real work process: what they make, what is wrong with them, and who may send them."""

import io

import pytest

from chassis import sheets
from chassis.errors import Refusal
from chassis.ids import uuid7
from contracts import media
from services.catalog.tests.integration.sheets_sent import BUCKET, HEADER, goods


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


def test_the_template_can_be_read_back(market):
    told = market.call("import_template", None)
    _, body = sheets.written("xlsx", [told["columns"]], told["notes"])
    rows = list(sheets.read(io.BytesIO(body)).rows)
    assert [row.cells for row in rows] == [told["columns"]]
