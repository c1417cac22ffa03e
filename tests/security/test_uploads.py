"""Uploads that are no photos: refused with a code, at little cost, and nothing of them is served."""

import gzip
import io
import os
import struct
import time
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from PIL import Image

from yeshi_local.story.api import Api

PATIENCE = 3.0  # seconds until a refusal; the figure is one, the rest is for a busy machine
MOST_MEMORY = 100 << 20  # bytes by which a process may grow
MB = 1 << 20


def photo(kind: str = "JPEG", size: tuple[int, int] = (320, 240), mode: str = "RGB", **how) -> bytes:
    written = io.BytesIO()
    pixels = Image.frombytes("RGB", size, os.urandom(size[0] * size[1] * 3))
    pixels.convert(mode).save(written, kind, **how)
    return written.getvalue()


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, data: bytes = b"\0" * 1000) -> bytes:
    """A PNG that says it is so large."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(data, 9)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def jpeg_saying(width: int, height: int) -> bytes:
    """A JPEG whose frame header is changed."""
    data = bytearray(photo())
    at = data.index(b"\xff\xc0")
    data[at + 5 : at + 9] = struct.pack(">HH", height, width)
    return bytes(data)


def zip_bomb() -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("photo.jpg", b"\0" * (20 * MB))
    return written.getvalue()


def moving(kind: str) -> bytes:
    frames = [Image.frombytes("RGB", (40, 30), os.urandom(3600)) for _ in range(3)]
    written = io.BytesIO()
    frames[0].save(written, kind, save_all=True, append_images=frames[1:])
    return written.getvalue()


SVG = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'><script>alert(1)</script></svg>"
REFUSED: dict[str, tuple[Callable[[], bytes], set[str]]] = {
    "nothing": (lambda: b"", {"invalid"}),
    "21 MB": (lambda: photo() + b"\0" * (21 * MB), {"too_large"}),
    "one byte too many": (lambda: photo() + b"\0" * (10 * MB - len(photo()) + 100_000), {"too_large"}),
    "text": (lambda: "這不是照片".encode() * 100, {"unsupported_image"}),
    "HTML": (lambda: b"<html><script>alert(1)</script></html>", {"unsupported_image"}),
    "SVG with a script": (lambda: SVG, {"unsupported_image"}),
    "GIF that is a script": (lambda: b"GIF89a/*" + b"\0" * 40 + b"*/=1;alert(1)", {"unsupported_image"}),
    "GIF": (lambda: photo("GIF"), {"unsupported_image"}),
    "BMP": (lambda: photo("BMP"), {"unsupported_image"}),
    "TIFF": (lambda: photo("TIFF"), {"unsupported_image"}),
    "PDF": (lambda: b"%PDF-1.7\n" + b"\0" * 100, {"unsupported_image"}),
    "PostScript": (lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", {"unsupported_image"}),
    "MVG": (lambda: b"push graphic-context\nfill 'url(https://x\"|id\")'\n", {"unsupported_image"}),
    "zip bomb": (zip_bomb, {"unsupported_image"}),
    "gzip bomb": (lambda: gzip.compress(b"\0" * (20 * MB)), {"unsupported_image"}),
    "program": (lambda: b"\x7fELF" + b"\0" * 100, {"unsupported_image"}),
    "cut JPEG": (lambda: photo(size=(800, 600))[:5000], {"broken_image"}),
    "cut PNG": (lambda: photo("PNG", size=(800, 600))[:5000], {"broken_image"}),
    "cut WebP": (lambda: photo("WEBP", size=(800, 600))[:5000], {"broken_image"}),
    "JPEG's first bytes": (lambda: b"\xff\xd8\xff", {"broken_image"}),
    "PNG of nothing": (lambda: png(100, 100, b""), {"broken_image"}),
    "PNG, 20,000 x 20,000": (lambda: png(20_000, 20_000), {"image_too_large"}),
    "PNG, 50,000 x 50,000": (lambda: png(50_000, 50_000), {"image_too_large"}),
    "PNG of 10^9 pixels": (lambda: png(100_000, 10_000), {"image_too_large"}),
    "PNG that unpacks to 72 MB": (lambda: png(6_000, 4_000, b"\0" * (6_000 * 3 + 1) * 4_000), {"image_too_large", ""}),
    "JPEG, 65,000 x 65,000": (lambda: jpeg_saying(65_000, 65_000), {"image_too_large"}),
    "animated PNG": (lambda: moving("PNG"), {"animated_image"}),
    "animated WebP": (lambda: moving("WEBP"), {"animated_image"}),
}
STATUSES = {"invalid": 422, "too_large": 413, "unsupported_image": 415}


@pytest.fixture(scope="module")
def product(cast) -> str:
    return cast.seller.sell("照片", 1, 1)["product_id"]


def upload(api: Api, product_id: str, data: bytes, name: str = "photo.jpg", kind: str = "image/jpeg", **more):
    files = {"file": (name, data, kind)}
    return api.send("POST", f"/v1/products/{product_id}/photos", files=files, **more)


def memory(platform) -> int:
    """Bytes of the gateways, of media's processes and their children."""
    found = 0
    for name in platform.names():
        if name.startswith(("gateway", "media")):
            found += sum(_resident(pid) for pid in family(platform.pid(name)))
    return found


def family(pid: int) -> list[int]:
    found = [pid]
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            found += family(int(child))
    return found


