"""Readings count once, in the minute they belong to, and the outside hears of every one."""

from datetime import timedelta
from uuid import uuid4

import pytest

from chassis.errors import Invalid
from edge_gateway.domain.device import Device
from edge_gateway.domain.flood import Allowance
from edge_gateway.domain.footfall import Bucket, Stretch
from edge_gateway.domain.reading import minute_of


@pytest.fixture
def door(world):
    device = Device(uuid4(), world.shop_id, "前門", world.at)
    world.store.devices[device.id] = device
    return device.id


def test_a_minute_adds_up_and_is_told_as_it_stands(world, door):
    world.app.counting.record([world.reading(door, "1"), world.reading(door, "2", people=2)])
    world.app.counting.record([world.reading(door, "3", entering=False)])
    told = [(minute.entered, minute.left) for event in world.store.events for minute in event.minutes]
    assert told == [(3, 0), (3, 1)]


def test_what_was_counted_before_changes_nothing_and_is_not_told(world, door):
    again = world.reading(door, "1")
    first = world.app.counting.record([again])
    second = world.app.counting.record([again])
    assert (first.fresh, first.seen, second.fresh, second.seen) == (1, 0, 0, 1)
    assert len(world.store.events) == 1


def test_of_several_with_one_id_in_a_batch_the_first_counts(world, door):
    taken = world.app.counting.record([world.reading(door, "1", people=2), world.reading(door, "1", people=9)])
    assert (taken.fresh, taken.seen) == (1, 1)
    assert world.store.events[0].minutes[0].entered == 2


def test_the_same_id_of_two_devices_is_two(world, door):
    other = uuid4()
    world.store.devices[other] = Device(other, world.shop_id, "後門", world.at)
    taken = world.app.counting.record([world.reading(door), world.reading(other)])
    assert taken.fresh == 2
    assert {event.device_id for event in world.store.events} == {door, other}


def test_each_device_is_told_once_with_its_minutes_in_order(world, door):
    minutes = [world.at.replace(second=0) + timedelta(minutes=number) for number in (2, 0, 1)]
    world.app.counting.record([world.reading(door, str(one), minute=one) for one in minutes])
    (event,) = world.store.events
    assert [minute.start for minute in event.minutes] == sorted(minutes)


def test_a_device_of_nobody_counts_nothing(world, door):
    taken = world.app.counting.record([world.reading(uuid4()), world.reading(door)])
    assert (taken.fresh, taken.unknown) == (1, 1)


@pytest.mark.parametrize(
    ("off", "history", "trusted", "skewed"),
    [
        (timedelta(0), False, True, False),
        (timedelta(seconds=-5), False, True, False),
        (timedelta(seconds=-6), False, True, True),
        (timedelta(seconds=6), False, True, True),
        (timedelta(hours=-23), False, True, True),
        (timedelta(days=-2), False, False, True),
        (timedelta(days=2), False, False, True),
        (timedelta(days=365), True, False, True),
        (timedelta(hours=-23), True, True, False),
        (timedelta(days=-30), True, True, False),
        (timedelta(days=-32), True, False, True),
    ],
)
def test_a_reading_counts_when_it_says_unless_its_clock_is_lost(world, off, history, trusted, skewed):
    counted_at = world.at + off
    minute, doubted = minute_of(counted_at, world.at, history=history)
    assert minute == (counted_at if trusted else world.at).replace(second=0)
    assert doubted is skewed


def test_a_device_may_send_a_burst_and_then_its_rate():
    allowance = Allowance(rate=10, burst=100)
    assert sum(allowance.takes("a", 0.0) for _ in range(150)) == 100
    assert sum(allowance.takes("a", 2.0) for _ in range(150)) == 20
    assert allowance.takes("b", 2.0)


def test_a_rested_device_has_its_burst_again_and_no_more():
    allowance = Allowance(rate=10, burst=100)
    for _ in range(100):
        allowance.takes("a", 0.0)
    assert sum(allowance.takes("a", 3600.0) for _ in range(150)) == 100


def test_buckets_of_devices_that_rest_are_forgotten():
    allowance = Allowance(rate=10, burst=100)
    for number in range(10_000):
        allowance.takes(str(number), 0.0)
    allowance.takes("one more", 60.0)
    assert len(allowance._buckets) == 1


@pytest.mark.parametrize(
    ("days", "bucket"), [(0, Bucket.DAY), (-1, Bucket.HOUR), (32, Bucket.MINUTE), (401, Bucket.HOUR), (401, Bucket.DAY)]
)
def test_a_stretch_is_neither_empty_nor_endless(world, days, bucket):
    with pytest.raises(Invalid):
        Stretch(world.at, world.at + timedelta(days=days), bucket)


def test_the_longest_stretch_is_allowed(world):
    assert Stretch(world.at, world.at + timedelta(days=31), Bucket.MINUTE)
    assert Stretch(world.at, world.at + timedelta(days=400), Bucket.DAY)
