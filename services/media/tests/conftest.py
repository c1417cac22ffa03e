"""Pictures for tests, good and hostile, made from nothing."""

import io
import struct
import sys
import zlib
from types import ModuleType
from typing import Any

import pytest
from PIL import Image


def encoded(image: Image.Image, kind: str, **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def scene(width: int = 400, height: int = 300) -> Image.Image:
    """Four quarters in different colours, so that a turn shows: red, green above blue, white."""
    image = Image.new("RGB", (width, height))
    for box, color in (
        ((0, 0, width // 2, height // 2), "red"),
        ((width // 2, 0, width, height // 2), "lime"),
        ((0, height // 2, width // 2, height), "blue"),
        ((width // 2, height // 2, width, height), "white"),
    ):
        image.paste(color, box)
    return image


def noise(width: int, height: int) -> Image.Image:
    """Something as hard to compress as a photo."""
    base = Image.effect_noise((width // 8, height // 8), 60).resize((width, height), Image.Resampling.BICUBIC)
    return Image.merge("RGB", (base, base.transpose(Image.Transpose.ROTATE_180), base))


def with_exif(orientation: int) -> bytes:
    """A JPEG with an orientation, a place on earth, a camera's name and a comment."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x0110] = "SecretCamera 9"
    place = exif.get_ifd(0x8825)
    place[1], place[2] = "N", (25.0, 2.0, 0.0)
    return encoded(scene(), "JPEG", exif=exif, comment="SecretComment", quality=95)


def png(width: int, height: int, packed: bytes) -> bytes:
    """A PNG whose header says one thing and whose pixels may be another."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


def claiming(width: int, height: int) -> bytes:
    """A header with hardly anything behind it."""
    return png(width, height, zlib.compress(b"\0" * 1000))


def bomb(width: int, height: int) -> bytes:
    """Few bytes, many pixels, and all of them are there."""
    packer = zlib.compressobj(9)
    row = b"\0" * (1 + width * 4)
    return png(width, height, b"".join(packer.compress(row) for _ in range(height)) + packer.flush())


def opened(body: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(body))
    image.load()
    return image


@pytest.fixture(scope="session")
def pictures() -> ModuleType:
    """The functions above."""
    return sys.modules[__name__]
