"""The sweep takes what nobody looks at any more, and nothing that somebody refers to."""

from datetime import timedelta

import pytest

from chassis import clock
from chassis.errors import Unavailable
from chassis.ids import uuid7
from chassis.mongo import Database
from chassis.mongo.lease import Lease
from media.adapters.mongo_photos import MongoPhotoQueue
from media.adapters.mongo_sweep import MongoSweepMarks
from media.adapters.rows import photo_row
from media.adapters.s3_objects import S3Objects
from media.application.ports import Claim, Unfinished
from media.application.sweep import Sweep
from media.domain.photo import Photo
from yeshi_local.testing import until

LOOSE = "media/" + "0" * 64 + ".webp"


@pytest.fixture
def database(world):
    made = Database(world.mongo_url, world.database, app="test")
    yield made
    made.close()


def sweep_of(world, database, old: timedelta = timedelta(0)) -> Sweep:
    lease = Lease(database, "test-sweep", timedelta(minutes=1))
    return Sweep(S3Objects(world.bucket, world.bucket_name), MongoSweepMarks(database), lease, clock.now, old)


def test_old_uploads_and_loose_sizes_go_and_the_rest_stays(world, database, ids, pictures):
    data = pictures.encoded(pictures.scene(), "PNG")
    photo_id = world.upload(data, ids.product, ids.metadata)["photo_id"]
    kept = [world.settled(photo_id)["url"][1:], *world.keys("media/")]
    until(lambda: world.object(f"incoming/{photo_id}") is None)  # the worker takes it after it has settled the photo
    for key in (LOOSE, "incoming/not-an-id", f"incoming/{ids.product}"):
        world.bucket.put_object(Bucket=world.bucket_name, Key=key, Body=b"x")
    sweep_of(world, database, timedelta(days=1)).step()
    assert world.object(LOOSE) == b"x"  # younger than a day
    later = sweep_of(world, database)
    later.step()
    assert later.swept == 0  # the first one still has the lease
    database["leases"].delete_many({})
    assert later.step() is False
    assert later.swept == 3
    assert world.keys("incoming/") == []
    assert world.object(LOOSE) is None
    assert all(world.object(key) for key in kept)
    assert database["sweeps"].count_documents({}) == 0


def test_an_upload_that_waits_stays_whatever_its_age(world, database, ids):
    row = {
        "_id": ids.product,
        "product_id": ids.product,
        "metadata_id": ids.metadata,
        "sha256": "0" * 64,
        "size": 1,
        "state": "waiting",
        "accepted_at": clock.now(),
        "claimed_until": clock.now() + timedelta(hours=1),  # so that no worker takes it
    }
    world.bucket.put_object(Bucket=world.bucket_name, Key=f"incoming/{ids.product}", Body=b"x")
    database["photos"].insert_one(row)
    database["leases"].delete_many({"_id": "test-sweep"})
    sweep_of(world, database).step()
    assert world.object(f"incoming/{ids.product}") == b"x"
    database["photos"].delete_one({"_id": ids.product})


def test_parts_of_an_upload_that_broke_off_go_and_younger_ones_stay(world, database):
    where = {"Bucket": world.bucket_name, "Key": f"incoming/{uuid7()}"}
    begun = [world.bucket.create_multipart_upload(**where)["UploadId"] for _ in range(2)]
    for upload_id in begun:
        world.bucket.upload_part(**where, UploadId=upload_id, PartNumber=1, Body=b"x")

    def unfinished() -> list[str]:
        return [
            one["UploadId"] for one in world.bucket.list_multipart_uploads(Bucket=where["Bucket"]).get("Uploads", [])
        ]

    database["leases"].delete_many({"_id": "test-sweep"})
    sweep_of(world, database, timedelta(days=1)).step()
    assert sorted(unfinished()) == sorted(begun)
    database["leases"].delete_many({"_id": "test-sweep"})
    sweep_of(world, database).step()
    assert unfinished() == []
    S3Objects(world.bucket, world.bucket_name).abandon(Unfinished(where["Key"], begun[0], clock.now()))  # gone already


def test_a_sweep_that_died_is_finished_by_the_next_and_nobody_refers_to_its_objects_meanwhile(world, database):
    claim = _a_claim(database)
    marks = MongoSweepMarks(database)
    marks.mark([LOOSE])
    with pytest.raises(Unavailable, match="being swept"):
        MongoPhotoQueue(database).announce(claim, [LOOSE])
    world.bucket.put_object(Bucket=world.bucket_name, Key=LOOSE, Body=b"x")
    database["leases"].delete_many({"_id": "test-sweep"})
    sweep_of(world, database).step()
    assert world.object(LOOSE) == b"x"  # the note came first, so the sweep leaves it
    assert marks.marked() == []
    MongoPhotoQueue(database).announce(claim, [LOOSE])
    database["photos"].delete_one({"_id": str(claim.photo.id)})


def _a_claim(database):
    photo = Photo(uuid7(), uuid7(), uuid7(), "1" * 64, 1, clock.now())
    claimed = {"claim": "ours", "claimed_until": clock.now() + timedelta(hours=1)}  # so that no worker takes it
    database["photos"].insert_one({**photo_row(photo), **claimed})
    return Claim(photo, "ours", 0)
