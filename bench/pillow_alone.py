"""`python bench/pillow_alone.py PHOTO COUNT`: the same sizes of a photo by Pillow as one would, on one core.

Prints photos a second and the CPU milliseconds of each.
"""

import io
import os
import sys
import time
from pathlib import Path

from PIL import Image, ImageOps

WIDTHS = (1600, 800, 320)
FORMATS = (("WEBP", {"quality": 80, "method": 4}), ("JPEG", {"quality": 85}))


def make(data: bytes) -> int:
    """Bytes of all sizes together."""
    made = 0
    with Image.open(io.BytesIO(data)) as opened:
        opened.draft("RGB", (WIDTHS[0], WIDTHS[0] * 3))
        picture = ImageOps.exif_transpose(opened).convert("RGB")
    for width in WIDTHS:
        picture.thumbnail((width, width * 3), Image.Resampling.LANCZOS)
        for kind, how in FORMATS:
            out = io.BytesIO()
            picture.save(out, kind, **how)
            made += out.tell()
    return made


def main() -> None:
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    data, count = Path(sys.argv[1]).read_bytes(), int(sys.argv[2])
    make(data)
    began, used = time.perf_counter(), time.process_time()
    for _ in range(count):
        make(data)
    print(count / (time.perf_counter() - began), (time.process_time() - used) / count * 1000)


if __name__ == "__main__":
    main()
