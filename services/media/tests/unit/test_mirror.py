"""The mirror's rules: nothing is missed, and who has lost the lease writes nothing."""

import pytest

from chassis.errors import Unavailable
from chassis.ids import uuid7
from media.application import keys
from media.application.mirror import PIECE


def body_of(world, metadata_id) -> bytes:
    return world.media.publisher.mirrored(world.store.documents[metadata_id])


def in_mirror(world, metadata_id) -> bytes | None:
    found = world.store.objects.get(keys.metadata(metadata_id))
    return found[0] if found else None


def test_a_change_is_written_as_the_document_stands_and_then_confirmed(world):
    world.submit(1)
    world.changed(world.metadata, world.metadata)
    world.submit(2, '{"newer":true}')
    assert world.mirror.step()
    assert in_mirror(world, world.metadata) == body_of(world, world.metadata)
    assert world.changes.confirmed == 1


def test_what_is_gone_is_deleted(world):
    gone = uuid7()
    world.store.objects[keys.metadata(gone)] = (b"{}", world.store.now)
    world.changed(gone)
    world.mirror.step()
    assert in_mirror(world, gone) is None


def test_a_bucket_that_is_away_lets_the_change_wait_and_the_lag_grow(world):
    world.submit(1)
    world.changed(world.metadata)
    world.store.bucket_away = True
    with pytest.raises(Unavailable):
        world.mirror.step()
    world.later(seconds=30)
    assert world.mirror.lag == 30
    assert world.changes.confirmed == 0
    world.store.bucket_away = False
    world.mirror.step()
    assert world.mirror.lag == 0
    assert in_mirror(world, world.metadata)


def test_without_the_lease_nothing_is_read_or_written(world):
    world.submit(1)
    world.changed(world.metadata)
    world.lease.held = False
    assert not world.mirror.step()
    assert world.changes.waiting
    assert world.store.objects == {}


def test_a_lease_that_is_lost_while_writing_stops_the_writing(world):
    world.submit(1)
    with pytest.raises(Unavailable):
        world.copy.write([world.metadata], lambda: False)
    assert world.store.objects == {}


def test_lost_history_compares_everything_piece_by_piece(world):
    many = sorted(uuid7() for _ in range(PIECE * 2 + 5))
    for one in many:
        world.submit(1, metadata=one)
    world.store.objects[keys.metadata(many[3])] = (b"old", world.store.now)
    left_over = uuid7()
    world.store.objects[keys.metadata(left_over)] = (b"{}", world.store.now)
    world.store.objects["metadata/notes.txt"] = (b"somebody's", world.store.now)
    world.changes.lost = True
    for _ in range(3):
        assert world.mirror.step()
    assert world.changes.comparing_after is None
    assert all(in_mirror(world, one) == body_of(world, one) for one in many)
    assert in_mirror(world, left_over) is None
    assert "metadata/notes.txt" in world.store.objects


def test_comparing_without_repair_changes_nothing(world):
    world.submit(1)
    piece = world.copy.compare(None, repair=False, still=lambda: True)
    assert [(one.what, piece.last) for one in piece.differences] == [("missing", None)]
    assert world.store.objects == {}
