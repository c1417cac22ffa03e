"""The mirror misses nothing: over restarts, over deletions, and when the database has forgotten where it was."""

import json
import urllib.request

import pytest

from yeshi_local.testing import until


@pytest.fixture
def quiet(blank):
    """A world with a service; the test starts its own workers."""
    already = len(blank.programs)
    blank.start("service")
    yield blank
    for program in blank.programs[already:]:
        program.kill()


def keep(world, *many) -> None:
    """Documents in the database."""
    for one in many:
        world.submit(one.metadata, 1, {"of": one.metadata}, one.product)
    until(lambda: len(world.metadata(*(one.metadata for one in many))) == len(many))


def right(world, *many) -> bool:
    documents = world.metadata(*(one.metadata for one in many))
    return all(world.mirrored(one.metadata) == documents.get(one.metadata) for one in many)


def lag(program) -> float:
    with urllib.request.urlopen(f"{program.health}/metrics") as answer:  # noqa: S310 - loopback
        (line,) = [x for x in answer.read().decode().splitlines() if x.startswith("yeshi_media_mirror_lag_seconds ")]
    return float(line.split()[1])


def test_what_changes_while_no_worker_runs_is_mirrored_by_the_next(quiet, many_ids):
    before, meanwhile, gone, withdrawn = many_ids[:5], many_ids[5:10], many_ids[10:12], many_ids[12]
    keep(quiet, *before, *gone, withdrawn)
    first = quiet.start("work")  # it has never run: what is there already counts too
    until(lambda: right(quiet, *before, *gone, withdrawn))
    first.kill()
    keep(quiet, *meanwhile)
    quiet.submit(before[0].metadata, 2, {"changed": True}, before[0].product)
    until(lambda: quiet.metadata(before[0].metadata)[before[0].metadata]["version"] == 2)
    for one in gone:
        quiet.db["documents"].delete_one({"_id": one.metadata})
    quiet.send(quiet.submitted(withdrawn.metadata, 2, {}, withdrawn.product, withdrawn=True))
    until(lambda: quiet.metadata(withdrawn.metadata) == {})
    blind = quiet.start("work", wait=False, S3_ENDPOINT_URL="http://127.0.0.1:9")
    until(lambda: lag(blind) > 0, 40)  # it has read what changed, and can write none of it
    blind.stop()
    last = quiet.start("work")
    until(lambda: right(quiet, *before, *meanwhile, *gone, withdrawn), 40)
    until(lambda: lag(last) == 0)
    assert quiet.mirrored(before[0].metadata)["document"] == {"changed": True}
    assert quiet.mirrored(gone[0].metadata) is quiet.mirrored(withdrawn.metadata) is None


def test_a_place_that_is_lost_is_made_good_by_comparing_everything(quiet, many_ids):
    wrong, missing, left_over = many_ids[0], many_ids[1], many_ids[2]
    keep(quiet, *many_ids[:120])
    first = quiet.start("work")
    until(lambda: right(quiet, *many_ids[:120]), 40)
    first.stop()
    put(quiet, wrong.metadata, b"{}")
    quiet.bucket.delete_object(Bucket=quiet.bucket_name, Key=f"metadata/{missing.metadata}.json")
    quiet.db["documents"].delete_one({"_id": left_over.metadata})
    quiet.db["mirror"].update_one({"_id": "metadata"}, {"$set": {"token": {"_data": "82AB"}}})
    second = quiet.start("work")
    until(lambda: right(quiet, *many_ids[:120]), 40)
    assert quiet.mirrored(left_over.metadata) is None
    until(lambda: quiet.db["mirror"].find_one()["comparing_after"] is None)
    assert "everything is compared" in second.said()
    late = many_ids[200]
    keep(quiet, late)
    until(lambda: right(quiet, late))


def test_mirror_check_reports_and_repairs(quiet, many_ids):
    wrong, missing, left_over = many_ids[0].metadata, many_ids[1].metadata, many_ids[2].metadata
    keep(quiet, many_ids[0], many_ids[1])
    assert quiet.once("mirror-check", "--repair")[0] == 0
    assert quiet.once("mirror-check")[0] == 0
    put(quiet, wrong, b"{}")
    quiet.bucket.delete_object(Bucket=quiet.bucket_name, Key=f"metadata/{missing}.json")
    put(quiet, left_over, b"{}")
    quiet.bucket.put_object(Bucket=quiet.bucket_name, Key="metadata/notes.txt", Body=b"somebody's")
    status, log = quiet.once("mirror-check")
    assert status == 1
    said = {line["message"] for line in map(json.loads, log.splitlines())}
    assert f"metadata/{wrong}.json is different" in said
    assert f"metadata/{missing}.json is missing" in said
    assert f"metadata/{left_over}.json is left_over" in said
    assert "metadata/notes.txt is foreign" in said
    assert quiet.mirrored(wrong) == {}
    assert quiet.once("mirror-check", "--repair")[0] == 0
    assert right(quiet, many_ids[0], many_ids[1])
    assert quiet.mirrored(left_over) is None
    assert quiet.object("metadata/notes.txt") == b"somebody's"
    assert quiet.once("mirror-check")[0] == 0


def put(world, metadata_id: str, body: bytes) -> None:
    world.bucket.put_object(Bucket=world.bucket_name, Key=f"metadata/{metadata_id}.json", Body=body)
