"""Bell streams that open, and that end: too slow, too many, revoked, at once, or while notify is away."""

import asyncio

import pytest

from chassis.errors import Unavailable
from gateway.adapters.bells import frame
from gateway.application.bell_streams import MOST_FRAMES, TooManyStreams
from gateway.application.bells import BellHub
from yeshi_local.kit.bell import USER, Notify, heard, hub_of, ids, live


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
