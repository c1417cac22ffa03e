"""The sweep's rules."""

import pytest

from chassis.errors import Unavailable
from chassis.ids import uuid7
from media.application import keys
from media.application.ports import Unfinished

LOOSE = keys.derived(b"loose", "image/webp")


def test_only_what_is_old_and_unneeded_goes(world):
    waiting, settled = world.upload(b"picture 1"), world.upload(b"picture 2")
    world.store.claimed = {waiting.id}
    world.work.step()
    for key in (LOOSE, keys.incoming(uuid7()), keys.incoming(settled.id)):
        world.store.objects[key] = (b"x", world.store.now)
    before = set(world.store.objects)
    world.sweep.step()
    assert set(world.store.objects) == before
    world.later(hours=25)
    fresh = keys.derived(b"fresh", "image/webp")
    world.store.objects[fresh] = (b"fresh", world.store.now)
    world.sweep.step()
    kept = {one.key for one in world.store.photos[settled.id].renditions}
    assert set(world.store.objects) == kept | {fresh, keys.incoming(waiting.id)}
    assert world.sweep.swept == 3
    assert not world.store.marks


def test_parts_that_nobody_will_finish_go_after_a_day(world):
    elsewhere = Unfinished("media/film", "2", world.store.now)
    world.store.unfinished = [Unfinished(keys.incoming(uuid7()), "1", world.store.now), elsewhere]
    world.later(hours=23)
    fresh = Unfinished(keys.incoming(uuid7()), "3", world.store.now)
    world.store.unfinished.append(fresh)
    world.sweep.step()
    assert len(world.store.unfinished) == 3
    world.later(hours=2)
    world.sweep.step()
    assert world.store.unfinished == [elsewhere, fresh]
    assert world.sweep.swept == 1


def test_a_marked_object_that_somebody_noted_stays(world):
    photo = world.upload()
    world.store.objects[LOOSE] = (b"x", world.store.now)
    world.store.marks = {LOOSE}
    world.store.noted = {photo.id: [LOOSE]}
    world.sweep.step()
    assert LOOSE in world.store.objects
    assert not world.store.marks


def test_without_the_lease_nothing_is_swept(world):
    world.store.objects[LOOSE] = (b"x", world.store.now)
    world.later(days=2)
    world.lease.held = False
    world.sweep.step()
    assert LOOSE in world.store.objects


@pytest.mark.parametrize("prefix", [keys.INCOMING, keys.DERIVED])
def test_a_lease_that_ends_meanwhile_stops_the_sweep_and_leaves_its_marks(world, monkeypatch, prefix):
    loose = {f"{prefix}{number}" for number in range(3)}
    for key in loose:
        world.store.objects[key] = (b"x", world.store.now)
    world.later(days=2)
    delete = world.objects.delete

    def slowly(key):
        delete(key)
        world.lease.held = False

    monkeypatch.setattr(world.objects, "delete", slowly)
    with pytest.raises(Unavailable):
        world.sweep.step()
    assert len(loose & set(world.store.objects)) == 2
    assert world.store.marks == (loose if prefix == keys.DERIVED else set())


def test_a_lease_that_ended_and_is_free_again_does_not_vouch_for_what_was_judged_before(world, monkeypatch):
    for number in range(3):
        world.store.objects[f"{keys.DERIVED}{number}"] = (b"x", world.store.now)
    world.later(days=2)
    mark = world.database.mark

    def frozen(marked):
        mark(marked)
        world.lease.held = False

    def take():
        world.lease.held = True
        return True

    monkeypatch.setattr(world.database, "mark", frozen)
    monkeypatch.setattr(world.lease, "take", take)
    with pytest.raises(Unavailable):
        world.sweep.step()
    assert len(world.store.objects) == len(world.store.marks) == 3
