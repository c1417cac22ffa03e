"""Photos and documents through every service: order, cover, a variant's own picture, and what leaves with a product."""

import io

import pytest
from PIL import Image

from yeshi_local.story.api import Api
from yeshi_local.testing import until


def a_photo(colour: str, size: tuple[int, int] = (1800, 1350)) -> bytes:
    written = io.BytesIO()
    Image.new("RGB", size, colour).save(written, "JPEG")
    return written.getvalue()


@pytest.fixture
def product(seller):
    return seller.sell("相片集", 300, 9, variants=[{"desc": "紅", "metadata": {"色": "紅"}}, {"desc": "藍"}])


def card(platform, product, gateway: int = 0):
    return Api(platform.gateways[gateway]).get(f"/v1/products/{product['product_id']}")


def test_the_first_photo_is_the_cover_and_the_order_can_change(platform, seller, product):
    path = f"/v1/products/{product['product_id']}/photos"
    red, blue = (seller.add_photo(product["product_id"], a_photo(colour))["photo_id"] for colour in ("red", "blue"))
    for gateway in (0, 1):
        until(lambda at=gateway: [one["photo_id"] for one in card(platform, product, at)["photos"]] == [red, blue])
    answer = seller.api.put(path, {"photo_ids": [blue, red]})
    assert [one["photo_id"] for one in answer["photos"]] == [blue, red]
    for gateway in (0, 1):
        until(lambda at=gateway: [one["photo_id"] for one in card(platform, product, at)["photos"]] == [blue, red])
    stale = seller.api.send("PUT", path, json={"photo_ids": [blue]})
    assert (stale.status_code, stale.json()["code"]) == (409, "photos_changed")
    assert stale.json()["fields"]["photo_ids"] == [blue, red]
    seller.api.delete(f"{path}/{blue}")
    until(lambda: [one["photo_id"] for one in card(platform, product)["photos"]] == [red])


def test_every_size_comes_in_two_formats_with_its_measures(platform, seller, product):
    seller.add_photo(product["product_id"], a_photo("teal"))
    [photo] = until(lambda: card(platform, product)["photos"])
    told = [(one["format"], one["width"], one["height"]) for one in photo["sizes"]]
    assert told == [(kind, *size) for size in ((1600, 1200), (800, 600), (320, 240)) for kind in ("webp", "jpeg")]
    for one in photo["sizes"]:
        found = Api(platform.url).send("GET", one["url"])
        picture = Image.open(io.BytesIO(found.content))
        assert (picture.format.lower(), *picture.size) == (one["format"], one["width"], one["height"])
        assert found.headers["cache-control"] == "public, max-age=31536000, immutable"


def test_a_variant_has_one_picture_of_its_own(platform, seller, product):
    first, second = (one["product_variant_id"] for one in product["variants"])

    def put(variant_id: str, colour: str):
        files = {"file": ("v.jpg", a_photo(colour, (60, 40)), "image/jpeg")}
        return seller.api.ask("PUT", f"/v1/variants/{variant_id}/photo", files=files)["photo_id"]

    def shown() -> dict[str, str | None]:
        variants = card(platform, product)["variants"]
        return {one["product_variant_id"]: (one["photo"] or {}).get("photo_id") for one in variants}

    put(first, "red")
    newer, other = put(first, "crimson"), put(second, "blue")
    until(lambda: shown() == {first: newer, second: other})
    variants = {one["product_variant_id"]: one for one in card(platform, product)["variants"]}
    document = Api(platform.url).get(f"/v1/metadata/{variants[first]['metadata_id']}")
    assert (document["document"], document["variant_id"]) == ({"色": "紅"}, first)
    assert card(platform, product)["photos"] == []
    seller.api.delete(f"/v1/variants/{first}/photo")
    until(lambda: shown() == {first: None, second: other})


def test_the_documents_of_a_deleted_product_leave_the_mirror_too(seller, product, mirror):
    variant = next(one for one in product["variants"] if one["metadata_id"])
    for metadata_id in (product["metadata_id"], variant["metadata_id"]):
        told = until(lambda one=metadata_id: seller.api.get(f"/v1/metadata/{one}"))
        until(lambda one=metadata_id, wanted=told: mirror.read(one) == wanted)
    seller.api.delete(f"/v1/products/{product['product_id']}")
    for metadata_id in (product["metadata_id"], variant["metadata_id"]):
        until(lambda one=metadata_id: mirror.read(one) is None)
        assert seller.api.send("GET", f"/v1/metadata/{metadata_id}").status_code == 404
