"""What the rows of a sheet say, and every way they can be wrong."""

import pytest

from catalog.application.imports.ports import SheetSeen
from catalog.application.imports.reading import SheetReader
from catalog.domain.category import Attribute, Category, CategoryTree
from catalog.domain.import_problems import FILE_TEXTS, ROW_TEXTS, FileProblem, sentences
from catalog.domain.imports import MOST_ROWS
from catalog.domain.money import Tier
from catalog.domain.sheet_attributes import attribute_values
from catalog.domain.sheet_categories import Categories
from catalog.domain.sheet_columns import COLUMNS, header_of
from catalog.domain.sheet_rows import SheetRow, read_product

TREE = CategoryTree(
    (
        Category("food", "美食", "Food", (Category("tea", "茶葉", "Tea"), Category("gift", "禮盒", "Gifts"))),
        Category("home", "居家", "Home", (Category("gift-2", "禮盒", "Gifts"),)),
    )
)
CATEGORIES = Categories(TREE)
GOOD = {"parent_sku": "T1", "name": "烏龍", "category": "tea", "price": "680"}


def product(*rows, formulas=()):
    return read_product([SheetRow(at + 2, cells, formulas) for at, cells in enumerate(rows)], CATEGORIES)


def codes(*rows, **more):
    return [(one.row, one.column, one.code) for one in product(*rows, **more)[1]]


@pytest.mark.parametrize(
    ("heading", "key"),
    [
        ("主商品貨號", "parent_sku"),
        ("* 商品名稱（必填）", "name"),
        ("商品名稱(必填)", "name"),
        ("規格名稱1", "option_name_1"),
        ("規格 選項 2", "option_2"),
        ("ＰＲＩＣＥ", "price"),
        ("et_title_variation_1", "option_name_1"),
        ("主商品圖片", "image_1"),
        ("商品圖片 1", "image_2"),
        ("圖片網址 1", "image_1"),
        ("ps_item_image_8", "image_9"),
        ("屬性：產地", "attribute:產地"),
        ("Attribute: origin", "attribute:origin"),
    ],
)
def test_headings_are_known_by_their_usual_names(heading, key):
    header = header_of(["商品ID", "sku", heading])
    assert header is not None
    assert header.keys[2] == key


def test_every_column_is_known_by_all_its_names_and_no_name_is_two_columns():
    titles = [column.title for column in COLUMNS]
    assert header_of(titles).keys == tuple(column.key for column in COLUMNS)
    for column in COLUMNS:
        for name in column.also:
            assert header_of(
                ["商品ID", "商品名稱", name] if column.key not in ("product_id", "name") else [name, "價格"]
            )


def test_a_column_twice_is_refused_and_other_rows_are_no_header():
    with pytest.raises(FileProblem) as refused:
        header_of(["商品名稱", "品名"])
    assert refused.value.code == "duplicate_column"
    assert header_of(["顏色", "數量"]) is None
    assert header_of(["商品名稱", "顏色"]) is None


def reader(*rows):
    return SheetReader(SheetSeen("csv", "utf-8", iter([(at + 1, list(row), ()) for at, row in enumerate(rows)])))


def test_rows_of_one_number_or_id_are_one_product_and_others_their_own():
    reading = reader(
        ["填寫說明"],
        ["主商品貨號", "商品名稱", "商品ID", "顏色"],
        ["A", "茶"],
        ["", "杯"],
        ["A"],
        ["", "", "X"],
        ["", "", "x"],
    )
    assert [(product, row.number) for product, row in reading.rows()] == [(0, 3), (1, 4), (0, 5), (2, 6), (2, 7)]
    assert (reading.read, reading.products) == (5, 3)
    assert [(one.row, one.code, one.severity) for one in reading.problems] == [(2, "unknown_column", "warning")]


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ([["x"]] * 12, "header_missing"),
        ([["商品名稱", "價格"]], "no_rows"),
        ([["商品名稱", "價格"], *([["茶", "1"]] * (MOST_ROWS + 1))], "too_many_rows"),
    ],
)
def test_a_sheet_without_header_or_rows_or_with_too_many_is_refused(rows, code):
    with pytest.raises(FileProblem) as refused:
        list(reader(*rows).rows())
    assert refused.value.code == code


def test_a_product_is_read_from_its_rows():
    first = {
        **GOOD,
        "option_name_1": "尺寸",
        "option_1": "小",
        "quantity": "1,200",
        "discount": "NT$80",
        "weight": "0.5",
    }
    second = {"parent_sku": "T1", "option_1": "大", "price": "＄900.0", "sku": "T1-L", "image_1": "https://x.tw/a.jpg"}
    more = {"condition": "二手", "state": "上架", "tiers": "3:5; 10：8%", "days_to_ship": "7"}
    more |= {"min_quantity": "2", "weight": "0.5"}
    listed, problems = product({**first, **more}, second)
    assert problems == []
    assert (listed.name, listed.category.id, listed.condition, listed.state) == ("烏龍", "tea", "used", "listed")
    assert (listed.tiers, listed.days_to_ship, listed.min_quantity) == ((Tier(3, 5), Tier(10, 8)), 7, 2)
    assert listed.weight_g == 500
    assert [(one.options, one.price, one.quantity, one.discount, one.sku) for one in listed.variants] == [
        (("小",), 680, 1200, 80, None),
        (("大",), 900, None, None, "T1-L"),
    ]
    assert listed.images == [(3, "圖片網址 1", "https://x.tw/a.jpg")]


