"""Documents: kept as they came, in whatever order their two parts arrive, each event once."""

import json

import contracts
from contracts import media
from contracts.naming import DEAD, event_queue
from yeshi_local.testing import until

CHANGED = media.MetadataChangedV1.topic

ODD = {
    "a.b": 1,
    "$set": {"$where": "1"},
    "__type__": "uuid",
    "nested": {"__type__": "datetime", "__value__": "x", "": "empty key", "_id": 7},
    "large": 2**63,
    "larger": 123456789012345678901234567890,
    "negative": -(2**63) - 1,
    "exact": 0.1,
    "text": "凍頂烏龍 🍵 \u2028",
    "none": None,
    "deep": [[[[{"x": [True, False]}]]]],
}


def test_a_document_is_kept_exactly_and_told(world, ids):
    world.submit(ids.metadata, 1, ODD, ids.product)
    kept = until(lambda: world.metadata(ids.metadata).get(ids.metadata))
    assert kept == {
        "metadata_id": ids.metadata,
        "product_id": ids.product,
        "variant_id": None,
        "version": 1,
        "document": ODD,
        "photos": [],
    }
    (event,) = until(lambda: world.heard(CHANGED, ids.metadata))
    assert event["data"] == kept
    until(lambda: world.mirrored(ids.metadata) == kept)


def test_an_older_version_of_the_content_changes_nothing(world, ids):
    for version in (2, 1, 2, 3):
        world.submit(ids.metadata, version, {"v": version}, ids.product)
    until(lambda: world.metadata(ids.metadata).get(ids.metadata, {}).get("document") == {"v": 3})
    until(lambda: [one for one in world.heard(CHANGED, ids.metadata) if one["data"]["document"] == {"v": 3}])
    last = world.heard(CHANGED, ids.metadata)[-1]["data"]
    assert last["document"] == {"v": 3}
    assert world.metadata(ids.metadata)[ids.metadata]["version"] == last["version"] <= 2


def test_content_then_photo_and_photo_then_content_come_to_the_same(world, two_ids, pictures):
    first, second = two_ids
    world.submit(first.metadata, 1, {"story": "茶"}, first.product)
    until(lambda: world.metadata(first.metadata))
    for one in (first, second):
        photo_id = world.upload(pictures.encoded(pictures.scene(), "PNG"), one.product, one.metadata)["photo_id"]
        assert world.settled(photo_id)["state"] == "stored"
    assert world.metadata(second.metadata)[second.metadata]["document"] == {}
    world.submit(second.metadata, 1, {"story": "茶"}, second.product)
    until(lambda: world.metadata(second.metadata)[second.metadata]["version"] == 2)
    one, other = (world.metadata(i.metadata)[i.metadata] for i in (first, second))
    assert one["document"] == other["document"] == {"story": "茶"}
    assert [p["url"] for p in one["photos"]] == [p["url"] for p in other["photos"]]
    assert one["version"] == other["version"] == 2
    until(lambda: [e["data"]["version"] for e in world.heard(CHANGED, second.metadata)] == [1, 2])


def test_the_same_event_again_changes_nothing(world, ids):
    event = world.submitted(ids.metadata, 1, {"once": True}, ids.product)
    world.send(event, event, event)
    until(lambda: world.heard(CHANGED, ids.metadata))
    world.send(event)
    world.submit(ids.metadata, 2, {"once": False}, ids.product)
    until(lambda: [e["data"]["version"] for e in world.heard(CHANGED, ids.metadata)] == [1, 2])
    assert world.db["inbox"].count_documents({"_id": f"media:{contracts.decode(event).id}"}) == 1


def test_a_document_that_is_too_large_goes_to_the_dead_queue_and_the_rest_goes_on(world, two_ids):
    first, second = two_ids
    before = world.client.depth(DEAD)
    world.submit(first.metadata, 1, {"x": "x" * 256 * 1024}, first.product)
    world.submit(second.metadata, 1, {"x": "x" * 255 * 1024}, second.product)
    until(lambda: world.metadata(second.metadata))
    until(lambda: world.client.depth(DEAD) == before + 1)
    assert world.metadata(first.metadata) == {}
    until(lambda: world.heard(CHANGED, second.metadata))  # as one event of a quarter of a megabyte


def test_unknown_documents_are_absent(world, ids):
    assert world.metadata(ids.metadata, "not-an-id") == {}


def test_many_documents_come_in_batches_and_each_is_told_once(world, many_ids):
    bodies = [world.submitted(i.metadata, 1, {"n": n}, i.product) for n, i in enumerate(many_ids)]
    world.send(*bodies)
    wanted = {i.metadata for i in many_ids}

    def told() -> list[str]:
        return [e["subject"] for e in world.events if e["type"] == CHANGED and e["subject"] in wanted]

    until(lambda: len(told()) >= len(wanted))
    assert sorted(told()) == sorted(wanted)
    until(lambda: world.client.depth(event_queue("media")) == 0)
    until(lambda: all(world.object(f"metadata/{i}.json") for i in wanted))
    body = world.object(f"metadata/{many_ids[7].metadata}.json")
    assert json.loads(body)["document"] == {"n": 7}
