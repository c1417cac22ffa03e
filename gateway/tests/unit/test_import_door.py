"""Sheets at the door: who may, what a form may hold, how large it may be, and a shop on its way out."""

import asyncio
import contextlib
import hashlib
import io
import tempfile

import pytest

from chassis import sheets
from chassis.errors import Forbidden, Invalid, Malformed, Missing, Refusal, Unauthenticated, Unavailable
from gateway.adapters.upload_body import read_form
from gateway.application import imports
from gateway.application.imports import ImportDoor
from gateway.application.refusals import TooLarge, UnknownField, Unsupported

SOMEBODY = {"user_id": "u", "session_id": "s", "roles": []}
BODY = "商品名稱,價格\r\n茶,1\r\n".encode()
FORM = "multipart/form-data; boundary=b"


def page(metadata_id, *rows):
    return {"columns": ["商品名稱", "圖"], "images": 1, "products": [{"metadata_id": metadata_id, "rows": list(rows)}]}


class Behind:
    """Catalog, media and the store."""

    def __init__(self) -> None:
        self.asked, self.stored, self.refusal, self.media_away = [], {}, None, False
        self.pages = [
            {
                "columns": ["商品名稱", "圖"],
                "images": 1,
                "products": [{"metadata_id": "m1", "rows": [["=茶", None], ["小", None]]}],
            },
            {"columns": ["商品名稱", "圖"], "images": 1, "products": [{"metadata_id": "m2", "rows": [["杯", None]]}]},
        ]

    async def ask_catalog(self, method, principal, payload):
        self.asked.append((method, payload))
        if self.refusal:
            raise self.refusal
        if method == "export_products":
            at = int(payload["cursor"] or 0)
            return {**self.pages[at], "next_cursor": str(at + 1) if at + 1 < len(self.pages) else None}
        if method == "import_template":
            return {"columns": ["商品名稱"], "notes": [["欄位"]]}
        return {"import_id": payload.get("import_id"), "state": "waiting"}

    async def photos_of(self, principal, metadata_ids):
        if self.media_away:
            raise Unavailable("away")
        return {"m1": ["/media/a.jpg"], "m2": ["https://cdn.example/b.jpg"]}

    async def put_incoming(self, name, chunks):
        self.stored[name] = b"".join([chunk async for chunk in chunks])

    async def address_of(self, name, seconds):
        return f"http://store/{name}?for={seconds}"


def form(body=BODY, **fields):
    part = '--b\r\ncontent-disposition: form-data; name="{}"\r\n\r\n{}\r\n'
    head = '--b\r\ncontent-disposition: form-data; name="file"; filename="茶.csv"\r\n\r\n'
    parts = [part.format(name, value).encode() for name, value in fields.items()]
    return b"".join(parts) + head.encode() + body + b"\r\n--b--\r\n"


@pytest.fixture
def behind():
    return Behind()


@pytest.fixture
def door(behind):
    return ImportDoor(behind, behind, behind, read_form, sheets.writer, "http://door/", body_patience=0.3)


def send(door, body, *, principal=SOMEBODY, key=None, content_type=FORM, length=None, pause=0.0):
    async def chunks():
        for at in range(0, len(body), 50_000):
            await asyncio.sleep(pause)
            yield body[at : at + 50_000]

    return asyncio.run(door.upload(principal, "shop", key, content_type, length, chunks()))


def test_a_sheet_is_stored_signed_for_and_handed_over(door, behind):
    made = send(door, form(mode="skip_bad", dry_run="true"), key="key-12345")
    assert behind.stored == {made["import_id"]: BODY}
    (first, _), (method, asked) = behind.asked
    assert (first, method) == ("may_import", "create_import")
    assert asked == {
        "mode": "skip_bad",
        "dry_run": True,
        "file_name": "茶.csv",
        "import_id": made["import_id"],
        "shop_id": "shop",
        "address": f"http://store/{made['import_id']}?for=86400",
        "sha256": hashlib.sha256(BODY).hexdigest(),
        "size": len(BODY),
        "key": "key-12345",
    }


