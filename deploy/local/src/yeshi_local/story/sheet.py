"""A shop's goods as a sheet, and its way in."""

import csv
import io
import itertools
import time
from collections.abc import Sequence
from typing import Any

from yeshi_local.story.goods import Goods
from yeshi_local.story.people import Json, Seller

PATIENCE = 120.0  # seconds for one sheet
OVER = ("done", "refused", "cancelled")

#: Headings, as in a mass-upload sheet.
COLUMNS = (
    "主商品貨號", "商品名稱", "類別", "商品描述", "規格名稱 1", "規格選項 1", "規格名稱 2", "規格選項 2", "價格",
    "折扣金額", "商品數量", "商品選項貨號", "較長備貨天數", "商品保存狀況", "多件優惠", "上架狀態",
)  # fmt: skip
CONDITIONS = {"new": "全新", "used": "二手"}


class NotImported(Exception):
    """The sheet did not make its products."""


def sheet(goods: Sequence[Goods]) -> bytes:
    """These goods as CSV: a row for each variant, a column for each attribute that any of them has."""
    attributes = sorted({name for one in goods for name in one.attributes})
    written = io.StringIO()
    writing = csv.DictWriter(written, [*COLUMNS, *(f"屬性：{name}" for name in attributes)], restval="")
    writing.writeheader()
    for number, one in enumerate(goods, 1):
        writing.writerows(_rows(f"G{number:04d}", one))
    return written.getvalue().encode("utf-8-sig")


def _rows(parent: str, one: Goods) -> list[dict[str, Any]]:
    shared = {
        "商品名稱": one.name,
        "類別": one.category,
        "商品描述": one.desc,
        "較長備貨天數": 2,
        "商品保存狀況": CONDITIONS[one.condition],
        "多件優惠": "; ".join(f"{tier['from_quantity']}:{tier['percent_off']}" for tier in one.tiers),
        "上架狀態": "上架",
        **{f"規格名稱 {at}": level["name"] for at, level in enumerate(one.options, 1)},
        **{f"屬性：{name}": _written(value) for name, value in one.attributes.items()},
    }
    rows: list[dict[str, Any]] = []
    for number, choice in enumerate(itertools.product(*(level["values"] for level in one.options)), 1):
        options = {f"規格選項 {at}": value for at, value in enumerate(choice, 1)}
        told = {"主商品貨號": parent, "價格": one.price, "折扣金額": one.discount, "商品數量": one.stock}
        told["商品選項貨號"] = f"{parent}-{number:02d}"
        rows.append({**({} if rows else shared), **told, **options})
    return rows


def _written(value: Any) -> Any:
    return {True: "是", False: "否"}[value] if isinstance(value, bool) else value


def bring_in(seller: Seller, body: bytes, mode: str = "all_or_nothing") -> Json:
    """Imports a sheet and waits for its end. Answers the import. Raises NotImported with what is wrong with it."""
    path = f"/v1/shops/{seller.shop_id}/imports"
    files = {"file": ("goods.csv", body, "text/csv")}
    made: Json = seller.api.ask("POST", path, files=files, data={"mode": mode})
    path, deadline = f"{path}/{made['import_id']}", time.monotonic() + PATIENCE
    while made["state"] not in OVER and time.monotonic() < deadline:
        time.sleep(0.2)
        made = seller.api.get(path)
    if made["state"] != "done":
        wrong = seller.api.get(f"{path}/errors")["items"][:3]
        raise NotImported(f"the sheet is {made['state']} {made['code']}: {wrong}")
    return made
