"""Photographs that a sheet names are fetched from where they are, and stand on the product's card."""

import csv
import io

from PIL import Image

from yeshi_local.story.api import Api
from yeshi_local.story.people import simple_category
from yeshi_local.story.sheet import bring_in
from yeshi_local.testing import until

HEADER = ("主商品貨號", "商品名稱", "類別", "價格", "商品數量", "上架狀態", "圖片網址 1", "圖片網址 2")


def test_what_an_import_names_becomes_cover_and_picture_of_the_card_and_what_is_none_a_warning(
    platform, seller, gallery
):
    leaf, written = simple_category(seller.api), io.StringIO()
    pictures = [(f"{gallery.url}/10", f"{gallery.url}/20"), (f"{gallery.url}/text", "")]
    rows = [(f"P{at}", f"看得見的茶 {at}", leaf, 200, 5, "上架", *urls) for at, urls in enumerate(pictures)]
    csv.writer(written).writerows([HEADER, *rows])
    made = bring_in(seller, written.getvalue().encode())
    assert made["photos"]["wanted"] == 3
    path = f"/v1/shops/{seller.shop_id}/imports/{made['import_id']}"
    counted = {"wanted": 3, "stored": 2, "refused": 1}
    until(lambda: seller.api.get(path)["photos"] == counted, 30)
    found = seller.api.get("/v1/products", shop_id=seller.shop_id)["items"]
    products = {one["name"]: one["product_id"] for one in found}
    for gateway in platform.gateways:
        shown = Api(gateway)
        card = until(lambda door=shown: _with_photos(door, products["看得見的茶 0"], 2))
        assert [_shade(shown, photo) for photo in card["photos"]] == [10, 20]  # the first is the cover
        assert shown.get(f"/v1/products/{products['看得見的茶 1']}")["photos"] == []
    [warning] = seller.api.get(f"{path}/errors")["items"]
    assert (warning["row"], warning["column"], warning["severity"]) == (3, "圖片網址 1", "warning")
    assert {"/10", "/20"} <= set(gallery.asked)  # once each, or again after a fetch that failed in passing


def _with_photos(door: Api, product_id: str, count: int) -> dict | None:
    card = door.get(f"/v1/products/{product_id}")
    return card if len(card["photos"]) == count else None


def _shade(door: Api, photo: dict) -> int:
    """The red of its JPEG, to the nearest ten."""
    url = next(one["url"] for one in photo["sizes"] if one["format"] == "jpeg")
    with Image.open(io.BytesIO(door.send("GET", url).content)) as picture:
        red, _, _ = picture.convert("RGB").getpixel((5, 5))
    return round(red, -1)
