"""What can be wrong with a sheet: a stable code, and a sentence in two languages for whoever has to mend it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from chassis.errors import Refusal

Severity = Literal["error", "warning"]

#: Of the whole file: nothing of it is taken.
FILE_TEXTS: Mapping[str, tuple[str, str]] = {
    "empty_file": ("檔案是空的", "The file is empty"),
    "unreadable_file": ("檔案無法讀取，請另存為 .xlsx 或 .csv", "The file cannot be read: save it as .xlsx or .csv"),
    "unknown_encoding": ("文字編碼無法辨識，請用 UTF-8 或 Big5", "The text is neither UTF-8, UTF-16 nor Big5"),
    "macro_file": ("不接受含巨集的檔案", "Workbooks with macros are not read"),
    "too_large_inside": ("檔案解開後太大", "The workbook unpacks to too much"),
    "too_many_columns": ("欄位太多", "There are too many columns"),
    "cell_too_long": ("有儲存格太長", "A cell is too long"),
    "header_missing": ("前 10 列找不到標題列", "There is no header among the first ten rows"),
    "duplicate_column": ("欄位「{column}」重複", "The column {column} is there twice"),
    "too_many_rows": ("最多 {most} 列", "There are more than {most} rows"),
    "no_rows": ("沒有商品", "There is no product in it"),
    "upload_lost": ("找不到上傳的檔案，請重新上傳", "The uploaded file is gone: send it again"),
    "upload_damaged": ("上傳的檔案不完整，請重新上傳", "The uploaded file is not what was sent: send it again"),
    "rows_refused": ("有錯誤，因此沒有任何變更", "Rows have errors, so nothing was changed"),
    "role_required": ("匯入者已無權限", "Whoever sent it may not import any more"),
    "shop_gone": ("賣場已不存在", "The shop is not there any more"),
    "internal": ("匯入時發生錯誤，請再試一次", "Something went wrong while importing: try again"),
}
#: Of one row or cell. `{…}` are the problem's own values.
ROW_TEXTS: Mapping[str, tuple[str, str]] = {
    "required": ("必須填寫", "This must be filled in"),
    "not_a_number": ("不是整數：{value}", "Not a whole number: {value}"),
    "out_of_range": ("必須介於 {least} 與 {most} 之間", "Must be from {least} to {most}"),
    "formula": ("不接受公式，請改填值", "Formulas are not read: write the value"),
    "unknown_category": ("沒有這個類別：{value}", "There is no such category: {value}"),
    "category_not_leaf": ("請選擇「{value}」之下的類別", "Choose a category below {value}"),
    "ambiguous_category": (
        "有好幾個類別叫「{value}」，請寫完整路徑",
        "Several categories have the name {value}",
    ),
    "unknown_condition": ("請填 全新 或 二手", "Write new or used"),
    "unknown_state": ("請填 上架、下架 或 草稿", "Write listed, unlisted or draft"),
    "invalid_tiers": ("請寫成 3:5; 10:8", "Write it like 3:5; 10:8"),
    "invalid_weight": ("重量請寫成 0.5 或 500g", "Write the weight like 0.5 (kg) or 500g"),
    "option_name_missing": ("有選項就要有規格名稱", "An option needs the name of its level"),
    "option_missing": ("同一商品的每一列都要有選項", "Every row of this product needs an option"),
    "options_differ": ("規格名稱與商品現有的不同", "The option levels are not those the product has"),
    "duplicate_variant": ("與第 {first} 列是同一個規格", "The same variant as row {first}"),
    "duplicate_sku": ("與第 {first} 列的選項貨號相同", "The same SKU as row {first}"),
    "differs": ("與第 {first} 列不同；同一商品須相同", "Not as in row {first}: it belongs to the whole product"),
    "variant_unclear": ("看不出是哪個規格，請填選項、選項貨號或選項 ID", "Which variant this is cannot be told"),
    "product_not_found": ("賣場沒有這個商品", "The shop has no such product"),
    "variant_not_found": ("商品沒有這個規格", "The product has no such variant"),
    "same_product": ("與第 {first} 列是同一個商品", "The same product as row {first}"),
    "unknown_attribute": ("類別沒有這個屬性：{value}", "The category has no such attribute: {value}"),
    "invalid_attribute": ("屬性的值不正確：{detail}", "The attribute's value does not fit: {detail}"),
    "variant_exists": ("商品已有相同的規格", "The product has such a variant already"),
    "stock_below_reserved": ("已有 {reserved} 件保留給訂單", "{reserved} are reserved for orders"),
    "not_listable": ("無法上架，缺少：{missing}", "It cannot be listed: {missing}"),
    "illegal_transition": ("無法變更為這個狀態", "It cannot go into this state"),
    "product_blocked": ("商品已被平台下架", "The platform has taken it off the market"),
    "invalid": ("內容不正確：{detail}", "The value is not allowed: {detail}"),
    "parent_sku_taken": ("另一個商品已用此貨號", "Another product has this number"),
    "unknown_column": ("不認識的欄位，已略過：{value}", "This column is not known and was passed over: {value}"),
    "invalid_url": ("不是圖片網址", "This is no address of a picture"),
    # pictures, from media
    "address_refused": ("不允許從這個網址取得圖片", "Pictures are not fetched from this address"),
    "fetch_failed": ("圖片網址無法連線", "The address of the picture did not answer"),
    "fetch_timeout": ("圖片下載逾時", "The picture did not come in time"),
    "fetch_not_found": ("圖片網址沒有圖片", "There is no picture at this address"),
    "too_many_redirects": ("圖片網址轉址太多次", "The address leads to others too often"),
    "image_too_large": ("圖片太大", "The picture is too large"),
    "unsupported_image": ("只接受 JPEG、PNG、WebP", "The picture is neither JPEG, PNG nor WebP"),
    "broken_image": ("圖片已損壞", "The picture is broken"),
    "animated_image": ("不接受動畫圖片", "Animated pictures are not taken"),
    "too_many_photos": ("商品最多 9 張照片", "A product has at most nine photos"),
}
_VALUE_SHOWN = 60  # characters of a cell that a sentence repeats


class FileProblem(Refusal):
    """The file cannot be imported at all; `code` says why."""

    def __init__(self, code: str, **fields: Any) -> None:
        super().__init__(sentences(code, fields)[1], **fields)
        self.code = code


@dataclass(frozen=True)
class Problem:
    """One thing wrong with a row, or with one of its columns."""

    row: int
    code: str
    column: str | None = None
    severity: Severity = "error"
    values: Mapping[str, Any] = field(default_factory=dict)


class RowRefused(Exception):
    """Rows of one product that cannot be taken."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__(problems[0].code if problems else "refused")
        self.problems = list(problems)


def sentences(code: str, values: Mapping[str, Any]) -> tuple[str, str]:
    """What a code means here, in Chinese and in English."""
    texts = ROW_TEXTS.get(code) or FILE_TEXTS.get(code) or ("{detail}", "{detail}")
    shown = _Shown({name: str(value)[:_VALUE_SHOWN] for name, value in values.items()})
    zh, en = (text.format_map(shown) for text in texts)
    return zh or code, en or code


class _Shown(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return ""
