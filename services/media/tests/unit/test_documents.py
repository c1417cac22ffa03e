"""The rules of a document."""

import msgspec
import pytest

from chassis.errors import Invalid
from chassis.ids import uuid7
from media.domain.document import LARGEST_CONTENT, Document, Submission
from media.domain.errors import DocumentTooLarge
from media.domain.photo import Photo


def test_newer_content_counts_and_older_does_not(world):
    for version, content in ((2, '{"v":2}'), (1, '{"v":1}'), (2, '{"v":"again"}'), (5, '{"v":5}')):
        world.submit(version, content)
    document = world.store.documents[world.metadata]
    assert (document.content, document.content_version, document.version) == ('{"v":5}', 5, 2)
    assert [event.document.version for event in world.heard("MetadataChanged")] == [1, 2]


def test_one_batch_is_one_write_and_one_event_a_document(world):
    run = [Submission(world.metadata, world.product, version, f'{{"v":{version}}}') for version in (1, 3, 2)]
    world.database.run(lambda unit: world.media.documents.submitted(run, unit))
    (event,) = world.heard("MetadataChanged")
    assert event.document.content == '{"v":3}'


@pytest.mark.parametrize(
    ("version", "content", "error"),
    [(0, "{}", Invalid), (2**60, "{}", Invalid), (1, '"' + "茶" * LARGEST_CONTENT + '"', DocumentTooLarge)],
)
def test_what_cannot_be_kept_is_refused_and_changes_nothing(world, version, content, error):
    with pytest.raises(error):
        world.submit(version, content)
    assert not world.store.documents
    assert not world.store.events


def test_the_largest_document_is_kept(world):
    content = '"' + "x" * (LARGEST_CONTENT - 2) + '"'
    world.submit(1, content)
    assert world.store.documents[world.metadata].content == content


def test_a_photo_is_added_once():
    document = Document(uuid7(), uuid7())

    photo = Photo(uuid7(), document.product_id, document.id, "0" * 64, 1, None)
    document.add(photo)
    document.add(photo)
    assert (len(document.pictures), document.version) == (1, 1)


def test_what_readers_get_holds_the_content_as_it_came(world):

    world.submit(1, '{"a.b":1,"$set":123456789012345678901234567890,"__type__":"uuid"}')
    (document,) = world.media.documents.get_many([world.metadata, uuid7()]).values()
    body = msgspec.json.encode(world.media.publisher.metadata(document))
    assert b'"document":{"a.b":1,"$set":123456789012345678901234567890,"__type__":"uuid"}' in body
