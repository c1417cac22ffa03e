"""Bad days: killed processes, a bucket or a database that is away. Everything happens once, later."""

import signal
import subprocess
import sys

import pytest

from contracts import media
from contracts.naming import DEAD, event_queue
from yeshi_local.testing import ready, until

CHANGED, SETTLED = media.MetadataChangedV1.topic, media.PhotoSettledV1.topic
LONG_AGO = {"$set": {"claimed_until": None, "leased_until": None}}


@pytest.fixture
def calm(blank):
    """A world whose processes end with the test."""
    already = len(blank.programs)
    yield blank
    for program in blank.programs[already:]:
        program.kill()


def versions(world, metadata_id: str) -> list[int]:
    return [event["data"]["version"] for event in world.heard(CHANGED, metadata_id)]


@pytest.mark.parametrize(
    "point", ["transaction.before_commit:2", "transaction.after_commit:2", "consumer.after_handler"]
)
def test_a_service_killed_beside_its_commit_keeps_and_tells_each_document_once(calm, many_ids, point):
    calm.start("relay")
    first = calm.start("service", CRASH_AT=point)
    some = many_ids[:60]
    for one in some:
        calm.submit(one.metadata, 1, {"x": 1}, one.product)
    until(lambda: not first.running)
    calm.start("service")
    until(lambda: all(versions(calm, one.metadata) for one in some))
    until(lambda: calm.client.depth(event_queue("media")) == 0)
    assert all(versions(calm, one.metadata) == [1] for one in some)
    assert calm.client.depth(DEAD) == 0


@pytest.mark.parametrize("point", ["transaction.before_commit", "transaction.after_commit"])
def test_a_worker_killed_beside_its_commit_settles_the_photo_once(calm, ids, pictures, point):
    for command in ("relay", "service"):
        calm.start(command)
    photo_id = calm.upload(pictures.encoded(pictures.scene(), "PNG"), ids.product, ids.metadata)["photo_id"]
    first = calm.start("work", wait=False, CRASH_AT=point)
    until(lambda: not first.running)
    calm.db["photos"].update_one({"_id": photo_id, "state": "waiting"}, LONG_AGO)  # instead of waiting a minute
    calm.start("work")
    assert calm.settled(photo_id)["state"] == "stored"
    until(lambda: calm.heard(SETTLED, photo_id))
    until(lambda: versions(calm, ids.metadata) == [1])
    assert len(calm.metadata(ids.metadata)[ids.metadata]["photos"]) == 1
    assert len(calm.heard(SETTLED, photo_id)) == 1


def test_a_relay_killed_before_it_marked_sends_again(calm, ids):
    calm.start("service")
    first = calm.start("relay", wait=False, CRASH_AT="outbox.after_publish")
    calm.submit(ids.metadata, 1, {"x": 1}, ids.product)
    until(lambda: not first.running)
    until(lambda: versions(calm, ids.metadata) == [1])
    calm.db["outbox"].update_many({"waiting": True}, LONG_AGO)  # instead of waiting half a minute
    calm.start("relay")
    until(lambda: versions(calm, ids.metadata) == [1, 1])
    first_sent, again = calm.heard(CHANGED, ids.metadata)
    assert first_sent["id"] == again["id"]
    until(lambda: calm.db["outbox"].count_documents({"waiting": True}) == 0)


