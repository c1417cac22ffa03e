"""Tables as people send them: every encoding, nothing evaluated, nothing that hurts."""

import contextlib
import io
import os
import random
import tempfile
import zipfile
from pathlib import Path

import pytest
import xlsxwriter

from chassis import sheets
from chassis.sheets import SheetRefused, xlsx_read

LAUGHS = b'<!DOCTYPE a [<!ENTITY l "ha"><!ENTITY m "&l;&l;&l;&l;">]><a>&m;&m;</a>'
ROWS = [["主商品貨號", "價格"], ["A1", "許功蓋"], ["=1+1", "'x"]]
SHEET, SHARED, TYPES = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "[Content_Types].xml"
SHARED_TYPE = (
    b'<Override PartName="/xl/sharedStrings.xml" '
    b'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"/></Types>'
)
MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


def read(data: bytes) -> tuple[str, str, list[list[str]]]:
    sheet = sheets.read(io.BytesIO(data))
    return sheet.format, sheet.encoding, [[sheets.unescaped(cell) for cell in row.cells] for row in sheet.rows]


def written(form: str, rows: list[list[sheets.write.Cell]] = ROWS) -> bytes:
    return sheets.written(form, rows, [["說明"]])[1]


def workbook(sheet: str, **parts: bytes) -> bytes:
    """A workbook of ours with another first sheet, and other or more parts."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(written("xlsx"))) as ours, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as book:
        bodies = {one.filename: ours.read(one.filename) for one in ours.infolist()}
        if SHARED in parts and SHARED not in bodies:
            bodies[TYPES] = bodies[TYPES].replace(b"</Types>", SHARED_TYPE)
        for name, body in {**bodies, SHEET: sheet.encode(), **parts}.items():
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
    assert (row.number, row.cells, row.formulas) == (3, ["=1+1", "=1+1"], (0,))


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("199", "199"),
        ("199.0", "199"),
        ("4.711234567890E12", "4711234567890"),
        ("0.10000000000000001", "0.1"),
        ("1e300", "1e+300"),
        ("0.00001", "0.00001"),
    ],
)
def test_numbers_read_as_people_write_them(value, shown):
    [row] = sheets.read(io.BytesIO(workbook(rows_of(f'<c r="A3"><v>{value}</v></c>')))).rows
    assert row.cells == [shown]


def test_shared_texts_come_without_their_readings():
    shared = f"<sst {MAIN}><si><r><t>茶</t></r><r><t>葉</t></r><rPh sb='0' eb='2'><t>ちゃ</t></rPh></si></sst>".encode()
    data = workbook(rows_of('<c r="B3" t="s"><v>0</v></c>'), **{SHARED: shared})
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
        ({}, rows_of("<c r='A3'><v>x</v></c>"), "unreadable_file"),
        ({TYPES: b"<Types/>"}, rows_of(""), "unreadable_file"),
        ({"xl/styles.xml": LAUGHS}, rows_of(""), "unreadable_file"),
        ({SHARED: LAUGHS}, rows_of(""), "unreadable_file"),
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


def noise(size: int) -> str:
    """Elements that no ratio gives away."""
    return "".join(f"<x{number:x}/>" for number in random.Random(1).choices(range(16**6), k=size // 11))


def test_a_workbook_that_takes_too_much_memory_kills_its_reader_and_nothing_else(monkeypatch):
    monkeypatch.setattr(xlsx_read, "MOST_MEMORY", 112 * 1024 * 1024)
    data = workbook(rows_of(noise(9_000_000)))  # one row as one tree
    with pytest.raises(SheetRefused) as refused:
        read(data)
    assert refused.value.code == "too_large_inside"


def test_a_workbook_that_takes_too_much_time_kills_its_reader_and_nothing_else(monkeypatch):
    monkeypatch.setattr(xlsx_read, "MOST_SECONDS", 1)
    far = f'<worksheet {MAIN}><sheetData><row r="99999999999"><c r="A1"><v>1</v></c></row></sheetData></worksheet>'
    with pytest.raises(SheetRefused) as refused:
        read(workbook(far))  # as many rows as it says, and none with anything in it
    assert refused.value.code == "too_large_inside"


def test_a_workbook_that_nobody_reads_on_ends_its_reader():
    rows = sheets.read(io.BytesIO(written("xlsx", [[str(number)] for number in range(50_000)]))).rows
    assert next(rows).cells == ["0"]
    rows.close()  # waits for its child: a reader that is left is an error
    assert children() == []


def children() -> list[str]:
    """Child processes of this one that run the reader."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            parent = int(status.read_text().rpartition(")")[2].split()[1])
            command = (status.parent / "cmdline").read_text()
            if parent == os.getpid() and "xlsx_child" in command:
                found.append(command)
    return found


def test_dates_and_truths_read_as_texts_that_people_would_write():
    made = io.BytesIO()
    with xlsxwriter.Workbook(made) as book:
        form = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        book.add_worksheet().write_row(0, 0, [46350, 46350.75, True], form)
    [row] = sheets.read(io.BytesIO(made.getvalue())).rows
    assert row.cells == ["2026-11-24", "2026-11-24T18:00:00", "TRUE"]


def test_what_was_not_written_to_its_end_leaves_nothing_on_disk(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    writing = sheets.writer("xlsx")
    writing.rows(ROWS)
    assert list(tmp_path.iterdir())
    writing.close()
    assert list(tmp_path.iterdir()) == []
