"""Tables as people send them: every encoding, nothing evaluated, nothing that hurts."""

import io
import zipfile

import pytest

from chassis import sheets
from chassis.sheets import SheetRefused, xlsx_read

ROWS = [["主商品貨號", "價格"], ["A1", "許功蓋"], ["=1+1", "'x"]]
WORKBOOK = "xl/workbook.xml"
SHEET = "xl/worksheets/sheet1.xml"
MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


def read(data: bytes) -> tuple[str, str, list[list[str]]]:
    sheet = sheets.read(io.BytesIO(data))
    return sheet.format, sheet.encoding, [[sheets.unescaped(cell) for cell in row.cells] for row in sheet.rows]


def written(form: str, rows: list[list[sheets.write.Cell]] = ROWS) -> bytes:
    writing = sheets.writer(form, [["說明"]])
    return writing.rows(rows[:1]) + writing.rows(rows[1:]) + writing.end()


def workbook(sheet: str, **parts: bytes) -> bytes:
    """A workbook of ours with another first sheet, and more parts."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(written("xlsx"))) as ours, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as book:
        for one in ours.infolist():
            book.writestr(one.filename, sheet if one.filename == SHEET else ours.read(one.filename))
        for name, body in parts.items():
            book.writestr(name, body)
    return made.getvalue()


def rows_of(cells: str) -> str:
    return f'<worksheet {MAIN}><sheetData><row r="3">{cells}</row></sheetData></worksheet>'


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_what_is_written_is_read_back_and_no_text_begins_a_formula(form):
    rows = [*ROWS, ["-5", "@cmd"], ["'=y", "''+z"], ["多行\n文字", "a,b"], ["_x0041_", '<&">'], [12, None]]
    assert read(written(form, rows))[2] == [
        *rows[:-1],
        ["12", ""] if form == "csv" else ["12"],
    ]


def test_an_exported_cell_never_begins_like_a_formula():
    for text in ("=1", "+1", "-1", "@x", "\tx", "\rx", "'=1", "''=1"):
        assert sheets.escaped(text) == f"'{text}"
        assert sheets.unescaped(sheets.escaped(text)) == text
    assert sheets.escaped("'plain") == "'plain"
    assert sheets.unescaped("'plain") == "'plain"


@pytest.mark.parametrize(
    ("encoding", "told"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
        ("cp950", "cp950"),
        ("big5", "cp950"),
    ],
)
def test_every_usual_encoding_is_told_apart(encoding, told):
    text = "主商品貨號\t價格\r\nA1\t許功蓋餐廳\r\n"
    assert read(text.encode(encoding)) == ("csv", told, [["主商品貨號", "價格"], ["A1", "許功蓋餐廳"]])


@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_the_delimiter_is_that_of_the_header_and_rows_count_as_a_spreadsheet_counts(delimiter):
    text = delimiter.join(["商品名稱", "價格"]) + f'\n\n"兩\n行"{delimiter}1\n'
    rows = list(sheets.read(io.BytesIO(text.encode())).rows)
    assert [(row.number, row.cells) for row in rows] == [(1, ["商品名稱", "價格"]), (3, ["兩\n行", "1"])]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty_file"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "unreadable_file"),
        (b"PK\x03\x04garbage", "unreadable_file"),
        (b"\x80\x81\xff", "unknown_encoding"),
        (b"a\0b", "unknown_encoding"),
        (b'a,b\n"open', "unreadable_file"),
        (b",".join([b"x"] * 300), "too_many_columns"),
        (b"a," + b"x" * 40_000, "cell_too_long"),
    ],
)
def test_what_is_no_table_is_refused_by_code(data, code):
    with pytest.raises(SheetRefused) as refused:
        read(data)
    assert refused.value.code == code


def test_a_formula_is_told_from_a_text_and_never_computed():
    data = workbook(rows_of('<c r="A3"><f>1+1</f><v>2</v></c><c r="B3" t="str"><v>=1+1</v></c>'))
    [row] = sheets.read(io.BytesIO(data)).rows
    assert (row.number, row.cells, row.formulas) == (3, ["2", "=1+1"], (0,))


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("199", "199"),
        ("199.0", "199"),
        ("4.711234567890E12", "4711234567890"),
        ("0.10000000000000001", "0.1"),
        ("x", "x"),
    ],
)
def test_numbers_read_as_people_write_them(value, shown):
    [row] = sheets.read(io.BytesIO(workbook(rows_of(f'<c r="A3"><v>{value}</v></c>')))).rows
    assert row.cells == [shown]


def test_shared_texts_come_without_their_readings():
    shared = f"<sst {MAIN}><si><r><t>茶</t></r><r><t>葉</t></r><rPh><t>ちゃ</t></rPh></si></sst>".encode()
    data = workbook(rows_of('<c r="B3" t="s"><v>0</v></c>'), **{"xl/sharedStrings.xml": shared})
    [row] = sheets.read(io.BytesIO(data)).rows
    assert row.cells == ["", "茶葉"]


@pytest.mark.parametrize(
    ("parts", "sheet", "code"),
    [
        ({"xl/vbaProject.bin": b"x"}, rows_of(""), "macro_file"),
        ({"bomb": b"\0" * 5_000_000}, rows_of(""), "too_large_inside"),
        ({}, f'<!DOCTYPE x [<!ENTITY a "aaaa">]>{rows_of("")}', "unreadable_file"),
        ({}, rows_of('<c r="ZZ3"><v>1</v></c>'), "too_many_columns"),
        ({}, rows_of('<c r="A3" t="s"><v>9</v></c>'), "unreadable_file"),
        ({}, "<worksheet><sheetData>", "unreadable_file"),
        ({}, rows_of(f'<c r="A3" t="str"><v>{"x" * 40_000}</v></c>'), "cell_too_long"),
    ],
)
def test_a_hostile_workbook_is_refused_by_code(parts, sheet, code):
    with pytest.raises(SheetRefused) as refused:
        read(workbook(sheet, **parts))
    assert refused.value.code == code


def test_what_a_workbook_unpacks_to_is_bounded_before_it_is_unpacked(monkeypatch):
    monkeypatch.setattr(xlsx_read, "LARGEST_INSIDE", 100)
    with pytest.raises(SheetRefused) as refused:
        read(written("xlsx"))
    assert refused.value.code == "too_large_inside"