def _resident(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_photo_is_refused_with_a_code_and_leaves_nothing(cast, product, name):
    make, codes = REFUSED[name]
    data = make()
    started = time.perf_counter()
    answer = upload(cast.seller.api, product, data)
    took = time.perf_counter() - started
    if answer.status_code == 201 and "" in codes:
        photo_id = answer.json()["photo_id"]
        cast.seller.api.delete(f"/v1/products/{product}/photos/{photo_id}")
        return
    assert answer.json()["code"] in codes, answer.text
    assert answer.status_code == STATUSES.get(answer.json()["code"], 422)
    assert took < PATIENCE, f"after {took:.2f} s"
    assert cast.seller.api.get(f"/v1/products/{product}")["photos"] == []


def test_memory_rises_by_less_than_100_mb_over_all_of_them(platform, cast, product):
    upload(cast.seller.api, product, b"warm")
    before = memory(platform)
    for make, _ in REFUSED.values():
        upload(cast.seller.api, product, make())
    assert memory(platform) - before < MOST_MEMORY


def served(cast, answer) -> Image.Image:
    assert answer.status_code == 201, answer.text
    got = cast.anonymous.send("GET", answer.json()["url"])
    assert got.status_code == 200
    assert got.headers["content-type"] in ("image/webp", "image/jpeg")
    assert got.headers["x-content-type-options"] == "nosniff"
    assert got.headers["content-security-policy"].startswith("default-src 'none'")
    assert got.headers["cache-control"] == "public, max-age=31536000, immutable"
    return Image.open(io.BytesIO(got.content))


def urls(cast, product_id: str, photo_id: str) -> list[str]:
    [found] = [
        one for one in cast.seller.api.get(f"/v1/products/{product_id}")["photos"] if one["photo_id"] == photo_id
    ]
    return [one["url"] for one in found["sizes"]]


def test_where_a_photo_was_taken_is_in_none_of_its_files(cast):
    product_id = cast.seller.sell("有位置的照片", 1, 1)["product_id"]
    exif = Image.Exif()
    exif[0x010F] = "SecretCamera"
    exif.get_ifd(0x8825).update({1: "N", 2: (25.0, 2.0, 3.0), 3: "E", 4: (121.0, 33.0, 4.0)})
    data = photo(exif=exif, comment=b"SecretComment")
    assert b"SecretCamera" in data
    answer = upload(cast.seller.api, product_id, data)
    served(cast, answer)
    files = urls(cast, product_id, answer.json()["photo_id"])
    assert {one.rpartition(".")[2] for one in files} == {"webp", "jpg"}
    for url in files:
        body = cast.anonymous.send("GET", url).content
        assert not any(secret in body for secret in (b"Secret", b"Exif", b"GPS"))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_second_file_behind_a_photo_is_not_served(cast, kind):
    product_id = cast.seller.sell("多語檔", 1, 1)["product_id"]
    answer = upload(cast.seller.api, product_id, photo(kind) + b"<script>alert(1)</script>" + zip_bomb()[:5000])
    served(cast, answer)
    for url in urls(cast, product_id, answer.json()["photo_id"]):
        body = cast.anonymous.send("GET", url).content
        assert b"script" not in body
        assert b"PK\x03\x04" not in body


def test_a_cmyk_photo_becomes_one_that_screens_show(cast):
    product_id = cast.seller.sell("印刷用", 1, 1)["product_id"]
    assert served(cast, upload(cast.seller.api, product_id, photo(mode="CMYK"))).mode == "RGB"


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "/etc/passwd", "a\\..\\b.jpg", "x.php", "x.jpg\x00.php", "貓.svg", "a" * 300]
)
def test_a_files_name_and_type_mean_nothing(cast, name):
    product_id = cast.seller.sell("檔名", 1, 1)["product_id"]
    answer = upload(cast.seller.api, product_id, photo(), name=name, kind="text/html")
    served(cast, answer)
    assert answer.json()["url"].startswith("/media/")
    assert len(answer.json()["url"]) == len("/media/.webp") + 64


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_a_compressed_body_is_not_unpacked(cast, product, encoding):
    body = gzip.compress(photo())
    headers = {"Content-Type": "image/jpeg", "Content-Encoding": encoding}
    answer = cast.seller.api.send("POST", f"/v1/products/{product}/photos", content=body, headers=headers)
    assert answer.status_code == 415, answer.text


def test_a_form_is_read_strictly(cast, product):
    path = f"/v1/products/{product}/photos"
    bad = [
        (b"--x\r\n", "multipart/form-data; boundary=x"),
        (b"no form at all", "multipart/form-data; boundary=x"),
        (b"", "multipart/form-data"),
        (b"--x\r\n" * 5000, "multipart/form-data; boundary=x"),
        (b"--x\r\nA: " + b"b" * 100_000, "multipart/form-data; boundary=x"),
    ]
    for body, kind in bad:
        answer = cast.seller.api.send("POST", path, content=body, headers={"Content-Type": kind})
        assert answer.status_code in (400, 413, 415, 422), answer.text
        assert answer.json()["code"]
    two = [("file", ("a.jpg", photo(), "image/jpeg")), ("file", ("b.jpg", photo(), "image/jpeg"))]
    assert cast.seller.api.send("POST", path, files=two).status_code == 422


def test_a_length_that_is_no_promise_is_seen_through(cast, product):
    """A body in pieces that never says how long it will be."""

    def endless():
        while True:
            yield b"\xff\xd8\xff" + b"\0" * 65_536

    headers = {"Authorization": f"Bearer {cast.seller.api.token}", "Content-Type": "image/jpeg"}
    url = f"{cast.url}/v1/products/{product}/photos"
    try:
        answer = httpx.post(url, content=endless(), headers=headers, trust_env=False, timeout=30)
    except httpx.TransportError:
        return  # the door closed while the body still came
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_only_what_was_made_of_photos_is_served(cast):
    for path in ("incoming/x", "../metadata/x.json", "%2e%2e/metadata/x.json", "metadata/x.json", "x.html", "x.svg"):
        assert cast.anonymous.send("GET", f"/media/{path}").status_code == 404
