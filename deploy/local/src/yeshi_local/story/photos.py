"""Photographs for the demonstration, out of a package that ships some."""

import io
import subprocess
import sys
from pathlib import Path

from PIL import Image

from yeshi_local.machine import ROOT

#: What can be seen on them, by the name of the file.
PICTURES = {
    "coffee": "一杯咖啡",
    "chelsea": "貓",
    "astronaut": "太空人",
    "rocket": "火箭",
    "motorcycle_left": "機車",
    "brick": "紅磚",
    "grass": "草地",
    "gravel": "碎石",
    "coins": "古錢幣",
    "moon": "月球",
    "hubble_deep_field": "星空",
}


class NoPhotos(Exception):
    """The pictures could not be fetched. The text says why, as pip does."""


def folder(run: Path) -> Path:
    """Where the pictures lie; installs them below `run` the first time. Raises NoPhotos."""
    pictures = run / "photos" / "skimage" / "data"
    if not (pictures / "coffee.png").exists():
        command = [sys.executable, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-deps"]
        command += ["--require-hashes", "--target", str(run / "photos"), "-r", str(ROOT / "deploy" / "photos.txt")]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            raise NoPhotos((done.stderr.strip() or done.stdout.strip()).splitlines()[-1])
    return pictures


def photo(run: Path, name: str, width: int = 1600) -> bytes:
    """One of the pictures as a JPEG as a phone would send it. Raises NoPhotos."""
    source = next(path for path in folder(run).iterdir() if path.stem == name)
    with Image.open(source) as picture:
        colour = picture.convert("RGB")
        scaled = colour.resize((width, round(colour.height * width / colour.width)), Image.Resampling.LANCZOS)
    written = io.BytesIO()
    scaled.save(written, "JPEG", quality=88)
    return written.getvalue()
