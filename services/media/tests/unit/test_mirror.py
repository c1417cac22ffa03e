"""The mirror's rules: nothing is missed, and who has lost the lease writes nothing."""

import threading
import time
from datetime import timedelta

import pytest

from chassis.errors import Unavailable
from chassis.ids import uuid7
from media.application import keys
from media.application.mirror import AGAIN_AFTER, PIECE, SIDE_BY_SIDE
from media.bootstrap import MIRROR_LEASE


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


def test_a_write_that_failed_is_not_left_alone_with_those_beside_it(world, monkeypatch):
    broken, slow = sorted(uuid7() for _ in range(2))
    for one in (slow, broken):
        world.submit(1, metadata=one)
    failed, put = threading.Event(), world.objects.put

    def beside(key, *rest):
        if key == keys.metadata(broken):
            failed.set()
            raise Unavailable("refused")
        failed.wait(5)
        time.sleep(0.3)  # what has given up by now does not wait for us
        put(key, *rest)

    monkeypatch.setattr(world.objects, "put", beside)
    with pytest.raises(Unavailable):
        world.copy.write([broken, slow], lambda: True)
    assert in_mirror(world, slow)


def test_a_write_that_failed_and_ends_later_all_the_same_is_written_over(world, monkeypatch):
    late, put = [], world.objects.put

    def no_answer(*write):
        late.append(write)
        raise Unavailable("nothing in time")

    world.submit(1)
    world.changed(world.metadata)
    with monkeypatch.context() as slow:
        slow.setattr(world.objects, "put", no_answer)
        with pytest.raises(Unavailable):
            world.mirror.step()
    world.submit(2, '{"newer":true}')
    world.changed(world.metadata)
    world.mirror.step()
    assert in_mirror(world, world.metadata) == body_of(world, world.metadata)
    put(*late[0])
    assert in_mirror(world, world.metadata) != body_of(world, world.metadata)
    world.mirror.step()
    assert (world.changes.confirmed, world.mirror.lag) == (0, 0)  # whoever came after us would read it again
    world.later(seconds=AGAIN_AFTER.total_seconds())
    world.mirror.step()
    assert in_mirror(world, world.metadata) == body_of(world, world.metadata)
    assert world.changes.confirmed == 1


def test_a_write_of_the_comparison_that_failed_is_written_over_too_before_its_place_is_kept(world, monkeypatch):
    world.submit(1)
    world.changes.lost = True
    with monkeypatch.context() as away:
        away.setattr(world.store, "bucket_away", True)
        away.setattr(world.objects, "listing", lambda prefix, after="": iter(()))
        with pytest.raises(Unavailable):
            world.mirror.step()
    world.mirror.step()
    assert world.changes.comparing_after is not None
    world.store.objects[keys.metadata(world.metadata)] = (b"late", world.store.now)
    world.later(seconds=AGAIN_AFTER.total_seconds())
    world.mirror.step()
    assert world.changes.comparing_after is None
    assert in_mirror(world, world.metadata) == body_of(world, world.metadata)


class SpanLease:
    """A lease that ends by the store's clock."""

    def __init__(self, store):
        self.store, self.until = store, store.now

    @property
    def held(self):
        return self.store.now < self.until

    def take(self):
        self.until = self.store.now + MIRROR_LEASE
        return True


@pytest.fixture
def slow_bucket(world, monkeypatch):
    """Each few writes side by side take four seconds by the store's clock, and the lease ends by it."""
    put, begun = world.objects.put, []

    def slowly(*write):
        begun.append(write)
        if len(begun) % SIDE_BY_SIDE == 0:
            world.store.now += timedelta(seconds=4)
        put(*write)

    monkeypatch.setattr(world.objects, "put", slowly)
    monkeypatch.setattr(world.mirror, "_lease", SpanLease(world.store))


def test_what_takes_longer_than_the_lease_is_written_under_it_all_the_same(world, slow_bucket):
    many = [uuid7() for _ in range(PIECE)]
    for one in many:
        world.submit(1, metadata=one)
    world.changed(*many)
    for _ in range(3):
        world.mirror.step()
    assert all(in_mirror(world, one) for one in many)
    assert world.changes.confirmed == 1


def test_one_write_that_always_fails_holds_up_no_other(world, monkeypatch):
    bad, *many = sorted(uuid7() for _ in range(30))
    put = world.objects.put

    def picky(key, *rest):
        if key == keys.metadata(bad):
            raise Unavailable("refused")
        put(key, *rest)

    monkeypatch.setattr(world.objects, "put", picky)
    for one in (bad, *many):
        world.submit(1, metadata=one)
    world.changed(bad, *many)
    for _ in range(5):
        with pytest.raises(Unavailable):
            world.mirror.step()
    assert all(in_mirror(world, one) for one in many)
    assert world.changes.confirmed == 0


def test_a_repair_beside_the_mirror_leaves_nothing_older_than_what_stands(world, monkeypatch):
    world.submit(1)
    put = world.objects.put

    def overtaken(*write):
        monkeypatch.undo()
        world.submit(2, '{"newer":true}')
        put(keys.metadata(world.metadata), body_of(world, world.metadata), *write[2:])  # the mirror, meanwhile
        put(*write)

    monkeypatch.setattr(world.objects, "put", overtaken)
    world.copy.compare(None, repair=True, still=lambda: True)
    assert in_mirror(world, world.metadata) == body_of(world, world.metadata)


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
