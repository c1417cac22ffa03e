"""Finding the file in a request body, however it is cut into chunks."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from chassis.errors import Invalid, Kind, Refusal
from gateway.adapters.upload_body import read_file
from gateway.application.refusals import UnknownField

FORM = "multipart/form-data; boundary=frontier"
PICTURE = b"\x89PNG\r\n\x1a\n--front\r\n--frontie\r\n" + bytes(range(256)) * 4


def part(name: str, body: bytes, filename: str | None = None) -> bytes:
    named = f'; filename="{filename}"' if filename else ""
    return f'--frontier\r\nContent-Disposition: form-data; name="{name}"{named}\r\n\r\n'.encode() + body + b"\r\n"


def form(*parts: bytes) -> bytes:
    return b"".join(parts) + b"--frontier--\r\n"


def read(body: bytes, content_type: str = FORM, size: int = 1000) -> bytes:
    async def chunks() -> AsyncIterator[bytes]:
        for start in range(0, len(body), size):
            yield body[start : start + size]
            yield b""

    async def work() -> bytes:
        return b"".join([chunk async for chunk in read_file(content_type, chunks())])

    return asyncio.run(work())


@pytest.mark.parametrize("size", [1, 2, 7, 64, 100_000])
def test_a_forms_file_is_found_in_chunks_of_any_size(size):
    body = form(part("file", PICTURE, "../../etc/passwd"))
    assert read(body, size=size) == PICTURE


def test_a_form_whose_boundary_is_quoted_is_read():
    assert read(form(part("file", PICTURE)), 'Multipart/Form-Data; boundary="frontier"') == PICTURE


@pytest.mark.parametrize("content_type", ["image/png", "image/webp", "application/octet-stream"])
def test_a_body_may_be_the_picture_itself(content_type):
    assert read(PICTURE, content_type) == PICTURE


@pytest.mark.parametrize("content_type", ["", "application/json", "text/html", "multipart/mixed; boundary=frontier"])
def test_other_bodies_are_not_supported(content_type):
    with pytest.raises(Refusal) as caught:
        read(PICTURE, content_type)
    assert (caught.value.code, caught.value.kind) == ("unsupported_media_type", Kind.UNSUPPORTED)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"nonsense",
        form(part("file", PICTURE))[:200],
        part("file", PICTURE),
        b"--frontier\r\nno header\r\n\r\nx\r\n--frontier--\r\n",
        b"--frontier\r\n" + b"X-Long: " + b"x" * 5000 + b"\r\n\r\nx\r\n--frontier--\r\n",
    ],
)
def test_a_form_that_is_cut_off_or_wrong_is_malformed(body):
    with pytest.raises(Refusal) as caught:
        read(body)
    assert (caught.value.code, caught.value.kind) == ("malformed_form", Kind.MALFORMED)


def test_a_form_without_a_boundary_is_malformed():
    with pytest.raises(Refusal) as caught:
        read(form(part("file", PICTURE)), "multipart/form-data")
    assert caught.value.code == "malformed_form"


@pytest.mark.parametrize(
    "body", [form(), form(part("file", PICTURE, "a"), part("file", PICTURE, "b"))], ids=["none", "two"]
)
def test_a_form_holds_exactly_one_file(body):
    with pytest.raises(Invalid):
        read(body)


@pytest.mark.parametrize(
    "body",
    [
        form(part("photo", PICTURE)),
        form(part("note", b"hello"), part("file", PICTURE)),
        form(part("file", PICTURE), part("mode", b"x")),
        form(part("File", PICTURE)),
        form(part("", PICTURE)),
        form(*(part(f"n{number}", b"x") for number in range(20)), part("file", PICTURE)),
    ],
    ids=["another", "before", "behind", "case", "nameless", "crowd"],
)
def test_a_part_that_nobody_asked_for_is_refused(body):
    with pytest.raises(UnknownField) as caught:
        read(body)
    assert (caught.value.code, caught.value.kind) == ("unknown_field", Kind.INVALID)