def test_two_of_each_do_everything_once_and_end_cleanly(calm, many_ids, pictures):
    for command in ("service", "service", "relay", "relay", "work", "work"):
        calm.start(command, wait=False)
    for program in calm.programs[-6:]:
        until(lambda program=program: ready(program.health), 60)
    products = many_ids[:8]
    photo_ids = [
        (one, calm.upload(pictures.encoded(pictures.scene(50 + n, 40), "PNG"), one.product, one.metadata)["photo_id"])
        for one in products
        for n in range(4)
    ]
    calm.send(*(calm.submitted(one.metadata, 1, {"tea": True}, one.product) for one in products))
    assert {calm.settled(photo_id, 60)["state"] for _, photo_id in photo_ids} == {"stored"}
    for one in products:
        until(lambda one=one: sorted(versions(calm, one.metadata)) == [1, 2, 3, 4, 5])
        document = calm.metadata(one.metadata)[one.metadata]
        assert [photo["photo_id"] for photo in document["photos"]] == [p for owner, p in photo_ids if owner is one]
        until(lambda document=document, one=one: calm.mirrored(one.metadata) == document)
    assert all(len(calm.heard(SETTLED, photo_id)) == 1 for _, photo_id in photo_ids)
    assert [program.stop(signal.SIGTERM) for program in calm.programs[-6:]] == [0] * 6


def test_a_bucket_that_is_away_lets_photos_wait(calm, ids, pictures, s3):
    for command in ("relay", "service"):
        calm.start(command)
    waiting = calm.upload(pictures.encoded(pictures.scene(), "PNG"), ids.product, ids.metadata)["photo_id"]
    s3.stop()
    try:
        worker = calm.start("work", wait=False)
        until(lambda: "photos waits" in worker.said())
        assert calm.photo(waiting)["state"] == "waiting"
        assert not ready(worker.health)
        calm.submit(ids.metadata, 1, {"told": "without the mirror"}, ids.product)
        until(lambda: versions(calm, ids.metadata) == [1])
    finally:
        s3.start()
    assert calm.settled(waiting, 30)["state"] == "stored"
    until(lambda: (calm.mirrored(ids.metadata) or {}).get("version") == 2, 30)
    until(lambda: ready(worker.health))


def test_a_bucket_that_is_frozen_stops_neither_events_nor_calls(calm, ids, pictures, s3):
    for command in ("relay", "service", "work"):
        calm.start(command)
    s3.pause()
    try:
        photo_id = calm.accept(b"never fetched", ids.product, ids.metadata, ids.product)["photo_id"]
        calm.submit(ids.metadata, 1, {"x": 1}, ids.product)
        until(lambda: versions(calm, ids.metadata) == [1], 10)
        assert calm.photo(photo_id)["state"] == "waiting"
    finally:
        s3.resume()
    assert calm.settled(photo_id, 40)["code"] == "upload_lost"


def test_a_database_that_is_away_or_frozen_costs_an_answer_and_no_event(calm, many_ids, mongo):
    for command in ("relay", "service", "work"):
        calm.start(command)
    first, second, third = many_ids[:3]
    calm.submit(first.metadata, 1, {"x": 1}, first.product)
    until(lambda: versions(calm, first.metadata) == [1])
    for away, back, one in ((mongo.pause, mongo.resume, second), (mongo.stop, mongo.start, third)):
        away()
        try:
            calm.submit(one.metadata, 1, {"x": 1}, one.product)
            with pytest.raises(Exception, match="database") as refused:
                calm.metadata(one.metadata)
            assert refused.value.code == "database_unavailable"
        finally:
            back()
        until(lambda one=one: versions(calm, one.metadata) == [1], 40)
        until(lambda one=one: calm.mirrored(one.metadata), 40)
    assert calm.client.depth(DEAD) == 0
    assert calm.db["documents"].count_documents({"_id": {"$in": [one.metadata for one in many_ids[:3]]}}) == 3


@pytest.mark.parametrize(
    ("entry", "forbidden"),
    [("service", {"psycopg2", "yoyo", "boto3", "PIL"}), ("work", {"psycopg2", "yoyo", "eventlet", "nameko"})],
)
def test_a_process_loads_no_driver_it_does_not_use(entry, forbidden):
    script = f"import sys, media.entrypoints.{entry}; print(*{{name.partition('.')[0] for name in sys.modules}})"
    command = [sys.executable, "-W", "ignore", "-c", script]
    loaded = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    assert "pymongo" in loaded
    assert not forbidden & set(loaded)
