"""Uploads that are no photos: bombs, polyglots, cut files, other formats."""

import gzip
import io
import os
import struct
import zipfile
import zlib
from collections.abc import Callable
from typing import Any

import httpx
from PIL import Image

from yeshi_local.story.api import Api

MB = 1 << 20


def photo(kind: str = "JPEG", size: tuple[int, int] = (320, 240), mode: str = "RGB", **how: Any) -> bytes:
    """Noise, as a file of this kind."""
    written = io.BytesIO()
    pixels = Image.frombytes("RGB", size, os.urandom(size[0] * size[1] * 3))
    pixels.convert(mode).save(written, kind, **how)
    return written.getvalue()


def chunk(kind: bytes, data: bytes) -> bytes:
    """A part of a PNG."""
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
    """A thousandth of what it unpacks to."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("photo.jpg", b"\0" * (20 * MB))
    return written.getvalue()


def moving(kind: str) -> bytes:
    """Three pictures in one file."""
    frames = [Image.frombytes("RGB", (40, 30), os.urandom(3600)) for _ in range(3)]
    written = io.BytesIO()
    frames[0].save(written, kind, save_all=True, append_images=frames[1:])
    return written.getvalue()


SVG = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'><script>alert(1)</script></svg>"
#: What is sent, and the codes it may be refused with; an empty one says that it may also be taken.
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


def upload(
    api: Api, product_id: str, data: bytes, name: str = "photo.jpg", kind: str = "image/jpeg", **more: Any
) -> httpx.Response:
    """One try, as a form."""
    files = {"file": (name, data, kind)}
    return api.send("POST", f"/v1/products/{product_id}/photos", files=files, **more)