def test_without_words_it_is_all_or_nothing_and_no_rehearsal(door, behind):
    send(door, form())
    assert (behind.asked[1][1]["mode"], behind.asked[1][1]["dry_run"], behind.asked[1][1]["key"]) == (
        "all_or_nothing",
        False,
        None,
    )


@pytest.mark.parametrize(
    ("body", "more", "error"),
    [
        (form(), {"principal": None}, Unauthenticated),
        (form(), {"length": imports.LARGEST * 2}, TooLarge),
        (form(), {"key": "short"}, Refusal),
        (form(), {"content_type": "text/csv"}, Unsupported),
        (form(b""), {}, Invalid),
        (form(mode="sometimes"), {}, Invalid),
        (form(dry_run="maybe"), {}, Invalid),
        (form(mode="x" * 300), {}, Invalid),
        (form(colour="red"), {}, UnknownField),
        (b"--b\r\n--b--\r\n", {}, (Invalid, Malformed)),
        (form()[:-12], {}, Malformed),
        (form(), {"pause": 1.0}, Malformed),
    ],
)
def test_what_does_not_fit_is_refused_and_nothing_is_stored(door, behind, body, more, error):
    with pytest.raises(error):
        send(door, body, **more)
    assert behind.stored == {}
    assert [method for method, _ in behind.asked] in ([], ["may_import"])


def test_more_than_a_sheet_may_have_is_cut_off(behind, monkeypatch):
    monkeypatch.setattr(imports, "LARGEST", 1000)
    door = ImportDoor(behind, behind, behind, read_form, sheets.writer, "http://door/")
    with pytest.raises(TooLarge):
        send(door, form(b"x" * 1001))
    assert behind.stored == {}


@pytest.mark.parametrize("error", [Missing("no"), Forbidden("no")])
def test_a_stranger_is_sent_away_before_any_byte_is_stored(door, behind, error):
    behind.refusal = error
    with pytest.raises(type(error)):
        send(door, form())
    assert behind.stored == {}


@pytest.mark.parametrize("format_", ["csv", "xlsx"])
def test_a_shop_goes_out_page_by_page_with_its_pictures(door, behind, format_):
    async def whole():
        media_type, chunks = await door.export(SOMEBODY, "shop", format_)
        return media_type, b"".join([chunk async for chunk in chunks])

    media_type, body = asyncio.run(whole())
    assert ("csv" in media_type) == (format_ == "csv")
    rows = [row.cells for row in sheets.read(io.BytesIO(body)).rows]
    assert rows[:2] == [["商品名稱", "圖"], ["'=茶", "http://door/media/a.jpg"]]
    assert [row[0] for row in rows[2:]] == ["小", "杯"]
    assert rows[3][1] == "https://cdn.example/b.jpg"


@pytest.mark.parametrize("fault", [None, Unavailable("away")])
def test_an_export_that_is_not_read_or_written_to_its_end_leaves_nothing_on_disk(
    door, behind, fault, tmp_path, monkeypatch
):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    async def begun():
        _, chunks = await door.export(SOMEBODY, "shop", "xlsx")
        assert list(tmp_path.iterdir()) == []
        behind.refusal = fault  # before the second page
        with contextlib.suppress(Unavailable):
            assert await anext(chunks)
            assert fault is None
        await chunks.aclose()

    asyncio.run(begun())
    assert list(tmp_path.iterdir()) == []


def test_without_rights_or_media_nothing_of_an_export_is_sent(door, behind):
    behind.media_away = True
    with pytest.raises(Unavailable):
        asyncio.run(door.export(SOMEBODY, "shop", "csv"))
    behind.refusal = Missing("no")
    with pytest.raises(Missing):
        asyncio.run(door.export(SOMEBODY, "shop", "csv"))


def test_the_template_is_an_empty_sheet(door):
    _, body = asyncio.run(door.template("xlsx"))
    assert [row.cells for row in sheets.read(io.BytesIO(body)).rows] == [["商品名稱"]]
