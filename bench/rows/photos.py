"""A seller's photo of 5 MB, from the first byte sent to the answer that its sizes are stored."""

import io
import itertools
import random
import statistics
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
from PIL import Image, ImageFilter

from bench.figures import Row, at_least, percentile
from bench.groups import averaged, spent
from bench.measure import interleave
from bench.world import World

PHOTOS = 12  # in each round
SIDE_BY_SIDE = 3  # uploads
EACH = 6  # photos of one product, which takes nine
SIZE = (4000, 3000)
BYTES = 5_000_000
ALONE = Path(__file__).parent.parent / "pillow_alone.py"


def run(world: World, rounds: int) -> Row:
    """Three widths in WebP and JPEG each, on both sides; ours crosses HTTP, S3 twice, a child and MongoDB."""
    row = Row("photos", "photo of 5 MB → three sizes in two formats")
    world.market.renew()
    photo = picture()
    file = world.home / "photo.jpg"
    file.write_bytes(photo)
    numbers = itertools.count()
    waits: list[float] = []
    costs: list[dict[str, float]] = []
    alone_costs: list[float] = []

    def ours() -> float:
        before, began = spent(world.roots()), time.monotonic()
        with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
            waits.extend(pool.map(lambda number: _upload(world, photo, number), itertools.islice(numbers, PHOTOS)))
        seconds = time.monotonic() - began
        costs.append(spent(world.roots()).since(before, PHOTOS))
        return PHOTOS / seconds

    def alone() -> float:
        done = subprocess.run(
            [sys.executable, str(ALONE), str(file), str(PHOTOS)], capture_output=True, text=True, check=True
        )
        rate, cpu = map(float, done.stdout.split())
        alone_costs.append(cpu)
        return rate

    rates = interleave(rounds, ours=ours, alone=alone)
    uploads = row.add(f"uploads, {SIDE_BY_SIDE} side by side", "photos/s", rates["ours"])
    pillow = row.add("Pillow alone, one core", "photos/s", rates["alone"])
    row.add("upload to answer, p50", "ms", [percentile(waits, 50)])
    row.add("upload to answer, p99", "ms", [percentile(waits, 99)])
    row.cpu = {"ours": averaged(costs), "Pillow alone": {"pillow": round(statistics.mean(alone_costs), 1)}}
    row.notes.append(f"A JPEG of {len(photo) / 1e6:.1f} MB, {SIZE[0]} × {SIZE[1]}, {PHOTOS} a round, no two alike.")
    row.verdicts = [at_least("of Pillow alone on one core", uploads.median / pillow.median * 100, 70, " %")]
    return row


def picture() -> bytes:
    """Something like a photograph, as a JPEG of about 5 MB."""
    chance = random.Random(5)
    coarse = Image.frombytes("RGB", (80, 60), chance.randbytes(80 * 60 * 3)).resize(SIZE, Image.Resampling.BICUBIC)
    grain = Image.merge("RGB", [Image.effect_noise(SIZE, 60).filter(ImageFilter.GaussianBlur(1)) for _ in range(3)])
    whole = Image.blend(coarse, grain, 0.3)
    low, high = 60, 98
    while low < high:  # the quality whose size is nearest
        quality = (low + high) // 2
        written = io.BytesIO()
        whole.save(written, "JPEG", quality=quality)
        low, high = (quality + 1, high) if written.tell() < BYTES else (low, quality)
    return written.getvalue()


def _upload(world: World, photo: bytes, number: int) -> float:
    """Milliseconds of one; bytes behind the picture make it another photo."""
    market = world.market
    product = market.products[number // EACH]
    token = market.sellers[market.shops.index(product.shop_id)].token
    files = {"file": ("photo.jpg", photo + str(number).encode(), "image/jpeg")}
    began = time.monotonic()
    answer = httpx.post(
        f"{world.url}/v1/products/{product.product_id}/photos",
        files=files,
        headers={"Authorization": f"Bearer {token}"},
        timeout=60,
        trust_env=False,
    )
    answer.raise_for_status()
    return (time.monotonic() - began) * 1000
