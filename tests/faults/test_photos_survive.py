"""Photos and documents while a server is away: what was promised is there afterwards, and the mirror equals it."""

import io
import random
import threading
import time

import pytest
from PIL import Image

from yeshi_local.platform import NotUp
from yeshi_local.story.people import Buyer, Json, Seller, variant_of
from yeshi_local.testing import until

AWAY = 4.0  # seconds
PATIENCE = 90.0  # seconds for one piece of work to be done, tries included
KEPT = 4  # photos of a product


def picture(chance: random.Random) -> bytes:
    written = io.BytesIO()
    Image.frombytes("RGB", (16, 16), chance.randbytes(768)).resize((64, 64)).save(written, "JPEG")
    return written.getvalue()


class Studio(threading.Thread):
    """A seller at work: uploads, orders, deletes, describes, each until it is done. `refused` is what she heard."""

    def __init__(self, seller: Seller, product: Json) -> None:
        super().__init__(daemon=True)
        self.seller = seller
        self.product = product
        self.shown: list[str] = []
        self.number = 0
        self.refused: list[tuple[int, bool]] = []
        self.trouble: BaseException | None = None
        self._ending = threading.Event()
        self._path = f"/v1/products/{product['product_id']}"

    def run(self) -> None:
        chance = random.Random(self.product["product_id"])
        try:
            while not self._ending.is_set():
                self._turn(chance)
        except BaseException as trouble:
            self.trouble = trouble
            raise

    def end(self) -> None:
        self._ending.set()
        self.join(PATIENCE)
        assert self.trouble is None
        assert not self.is_alive()

    def _turn(self, chance: random.Random) -> None:
        photo = {"file": ("a.jpg", picture(chance), "image/jpeg")}
        self.shown.append(self._done("POST", f"{self._path}/photos", 201, files=photo)["photo_id"])
        if len(self.shown) > KEPT:
            self._done("DELETE", f"{self._path}/photos/{self.shown.pop(0)}", 204)
        self.shown.reverse()
        self._done("PUT", f"{self._path}/photos", 200, json={"photo_ids": self.shown})
        self.number += 1
        self._done("PATCH", self._path, 200, json={"metadata": {"number": self.number}})

    def _done(self, method: str, path: str, wanted: int, **body) -> Json:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            answer = self.seller.api.send(method, path, **body)
            if answer.status_code == wanted:
                return answer.json() if answer.content else {}
            assert answer.status_code == 503, answer.text
            self.refused.append((answer.status_code, "retry-after" in answer.headers))
            time.sleep(0.2)
        raise TimeoutError(f"{method} {path} was not done within {PATIENCE:g} s")


@pytest.mark.timeout(180)
@pytest.mark.parametrize("server", ["mongo", "s3", "postgres"])
def test_what_was_promised_is_there_and_in_the_mirror_after_a_server_was_away(platform, logs, server):
    seller, buyer = Seller(platform.url, "攝影師", "照片行"), Buyer(platform.url, "客人")
    product = seller.sell("底片", 200, 1000)
    studio = Studio(seller, product)
    studio.start()
    until(lambda: studio.number >= 2)
    platform.stop(f"server-{server}")
    began = time.monotonic()
    if server != "postgres":
        _still_sells(platform, seller, buyer, product)
    until(lambda: studio.refused, 30)
    until(lambda: time.monotonic() - began > AWAY)
    before = studio.number
    platform.start(f"server-{server}")
    until(lambda: studio.number >= before + 2, PATIENCE)
    studio.end()
    assert all(told for _, told in studio.refused), "503 without Retry-After"
    document = f"/v1/metadata/{product['metadata_id']}"
    until(lambda: seller.api.get(document)["document"] == {"number": studio.number}, PATIENCE)
    photos = seller.api.get(document)["photos"]
    assert [one["photo_id"] for one in photos] == studio.shown
    for one in photos:
        for size in one["sizes"]:
            assert seller.api.send("GET", size["url"]).status_code == 200
    until(lambda: _mirrored(platform), PATIENCE)


def _still_sells(platform, seller: Seller, buyer: Buyer, product: Json) -> None:
    """The catalogue goes on without photos and documents."""
    buyer.put(variant_of(product))
    assert buyer.checkout(seller.shop_id, settled=False)["status_code"] in (201, 202)
    assert seller.api.get(f"/v1/products/{product['product_id']}")["price"] == 200
    fresh = seller.sell("新到的底片", 90, 5)
    assert seller.at(platform.gateways[1]).get(f"/v1/products/{fresh['product_id']}")["name"] == "新到的底片"


def _mirrored(platform) -> bool:
    try:
        platform.mirror_check()
    except NotUp:
        return False
    return True
