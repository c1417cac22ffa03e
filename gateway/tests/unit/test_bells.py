"""Bell streams: in order, none missing, none twice, whatever the bus does."""

import asyncio
import functools
import json
import random
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from chassis.errors import Unavailable
from gateway.adapters.bells import frame
from gateway.application.bell_streams import MOST_FRAMES, BellStream, TooManyStreams
from gateway.application.bells import BellHub, Change, Changes

USER = "u1"


class Notify:
    """A bell as notify keeps it: a list of changes, each with an item or only a new count."""

    def __init__(self) -> None:
        self.changes: list[Change] = []
        self.unread = 0
        self.away = False
        self.asked: list[int] = []
        self.page = 200

    def ring(self) -> Change:
        seq = len(self.changes) + 1
        self.unread += 1
        item = {"notification_id": f"n{seq}", "seq": seq, "title": f"第 {seq} 則"}
        self.changes.append(Change(USER, seq, self.unread, item))
        return self.changes[-1]

    def read(self) -> Change:
        self.unread = 0
        self.changes.append(Change(USER, len(self.changes) + 1, 0, None))
        return self.changes[-1]

    async def list_after(self, user_id: str, seq: int) -> Changes:
        await asyncio.sleep(0)
        if self.away:
            raise Unavailable("notify is not there")
        self.asked.append(seq)
        items = [change.item for change in self.changes if change.seq > seq and change.item]
        complete = len(items) <= self.page
        return Changes(len(self.changes), self.unread, items[: self.page], complete)

    async def standing(self, user_id: str) -> tuple[int, int]:
        await asyncio.sleep(0)
        if self.away:
            raise Unavailable("notify is not there")
        return len(self.changes), self.unread


def hub_of(notify: Notify, **more: Any) -> BellHub:
    return BellHub(notify.list_after, notify.standing, frame, **{"patience": 0.01, **more})


async def heard(stream: BellStream, quiet: float = 0.05) -> list[dict[str, Any]]:
    """Everything the stream says until it is quiet."""
    raw = b""
    while data := await stream.next(quiet):
        raw += data
    return parsed(raw)


def parsed(raw: bytes) -> list[dict[str, Any]]:
    events = []
    for block in raw.decode().split("\n\n"):
        lines = dict(line.split(": ", 1) for line in block.splitlines())
        if lines:
            number = int(lines["id"]) if "id" in lines else None
            events.append({"id": number, "event": lines["event"], "data": json.loads(lines["data"])})
    return events


def ids(events: list[dict[str, Any]]) -> list[int]:
    return [event["id"] for event in events if event["event"] == "notification"]


def live(work: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """The test runs in an event loop of its own."""

    @functools.wraps(work)
    def test(*arguments: Any, **named: Any) -> None:
        asyncio.run(work(*arguments, **named))

    return test


async def opened(**more: Any) -> tuple[Notify, BellHub, BellStream]:
    """A bell nobody has rung, and a stream of it that has said so."""
    notify = Notify()
    hub = hub_of(notify, **more)
    stream = await hub.open(USER, "s1")
    assert await heard(stream, 0.01) == [{"id": 0, "event": "unread", "data": {"unread_count": 0}}]
    return notify, hub, stream


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
    assert ids(await heard(stream)) == [1, 3]
    assert notify.asked == [0]


@live
async def test_a_gap_waits_while_notify_is_away_and_is_filled_then():
    notify, hub, stream = await opened()
    notify.ring()
    notify.away = True
    hub.heard(notify.ring())
    assert await heard(stream) == []
    notify.away = False
    assert ids(await heard(stream, 1.5)) == [1, 2]


@live
async def test_after_the_queue_was_lost_every_open_bell_is_asked_for():
    notify, hub, stream = await opened()
    hub.lost()
    notify.ring()
    notify.ring()
    hub.bound()
    assert ids(await heard(stream)) == [1, 2]
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
        events = await heard(stream, 0.1)
        wanted = [change.seq for change in notify.changes if change.item and change.seq > start]
        assert ids(events) == wanted
        numbers = [event["id"] for event in events if event["id"] is not None]
        assert numbers == sorted(set(numbers))


@live
async def test_a_client_that_does_not_read_is_let_go_with_bounded_memory():
    notify = Notify()
    hub = hub_of(notify)
    stream = await hub.open(USER, "s1")
    for _ in range(MOST_FRAMES + 5):
        hub.heard(notify.ring())
    assert stream.ended == "slow"
    assert await stream.next(0.01) == b""


@live
async def test_a_revoked_session_loses_its_streams_and_no_other():
    notify = Notify()
    hub = hub_of(notify)
    mine, other = await hub.open(USER, "s1"), await hub.open(USER, "s2")
    hub.end_session("s1")
    assert mine.ended == "revoked"
    assert other.ended is None


@live
async def test_a_user_has_so_many_streams_and_no_more():
    hub = hub_of(Notify(), per_user=2)
    first = await hub.open(USER, "s1")
    await hub.open(USER, "s1")
    with pytest.raises(TooManyStreams):
        await hub.open(USER, "s1")
    hub.leave(first)
    hub.leave(first)
    assert len(hub) == 1
    await hub.open(USER, "s1")


@live
async def test_of_two_streams_that_open_at_once_the_slower_one_misses_nothing():
    notify = Notify()
    notify.ring()
    answers = iter([asyncio.Event(), asyncio.Event()])
    held: list[asyncio.Event] = []

    async def standing(user_id: str) -> tuple[int, int]:
        seen = await notify.standing(user_id)
        held.append(next(answers))
        await held[-1].wait()
        return seen

    hub = BellHub(notify.list_after, standing, frame, patience=0.01)
    first = asyncio.create_task(hub.open(USER, "s1"))
    await asyncio.sleep(0.01)
    hub.heard(notify.ring())
    second = asyncio.create_task(hub.open(USER, "s2"))
    await asyncio.sleep(0.01)
    held[-1].set()
    await asyncio.sleep(0.01)
    for event in held:
        event.set()
    await asyncio.sleep(0.01)
    held[-1].set()
    assert ids(await heard(await first)) == [2]
    assert [event["id"] for event in await heard(await second)] == [2]


@live
async def test_a_stream_that_cannot_begin_leaves_nothing_behind():
    notify = Notify()
    notify.away = True
    hub = hub_of(notify)
    with pytest.raises(Unavailable):
        await hub.open(USER, "s1")
    assert len(hub) == 0
    notify.away = False
    stream = await hub.open(USER, "s1")
    hub.heard(notify.ring())
    assert ids(await heard(stream)) == [1]


@live
async def test_at_shutdown_every_stream_ends_and_none_is_opened():
    hub = hub_of(Notify())
    stream = await hub.open(USER, "s1")
    hub.close()
    assert stream.ended == "shutdown"
    with pytest.raises(Unavailable):
        await hub.open(USER, "s2")
