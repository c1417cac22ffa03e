"""What happens beside the orders: photos are uploaded, products described anew, and people pass the door."""

import io
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

import httpx
from PIL import Image

from chassis.clock import now, rfc3339
from yeshi_local.faults.evidence import Evidence
from yeshi_local.story.api import ApiError
from yeshi_local.story.door import DoorCounter
from yeshi_local.story.people import Json, Seller

PHOTOS_EACH = 8  # of one product; nine are allowed
PATIENCE = 60.0  # seconds for what was promised to be seen


@dataclass
class SideLoad:
    """A seller at work while the block lasts: every `every` seconds a photo and a new description, and somebody at the
    door four times a second. Each is asked for again until it is known to be done.
    """

    seller: Seller
    seed: int
    every: float = 2.0
    photos: dict[str, str] = field(default_factory=dict)  # photo id → its URL, as promised
    described: dict[str, int] = field(default_factory=dict)  # metadata id → the last number written
    asked: int = 0
    passed: int = 0

    def __post_init__(self) -> None:
        self._ending = threading.Event()
        self._products: list[Json] = []
        shop = f"/v1/shops/{self.seller.shop_id}/devices"
        self._door = DoorCounter(self.seller.api.post(shop, {"name": "前門"})["mqtt"])

    def __enter__(self) -> "SideLoad":
        self._threads = [threading.Thread(target=work, daemon=True) for work in (self._describe, self._pass)]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        for thread in self._threads:
            thread.join()

    def look(self, evidence: Evidence) -> None:
        """Waits until what was promised is there, or `PATIENCE` is over, and notes what there is."""
        self._door.settle(PATIENCE)
        self._door.close()
        deadline = time.monotonic() + PATIENCE
        while True:
            self._note(evidence)
            complete = evidence.photos_seen >= evidence.photos_promised and evidence.counted == evidence.passed
            if (complete and evidence.described == self.described) or time.monotonic() > deadline:
                return
            time.sleep(0.5)

    def _note(self, evidence: Evidence) -> None:
        evidence.photos_promised = set(self.photos)
        evidence.photos_seen = set()
        evidence.wanted_descriptions, evidence.described = dict(self.described), {}
        for metadata in self.described:
            document = self.seller.api.get(f"/v1/metadata/{metadata}")
            evidence.described[metadata] = int(document["document"].get("number", -1))
            evidence.photos_seen |= {one["photo_id"] for one in document["photos"] if self._is_served(one["url"])}
        window = {"from": rfc3339(now() - timedelta(hours=2)), "to": rfc3339(now() + timedelta(hours=2))}
        buckets = self.seller.api.get(f"/v1/shops/{self.seller.shop_id}/footfall", **window)["buckets"]
        evidence.passed, evidence.counted = self.passed, sum(bucket["in"] for bucket in buckets)

    def _is_served(self, url: str) -> bool:
        return self.seller.api.send("GET", url).status_code == 200

    def _describe(self) -> None:
        chance = random.Random(self.seed)
        while not self._ending.wait(self.every):
            if self.asked % PHOTOS_EACH == 0 and not self._new_product():
                continue
            self.asked += 1
            product = self._products[-1]
            picture = _picture(chance)
            self._until_done(lambda product=product, picture=picture: self._upload(product, picture))  # type: ignore[misc]
            self._until_done(lambda product=product, number=self.asked: self._write(product, number))  # type: ignore[misc]

    def _new_product(self) -> bool:
        made: list[Json] = []
        self._until_done(lambda: made.append(self.seller.add_product("旁邊的商品", 100, 0)))
        self._products += made
        return bool(made)

    def _upload(self, product: Json, picture: bytes) -> None:
        stored = self.seller.add_photo(product["product_id"], picture)
        self.photos[stored["photo_id"]] = stored["url"]

    def _write(self, product: Json, number: int) -> None:
        self.seller.api.patch(f"/v1/products/{product['product_id']}", {"metadata": {"number": number}})
        self.described[product["metadata_id"]] = number

    def _until_done(self, work: Callable[[], object]) -> None:
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            try:
                work()
                return
            except ApiError as refused:
                if refused.status < 429:
                    raise
            except httpx.TransportError:
                pass
            time.sleep(0.3)

    def _pass(self) -> None:
        while not self._ending.wait(0.25):
            self._door.count("in")
            self.passed += 1


def _picture(chance: random.Random) -> bytes:
    """A small one that is like no other: the same bytes on the same product would be the same photo."""
    picture = Image.frombytes("RGB", (16, 16), chance.randbytes(768)).resize((96, 96))
    written = io.BytesIO()
    picture.save(written, "JPEG")
    return written.getvalue()
