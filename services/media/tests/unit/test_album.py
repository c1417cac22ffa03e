"""The photos of a document: their order, a variant's single one, and those that leave."""

import pytest

from chassis.errors import Missing
from chassis.ids import uuid7
from media.adapters.published_events import Publisher
from media.domain.errors import IllegalTransition, PhotosChanged, Unfit
from media.domain.photo import Photo, State


@pytest.fixture
def three(world):
    """Three stored photos of the product's document."""
    ids = [world.upload(f"picture {n}".encode()).id for n in range(3)]
    while world.work.step():
        pass
    return ids


def shown(world):
    return world.store.documents[world.metadata].photo_ids


def test_the_first_of_the_new_order_is_the_cover(world, three):
    document = world.media.album.arrange(world.metadata, [three[2], three[0], three[1]])
    assert (document.version, shown(world)) == (4, [three[2], three[0], three[1]])
    assert world.heard("MetadataChanged")[-1].document.photo_ids[0] == three[2]


def test_the_same_order_again_changes_and_tells_nothing(world, three):
    world.media.album.arrange(world.metadata, three)
    assert world.store.documents[world.metadata].version == len(world.heard("MetadataChanged")) == 3


@pytest.mark.parametrize("named", ["too few", "a stranger", "twice"])
def test_an_order_names_every_photo_once(world, three, named):
    wanted = {"too few": three[:2], "a stranger": [*three[:2], uuid7()], "twice": [*three, three[0]]}[named]
    with pytest.raises(PhotosChanged) as refused:
        world.media.album.arrange(world.metadata, wanted)
    assert refused.value.fields["photo_ids"] == [str(one) for one in three]
    assert shown(world) == three


def test_a_later_upload_stands_behind_whatever_order_was_chosen(world, three):
    world.media.album.arrange(world.metadata, three[::-1])
    late = world.upload(b"picture late").id
    world.work.step()
    assert shown(world) == [*three[::-1], late]


def test_a_deleted_photo_leaves_once_and_its_bytes_may_come_again(world, three):
    world.media.album.delete(world.metadata, three[0])
    world.media.album.delete(world.metadata, three[0])
    assert shown(world) == three[1:]
    assert world.store.documents[world.metadata].version == 4
    assert world.media.photos.get(three[0]).state is State.DELETED
    again = world.upload(b"picture 0")
    assert again.id != three[0]
    world.work.step()
    assert shown(world) == [*three[1:], again.id]


def test_what_is_not_of_this_document_is_not_deleted(world, three):
    other, waiting = uuid7(), world.upload(b"picture waits").id
    world.submit(1, metadata=other)
    for metadata, photo in ((other, three[0]), (world.metadata, uuid7()), (world.metadata, waiting), (uuid7(), None)):
        with pytest.raises(Missing):
            world.media.album.delete(metadata, photo)
    assert shown(world) == three


def test_a_variant_has_one_photo_and_a_new_one_takes_its_place(world):
    variant, document = uuid7(), uuid7()
    first = world.upload(b"picture red", metadata_id=document, variant_id=variant).id
    world.work.step()
    second = world.upload(b"picture blue", metadata_id=document, variant_id=variant).id
    world.work.step()
    assert world.store.documents[document].photo_ids == [second]
    assert world.media.photos.get(first).state is State.DELETED
    world.media.album.delete(document, None)
    assert world.store.documents[document].photo_ids == []
    assert world.media.photos.get(second).state is State.DELETED


def test_the_same_picture_may_show_a_product_and_its_variant(world):
    one = world.upload(b"picture").id
    two = world.upload(b"picture", metadata_id=uuid7(), variant_id=uuid7()).id
    assert one != two


def test_a_withdrawn_document_is_gone_and_late_news_do_not_bring_it_back(world, three):
    late = world.upload(b"picture late")
    world.submit(2, "{}", withdrawn=True)
    world.submit(1)
    world.submit(3)
    world.work.step()
    assert world.media.documents.get_many([world.metadata]) == {}
    assert world.media.photos.get(late.id).code is Unfit.GONE
    assert world.media.photos.get(three[0]).state is State.STORED  # orders show what was bought
    for change in (
        lambda: world.media.album.arrange(world.metadata, []),
        lambda: world.media.album.delete(world.metadata, None),
    ):
        with pytest.raises(Missing):
            change()


def test_the_mirror_lets_go_of_a_withdrawn_document(world):
    world.submit(1)
    world.changed(world.metadata)
    world.mirror.step()
    assert len(world.store.objects) == 1
    world.submit(2, "{}", withdrawn=True)
    world.changed(world.metadata)
    world.mirror.step()
    assert world.store.objects == {}


def test_files_are_told_widest_first_each_once(world, three):
    photo = Publisher().metadata(world.store.documents[world.metadata]).photos[0]
    assert {one.format for one in photo.sizes} == {"webp", "jpeg"}
    assert sorted({one.url for one in photo.sizes}) == sorted(photo.urls.values())
    assert [one.width for one in photo.sizes] == sorted((one.width for one in photo.sizes), reverse=True)


def test_only_a_stored_photo_is_deleted():
    with pytest.raises(IllegalTransition):
        Photo(uuid7(), uuid7(), uuid7(), "0" * 64, 1, None).delete(None)
