"""Bell streams: in order, none missing, none twice, whatever the bus does."""

import asyncio
import random
from typing import Any

import pytest

from gateway.application.bell_streams import BellStream
from gateway.application.bells import Change
from yeshi_local.kit.bell import USER, Notify, heard, hub_of, ids, live, opened


@live
async def test_a_stream_begins_with_how_the_bell_stands():
    notify = Notify()
    notify.ring()
    hub = hub_of(notify)
    stream = await hub.open(USER, "s1")
    assert await heard(stream) == [{"id": 1, "event": "unread", "data": {"unread_count": 1}}]


@live
async def test_a_change_arrives_with_its_number():
    notify, hub, stream = await opened()
    hub.heard(notify.ring())
    (event,) = await heard(stream)
    assert (event["id"], event["event"]) == (1, "notification")
    assert event["data"]["item"]["notification_id"] == "n1"
    assert event["data"]["unread_count"] == 1
    hub.heard(notify.read())
    assert await heard(stream) == [{"id": 2, "event": "unread", "data": {"unread_count": 0}}]


@live
async def test_a_change_heard_while_the_stream_opens_is_neither_missed_nor_told_twice():
    for when in range(4):
        notify = Notify()
        notify.ring()
        hub = hub_of(notify)
        opening = asyncio.create_task(hub.open(USER, "s1"))
        for _ in range(when):
            await asyncio.sleep(0)
        hub.heard(notify.ring())
        stream = await opening
        events = await heard(stream)
        assert events[-1]["id"] == 2, when
        assert [event["id"] for event in events] == sorted({event["id"] for event in events}), when


@live
async def test_the_same_change_twice_is_told_once_and_an_older_one_never():
    notify, hub, stream = await opened()
    first, second = notify.ring(), notify.ring()
    for change in (first, second, second, first):
        hub.heard(change)
    assert ids(await heard(stream)) == [1, 2]


@live
async def test_changes_out_of_order_are_put_in_order_without_asking():
    notify, hub, stream = await opened(patience=0.2)
    one, two, three = notify.ring(), notify.ring(), notify.ring()
    for change in (three, one, two):
        hub.heard(change)
    assert ids(await heard(stream, 0.02)) == [1, 2, 3]
    await asyncio.sleep(0.25)
    assert notify.asked == []


@live
async def test_a_gap_is_filled_before_what_follows_it():
    notify, hub, stream = await opened()
    notify.ring()
    notify.read()
    hub.heard(notify.ring())
    assert ids(await heard(stream, upto=3)) == [1, 3]
    assert notify.asked == [0]


@live
async def test_a_gap_waits_while_notify_is_away_and_is_filled_then():
    notify, hub, stream = await opened()
    notify.ring()
    notify.away = True
    hub.heard(notify.ring())
    assert await heard(stream) == []
    notify.away = False
    assert ids(await heard(stream, upto=2)) == [1, 2]


@live
async def test_after_the_queue_was_lost_every_open_bell_is_asked_for():
    notify, hub, stream = await opened()
    hub.lost()
    notify.ring()
    notify.ring()
    hub.bound()
    assert ids(await heard(stream, upto=2)) == [1, 2]
    hub.heard(notify.ring())
    assert ids(await heard(stream)) == [3]


@live
async def test_a_client_resumes_after_its_last_number():
    notify = Notify()
    for _ in range(5):
        notify.ring()
    hub = hub_of(notify)
    stream = await hub.open(USER, "s1", after=2)
    events = await heard(stream)
    assert events[0] == {"id": None, "event": "unread", "data": {"unread_count": 5}}
    assert ids(events) == [3, 4, 5]
    hub.heard(notify.ring())
    assert ids(await heard(stream)) == [6]


@live
async def test_resuming_over_pages_misses_nothing():
    notify = Notify()
    notify.page = 3
    for _ in range(10):
        notify.ring()
    stream = await hub_of(notify).open(USER, "s1", after=0)
    assert ids(await heard(stream)) == list(range(1, 11))


@live
async def test_a_client_that_missed_very_much_comes_again_for_the_rest():
    notify = Notify()
    for _ in range(2500):
        notify.ring()
    hub = hub_of(notify)
    seen: list[int] = []
    after = 0
    while True:
        stream = await hub.open(USER, "s1", after=after)
        seen += ids(await heard(stream))
        hub.leave(stream)
        after = seen[-1]
        if stream.ended != "resume":
            break
    assert seen == list(range(1, 2501))


@live
async def test_a_number_from_the_future_begins_afresh():
    notify = Notify()
    notify.ring()
    stream = await hub_of(notify).open(USER, "s1", after=999)
    assert await heard(stream) == [{"id": 1, "event": "unread", "data": {"unread_count": 1}}]


@live
async def test_streams_of_one_user_share_the_bytes_and_none_misses_what_another_knew():
    notify = Notify()
    hub = hub_of(notify)
    first = await hub.open(USER, "s1")
    await heard(first)
    late = notify.ring()
    second = await hub.open(USER, "s2")
    hub.heard(late)
    hub.heard(notify.ring())
    assert ids(await heard(first)) == [1, 2]
    assert ids(await heard(second)) == [2]


@pytest.mark.parametrize("seed", range(30))
@live
async def test_whatever_the_bus_does_each_stream_hears_everything_once_in_order(seed):
    chance = random.Random(seed)

    notify = Notify()
    hub = hub_of(notify, patience=0.005)
    streams: list[tuple[BellStream, int, list[dict[str, Any]]]] = []
    kept: list[Change] = []
    for _ in range(120):
        what = chance.random()
        if what < 0.08 and len(streams) < 5:
            after = chance.choice([None, 0, max(0, len(notify.changes) - 3)])
            start = len(notify.changes) if after is None else after
            streams.append((await hub.open(USER, f"s{len(streams)}", after), start, []))
        elif what < 0.6:
            kept.append(notify.ring() if chance.random() < 0.8 else notify.read())
        elif what < 0.65:
            hub.lost()
            kept.clear()
            hub.bound()
        elif kept:
            change = kept.pop(chance.randrange(min(3, len(kept))))
            for _ in range(chance.choice([1, 1, 2])):
                hub.heard(change)
        if chance.random() < 0.3:
            await asyncio.sleep(0)
    for change in kept:
        hub.heard(change)
    hub.lost()
    hub.bound()
    for stream, start, _ in streams:
        wanted = [change.seq for change in notify.changes if change.item and change.seq > start]
        events = await heard(stream, 0.1, upto=wanted[-1] if wanted else None)
        assert ids(events) == wanted
        numbers = [event["id"] for event in events if event["id"] is not None]
        assert numbers == sorted(set(numbers))
