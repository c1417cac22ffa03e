"""From an upload to a photo or a refusal, without any server."""

import pytest

from chassis.errors import Missing, Unavailable
from chassis.ids import uuid7
from media.adapters.published_events import Publisher
from media.application import keys
from media.application.photo_work import MOST_FAILURES
from media.domain.document import MOST_PHOTOS
from media.domain.errors import IllegalTransition, PhotoIdTaken, Unfit, UploadTooLarge
from media.domain.photo import LARGEST_UPLOAD, Photo, State, fitted, unfit_header


def test_a_photo_is_stored_told_and_its_upload_deleted(world):
    photo = world.upload()
    assert world.work.step()
    kept = world.store.photos[photo.id]
    assert kept.state is State.STORED
    assert [event.photo.id for event in world.heard("PhotoSettled")] == [photo.id]
    (changed,) = world.heard("MetadataChanged")
    assert changed.document.version == 1
    assert sorted(world.store.objects) == sorted(one.key for one in kept.renditions)
    assert all(one.key.startswith(keys.DERIVED) for one in kept.renditions)
    assert not world.work.step()


def test_a_refused_photo_is_told_and_touches_no_document(world):
    photo = world.upload(b"text")
    world.work.step()
    assert world.media.photos.get(photo.id).code is Unfit.UNSUPPORTED
    assert world.heard("MetadataChanged") == []
    assert world.store.objects == {}


def test_photos_stand_in_the_order_of_their_uploads_whoever_is_done_first(world):
    ids = [world.upload(f"picture {n}".encode()).id for n in range(3)]
    world.store.claimed = {ids[0], ids[1]}
    world.work.step()
    world.store.claimed = {ids[1]}
    world.work.step()
    world.store.claimed = set()
    world.work.step()
    assert [one.photo_id for one in world.store.documents[world.metadata].pictures] == ids


def test_one_photo_too_many_is_refused_and_may_come_again(world):
    for number in range(MOST_PHOTOS + 1):
        world.upload(f"picture {number}".encode())
        world.work.step()
    refused = [photo for photo in world.store.photos.values() if photo.state is State.REFUSED]
    assert [photo.code for photo in refused] == [Unfit.TOO_MANY]
    assert world.upload(f"picture {MOST_PHOTOS}".encode()).id != refused[0].id
    assert world.store.documents[world.metadata].version == MOST_PHOTOS


def test_the_same_bytes_are_the_same_photo_also_when_they_were_refused(world):
    first = world.upload(b"text")
    assert world.upload(b"text").id == first.id
    world.work.step()
    assert world.upload(b"text").code is Unfit.UNSUPPORTED
    assert world.upload(b"text", metadata_id=uuid7()).state is State.WAITING


def test_an_id_of_another_product_and_too_many_bytes_are_refused(world):
    photo = world.upload()
    with pytest.raises(PhotoIdTaken):
        world.upload(b"picture of something else", id=photo.id, product_id=uuid7())
    with pytest.raises(UploadTooLarge):
        world.upload(b"x" * (LARGEST_UPLOAD + 1))
    with pytest.raises(Missing):
        world.media.photos.get(uuid7())


def test_a_bucket_that_is_away_leaves_the_photo_waiting(world):
    photo = world.upload()
    world.store.bucket_away = True
    with pytest.raises(Unavailable):
        world.work.step()
    assert world.media.photos.get(photo.id).state is State.WAITING
    world.store.bucket_away = False
    world.work.step()
    assert world.media.photos.get(photo.id).state is State.STORED
    assert world.store.failures == {photo.id: 0}


def test_a_photo_that_surprises_again_and_again_is_refused(world):
    photo = world.upload()
    world.darkroom.error = ZeroDivisionError()
    for _ in range(MOST_FAILURES):
        with pytest.raises(ZeroDivisionError):
            world.work.step()
    world.work.step()
    assert world.media.photos.get(photo.id).code is Unfit.BROKEN


def test_a_photo_that_somebody_else_settled_meanwhile_stays_as_it_is(world):
    photo = world.upload()
    claim = world.database.claim()
    world.store.claimed.clear()
    world.work.step()
    world.store.objects[keys.incoming(photo.id)] = (b"picture", world.store.now)
    world.work._work(claim)
    assert len(world.heard("PhotoSettled")) == len(world.heard("MetadataChanged")) == 1


def test_a_lost_or_changed_upload_is_refused(world):
    lost, changed = world.upload(b"picture 1"), world.upload(b"picture 2")
    del world.store.objects[keys.incoming(lost.id)]
    world.store.objects[keys.incoming(changed.id)] = (b"picture 2 and more", world.store.now)
    world.work.step()
    world.work.step()
    assert world.media.photos.get(lost.id).code is Unfit.LOST
    assert world.media.photos.get(changed.id).code is Unfit.DAMAGED


@pytest.mark.parametrize("state", [State.STORED, State.REFUSED])
def test_a_settled_photo_cannot_be_settled_again(state):
    photo = Photo(uuid7(), uuid7(), uuid7(), "0" * 64, 1, None, state=state)
    with pytest.raises(IllegalTransition):
        photo.store((), None)
    with pytest.raises(IllegalTransition):
        photo.refuse(Unfit.BROKEN, None)


@pytest.mark.parametrize(
    ("size", "widest", "fit"),
    [
        ((4000, 3000), 1600, (1600, 1200)),
        ((100, 80), 1600, (100, 80)),
        ((1000, 9000), 320, (107, 960)),
        ((12000, 1), 320, (320, 1)),
    ],
)
def test_pictures_fit_a_box_three_times_as_high_as_wide_and_are_never_enlarged(size, widest, fit):
    assert fitted(*size, widest) == fit


def test_headers_that_promise_too_much_are_not_decoded():
    assert not unfit_header(8160, 6120, at_once=False)
    assert unfit_header(8160, 6120, at_once=True)
    assert unfit_header(50_000, 50_000, at_once=False)
    assert unfit_header(12_001, 1, at_once=True)
    assert unfit_header(0, 10, at_once=True)


@pytest.mark.parametrize(("base", "begins"), [("", "/media/"), ("https://img.example/", "https://img.example/media/")])
def test_a_url_is_a_path_or_on_the_host_that_was_named(world, base, begins):
    photo = world.upload()
    world.work.step()
    status = Publisher(base).status(world.media.photos.get(photo.id))
    assert status.url.startswith(begins)
    assert status.url.endswith(".webp")
