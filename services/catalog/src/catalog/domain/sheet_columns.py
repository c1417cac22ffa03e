"""The columns of a product sheet, as sellers know them from mass uploads, and the names they come under."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from catalog.domain.import_problems import FileProblem

MOST_IMAGES = 9
ATTRIBUTE = "attribute:"  # a column of one attribute is kept under this and its name
HEADER_WITHIN = 10  # rows from the top among which the header is looked for


@dataclass(frozen=True)
class Column:
    """One column: the key we keep it under, its heading, other headings it comes under, and what to write there."""

    key: str
    title: str
    title_en: str
    also: tuple[str, ...] = ()
    hint: str = ""
    hint_en: str = ""


def _image_names(number: int) -> tuple[str, ...]:
    """A mass-upload sheet counts the pictures after the cover from one."""
    if number == 1:
        return ("主商品圖片", "封面圖片", "圖片 1", "image_1", "ps_item_cover_image")
    return (f"商品圖片 {number - 1}", f"圖片 {number}", f"image_{number}", f"ps_item_image_{number - 1}")


COLUMNS: tuple[Column, ...] = (
    Column("parent_sku", "主商品貨號", "Parent SKU", ("商品貨號", "主貨號", "parent_sku", "ps_sku_parent_short"),
           "同一貨號的各列是同一商品的規格；賣場已有此貨號時更新該商品",
           "Rows with the same one are variants of one product; one that the shop has already is updated"),
    Column("product_id", "商品ID", "Product ID", ("product_id",),
           "匯出時填入；有值時以此找商品", "Written by the export; names the product when it is there"),
    Column("name", "商品名稱", "Product name", ("品名", "商品標題", "name", "ps_product_name"),
           "新商品必填，最多 120 字", "Required for a new product, at most 120 characters"),
    Column("category", "類別", "Category", ("商品類別", "分類", "category_id", "ps_category"),
           "新商品必填：類別編號，或如「食品 > 茶葉」的路徑", "Required for a new product: an id, or a path of names"),
    Column("desc", "商品描述", "Description", ("商品說明", "商品介紹", "描述", "desc", "ps_product_description"),
           "最多 5000 字", "At most 5,000 characters"),
    Column("option_name_1", "規格名稱 1", "Option name 1",
           ("規格名稱", "規格1名稱", "規格名稱一", "第一層規格名稱", "variation name 1", "option_name_1",
            "et_title_variation_1"),
           "例如 顏色", "For example colour"),
    Column("option_1", "規格選項 1", "Option 1",
           ("規格選項", "規格1選項", "選項1", "規格選項一", "第一層規格選項", "option for variation 1", "option_1",
            "et_title_option_for_variation_1"),
           "例如 紅", "For example red"),
    Column("option_name_2", "規格名稱 2", "Option name 2",
           ("規格2名稱", "規格名稱二", "第二層規格名稱", "variation name 2", "option_name_2", "et_title_variation_2"),
           "例如 尺寸", "For example size"),
    Column("option_2", "規格選項 2", "Option 2",
           ("規格2選項", "選項2", "規格選項二", "第二層規格選項", "option for variation 2", "option_2",
            "et_title_option_for_variation_2"),
           "例如 M", "For example M"),
    Column("price", "價格", "Price", ("售價", "單價", "商品價格", "price", "ps_price"),
           "新台幣整數，新商品必填", "Whole TWD, required for a new product"),
    Column("discount", "折扣金額", "Discount", ("折扣", "discount"), "每件折多少元", "TWD off each"),
    Column("quantity", "商品數量", "Stock", ("數量", "庫存", "庫存數量", "商品庫存", "stock", "quantity", "ps_stock"),
           "現有數量；空白時不變", "How many are on hand; blank keeps what there is"),
    Column("sku", "商品選項貨號", "SKU", ("選項貨號", "規格貨號", "sku", "variation sku", "ps_sku_short"),
           "自訂，最多 64 字", "Your own, at most 64 characters"),
    Column("gtin", "GTIN", "GTIN", ("國際條碼", "條碼", "gtin_code", "ean", "ps_gtin_code"),
           "8、12、13 或 14 位數", "8, 12, 13 or 14 digits"),
    Column("variant_id", "商品選項ID", "Variation ID", ("variant_id", "product_variant_id"),
           "匯出時填入", "Written by the export"),
    Column("days_to_ship", "較長備貨天數", "Days to ship", ("較長備貨", "備貨天數", "出貨天數", "ps_dts"),
           "1 至 30", "1 to 30"),
    Column("min_quantity", "最低購買數量", "Minimum quantity", ("最少購買數量", "最低購買件數", "min_quantity"),
           "1 至 1000", "1 to 1,000"),
    Column("weight", "重量", "Weight", ("包裹重量", "商品重量", "weight", "ps_weight"),
           "公斤，如 0.5；也可寫 500g", "In kg, like 0.5, or 500g"),
    Column("condition", "商品保存狀況", "Condition", ("保存狀況", "商品狀況", "商品狀態", "condition"),
           "全新 或 二手", "new or used"),
    Column("brand", "品牌", "Brand", ("brand", "ps_brand"),
           "類別有品牌屬性時", "Where the category has a brand"),
    Column("tiers", "多件優惠", "Quantity tiers", ("量販折扣", "tiers"),
           "件數:折扣百分比，如 3:5; 10:8", "quantity:percent off, like 3:5; 10:8"),
    Column("state", "上架狀態", "State", ("上架", "state"),
           "上架、下架 或 草稿；空白時新商品為草稿", "listed, unlisted or draft; a new product is a draft when blank"),
    *(
        Column(f"image_{number}", f"圖片網址 {number}", f"Image {number}",
               _image_names(number),
               "http 或 https 網址", "An http or https address")
        for number in range(1, MOST_IMAGES + 1)
    ),
)  # fmt: skip
KEYS = tuple(column.key for column in COLUMNS)
IMAGES = tuple(f"image_{number}" for number in range(1, MOST_IMAGES + 1))
TITLES = {column.key: column.title for column in COLUMNS}

_MARKS = re.compile(r"[(（\[【].*?[)）\]】]|[*＊:：\s]")
_ATTRIBUTE = re.compile(r"^(?:屬性|attribute)\s*[:：]\s*(?P<name>.+)$", re.IGNORECASE)


def _plain(heading: str) -> str:
    """A heading without spaces, stars and remarks in brackets."""
    return _MARKS.sub("", unicodedata.normalize("NFKC", heading)).casefold()


# «商品圖片 1» is Shopee's second picture; where a title and another column's other name meet, the title wins.
_KNOWN: dict[str, str] = {}
for _column in COLUMNS:
    _KNOWN.setdefault(_plain(_column.title), _column.key)
for _column in COLUMNS:
    for _name in (_column.title_en, *_column.also):
        _KNOWN.setdefault(_plain(_name), _column.key)


@dataclass(frozen=True)
class Header:
    """Which key stands in which position, and the headings nobody knows."""

    keys: tuple[str | None, ...]
    unknown: tuple[tuple[int, str], ...]


def header_of(cells: Sequence[str]) -> Header | None:
    """The header, if this row is one. Raises FileProblem when two columns are the same."""
    keys: list[str | None] = []
    unknown: list[tuple[int, str]] = []
    for position, cell in enumerate(cells):
        key = _key_of(cell)
        if key is not None and key in keys:
            raise FileProblem("duplicate_column", column=cell.strip()[:60])
        if key is None and cell.strip():
            unknown.append((position, cell.strip()[:60]))
        keys.append(key)
    known = {key for key in keys if key is not None}
    if not known & {"name", "parent_sku", "product_id"} or len(known) < 2:
        return None
    return Header(tuple(keys), tuple(unknown))


def _key_of(heading: str) -> str | None:
    if attribute := _ATTRIBUTE.match(unicodedata.normalize("NFKC", heading.strip())):
        return ATTRIBUTE + attribute["name"].strip()[:60]
    return _KNOWN.get(_plain(heading)) if heading.strip() else None


def title_of(key: str) -> str:
    """The heading of a key, as people read it."""
    if key.startswith(ATTRIBUTE):
        return f"屬性：{key.removeprefix(ATTRIBUTE)}"
    return TITLES.get(key, key)
