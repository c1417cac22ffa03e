"""Uploads that are no photos: refused with a code, and nothing of them is served. Times: `python -m bench abuse`."""

import gzip
import io
import os
from pathlib import Path

import httpx
import pytest
from PIL import Image

from yeshi_local.abuse.uploads import REFUSED, photo, upload, zip_bomb

MOST_MEMORY = 100 << 20  # bytes by which a process may grow


STATUSES = {"invalid": 422, "too_large": 413, "unsupported_image": 415}


@pytest.fixture(scope="module")
def product(cast) -> str:
    return cast.seller.sell("照片", 1, 1)["product_id"]


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
    answer = upload(cast.seller.api, product, data)
    if answer.status_code == 201 and "" in codes:
        photo_id = answer.json()["photo_id"]
        cast.seller.api.delete(f"/v1/products/{product}/photos/{photo_id}")
        return
    assert answer.json()["code"] in codes, answer.text
    assert answer.status_code == STATUSES.get(answer.json()["code"], 422)
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