@pytest.mark.parametrize(
    ("cells", "column", "code"),
    [
        ({"price": "一百"}, "價格", "not_a_number"),
        ({"price": "NaN"}, "價格", "not_a_number"),
        ({"price": "1e5"}, "價格", "not_a_number"),
        ({"price": "12.5"}, "價格", "not_a_number"),
        ({"price": "-1"}, "價格", "out_of_range"),
        ({"price": "99999999"}, "價格", "out_of_range"),
        ({"quantity": "-3"}, "商品數量", "out_of_range"),
        ({"quantity": "9" * 40}, "商品數量", "not_a_number"),
        ({"days_to_ship": "31"}, "較長備貨天數", "out_of_range"),
        ({"condition": "九成新"}, "商品保存狀況", "unknown_condition"),
        ({"state": "也許"}, "上架狀態", "unknown_state"),
        ({"tiers": "三件"}, "多件優惠", "invalid_tiers"),
        ({"weight": "很重"}, "重量", "invalid_weight"),
        ({"weight": "5000"}, "重量", "out_of_range"),
        ({"category": "咖啡"}, "類別", "unknown_category"),
        ({"category": "美食"}, "類別", "category_not_leaf"),
        ({"category": "禮盒"}, "類別", "ambiguous_category"),
        ({"product_id": "no id"}, "商品ID", "product_not_found"),
        ({"variant_id": "no id"}, "商品選項ID", "variant_not_found"),
        ({"option_1": "小"}, "規格名稱 1", "option_name_missing"),
        ({"option_name_1": "尺寸"}, "規格選項 1", "option_missing"),
        ({"option_name_2": "尺寸", "option_2": "小"}, "規格名稱 1", "option_name_missing"),
        ({"image_2": "javascript:alert(1)"}, "圖片網址 2", "invalid_url"),
        ({"image_2": "http://[::1"}, "圖片網址 2", "invalid_url"),
        ({"image_2": "https://x.tw/" + "a" * 2000}, "圖片網址 2", "invalid_url"),
    ],
)
def test_each_cell_that_does_not_fit_is_told_with_row_column_and_code(cells, column, code):
    assert (2, column, code) in codes({**GOOD, **cells})


@pytest.mark.parametrize(
    ("rows", "problem"),
    [
        ([GOOD, {**GOOD, "name": "紅茶"}], (3, "商品名稱", "differs")),
        (
            [{**GOOD, "option_name_1": "尺寸", "option_1": "小"}, {"option_1": "小"}],
            (3, "規格選項 1", "duplicate_variant"),
        ),
        ([{**GOOD, "sku": "x"}, {"sku": "x"}], (3, "商品選項貨號", "duplicate_sku")),
    ],
)
def test_rows_of_one_product_that_contradict_each_other_are_told(rows, problem):
    assert problem in codes(*rows)


def test_a_formula_is_no_value():
    assert codes(GOOD, formulas=("price",)) == [(2, "價格", "formula")]


def test_categories_are_found_by_id_path_or_a_name_of_their_own():
    for value in ("tea", "茶葉", "美食 > 茶葉", "美食＞茶葉", "美食/茶葉"):
        assert CATEGORIES.find(value).id == "tea"
    assert CATEGORIES.find("居家 > 禮盒").id == "gift-2"
    assert CATEGORIES.name_of("gift") == "美食 > 禮盒"
    assert CATEGORIES.find(CATEGORIES.name_of("gift-2")).id == "gift-2"


def test_attributes_take_the_type_their_category_asks_for():
    kinds = {"brand": "text", "days": "integer", "degrees": "number", "organic": "boolean", "picked": "date"}
    tea = Category(
        "tea",
        "茶",
        "Tea",
        attributes=tuple(Attribute(name, name.upper(), name, kind, False) for name, kind in kinds.items()),
    )
    given = {"brand": "文山", "DAYS": "12", "degrees": "12.5", "organic": "是", "picked": "2026-11-02"}
    values, problems = attribute_values(given, tea, 2)
    assert values == {"brand": "文山", "days": 12, "degrees": 12.5, "organic": True, "picked": "2026-11-02"}
    assert problems == []
    assert [one.code for one in attribute_values({"產區": "x"}, tea, 2)[1]] == ["unknown_attribute"]
    assert attribute_values({"brand": "x"}, Category("c", "c", "c"), 2) == ({}, [])


def test_every_code_has_a_sentence_in_both_languages_and_repeats_little_of_a_cell():
    for code in [*ROW_TEXTS, *FILE_TEXTS]:
        zh, en = sentences(code, {"value": "x" * 500})
        assert zh
        assert en
        assert len(zh) < 160
    assert sentences("not_a_number", {"value": "{row}{0.__class__}"})[1].endswith("{row}{0.__class__}")
    assert sentences("something_new", {"detail": "細節"}) == ("細節", "細節")
