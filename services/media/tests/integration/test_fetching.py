"""Photographs of an import, fetched by the real work process and settled like any upload."""

from collections.abc import Iterator
from typing import Any

import pytest

from chassis.ids import uuid7
from chassis.testing.events import encoded
from contracts import catalog
from yeshi_local.kit.gallery import Gallery
from yeshi_local.kit.gallery import gallery as open_gallery
from yeshi_local.testing import until


@pytest.fixture(scope="module")
def gallery() -> Iterator[Gallery]:
    with open_gallery() as made:
        yield made


@pytest.fixture(scope="module")
def world(blank: Any) -> Any:
    """Service and relay; each test has the workers it wants."""
    blank.start_all("service", "relay")
    return blank


@pytest.fixture
def want(world: Any) -> Any:
    """Asks for photographs of a product as catalog does. Answers (product, document, the ids they will have)."""

    def ask(*urls: str, product: tuple[str, str] | None = None, copies: int = 1) -> tuple[str, str, list[str]]:
        product_id, metadata_id = product or (str(uuid7()), str(uuid7()))
        ids = [str(uuid7()) for _ in urls]
        wanted = catalog.PhotosWantedV1(
            import_id=str(uuid7()),
            product_id=product_id,
            shop_id=str(uuid7()),
            metadata_id=metadata_id,
            photos=[catalog.WantedPhoto(photo_id=one, url=url) for one, url in zip(ids, urls, strict=True)],
        )
        body = encoded(wanted)
        for _ in range(copies):
            world.client.publish(wanted.topic, body)
        return product_id, metadata_id, ids

    return ask


def settled(world: Any, ids: list[str]) -> list[tuple[str, str | None]]:
    """(state, code) of each photo, once media has told of all of them."""

    def told() -> dict[str, tuple[str, str | None]]:
        news = [one["data"] for one in world.events if one["type"] == "media.photo_settled.v1"]
        return {one["photo_id"]: (one["state"], one.get("code")) for one in news if one["photo_id"] in ids}

    until(lambda: len(told()) == len(set(ids)), 40)
    return [told()[one] for one in ids]


def shown(world: Any, metadata_id: str) -> list[str]:
    return [one["photo_id"] for one in world.metadata(metadata_id).get(metadata_id, {"photos": []})["photos"]]


def test_photographs_come_in_their_order_once_and_what_is_none_is_told(world, gallery, want):
    world.start("work", FETCH_ALLOW=gallery.address)
    urls = [f"{gallery.url}/1", f"{gallery.url}/2", f"{gallery.url}/1", f"{gallery.url}/text", "http://127.0.0.1:9/x"]
    product_id, metadata_id, ids = want(*urls, copies=2)
    refusals = [("refused", "unsupported_image"), ("refused", "address_refused")]
    assert settled(world, ids) == [("stored", None)] * 3 + refusals
    assert len(shown(world, metadata_id)) == 2
    assert shown(world, metadata_id) == sorted(shown(world, metadata_id))
    assert set(shown(world, metadata_id)) <= set(ids[:3])
    asked = len(gallery.asked)
    ours = world.metadata(metadata_id)[metadata_id]["photos"][1]["urls"]["jpeg"]
    _, _, again = want(f"https://shop.example{ours}", product=(product_id, metadata_id))
    assert settled(world, again) == [("stored", None)]
    assert len(shown(world, metadata_id)) == 2
    _, other, copied = want(f"https://shop.example{ours}")
    assert settled(world, copied) == [("stored", None)]
    assert shown(world, other) == copied
    assert len(gallery.asked) == asked
    assert world.db.fetches.count_documents({}) == 0


def test_what_was_wanted_while_nobody_worked_is_fetched_later(world, gallery, want):
    for program in world.programs:
        if "work" in program.argv:
            program.stop()
    _, metadata_id, ids = want(f"{gallery.url}/7")
    until(lambda: world.db.fetches.count_documents({}) == 1)
    world.start("work", FETCH_ALLOW=gallery.address)
    assert settled(world, ids) == [("stored", None)]
    assert shown(world, metadata_id) == ids
