"""Calls to a green service over the real bus."""

import asyncio
import json
import time
import urllib.error
import urllib.request

import pytest

from chassis.aio import Coalescer
from chassis.errors import DeadlineExceeded, Kind, Refusal, Unavailable
from yeshi_local.testing import until


def test_a_call_is_answered_with_what_was_sent(serving):
    payload = {"text": "夜市", "hostile": {"__type__": "datetime", "__value__": "x"}, "n": 2**53 + 1, "none": None}
    assert serving.call("echo", payload) == payload


def test_a_refusal_keeps_its_code_kind_and_fields(serving):
    with pytest.raises(Refusal) as refused:
        serving.call("refuse", {})
    assert refused.value.as_dict() == {
        "code": "sold_out",
        "kind": "conflict",
        "detail": "no more tea",
        "fields": {"left": 0},
    }


@pytest.mark.parametrize("method", ["fail", "unserializable", "no_such_method"])
def test_an_unforeseen_error_gives_away_nothing(serving, method):
    with pytest.raises(Refusal) as refused:
        serving.call(method, {})
    assert (refused.value.code, refused.value.kind) == ("internal", Kind.UNAVAILABLE)
    assert "secret" not in refused.value.detail
    assert serving.call("echo", {"still": "alive"}) == {"still": "alive"}


def test_nobody_there_is_said_at_once(world):
    async def ask(bus):
        await bus._is_served("notify")
        started = time.monotonic()
        with pytest.raises(Unavailable, match="not there"):
            await bus.rpc("notify", "echo", None, {}, timeout=5)
        return time.monotonic() - started

    assert world.run(ask) < 1


def test_a_slow_call_ends_by_its_deadline_and_late_ones_are_not_begun(world):
    world.start(WORKERS=1)

    async def ask(bus):
        first = asyncio.create_task(bus.rpc("notify", "slow", None, {"seconds": 2, "mark": "first"}, timeout=5))
        await asyncio.sleep(0.3)  # the only worker is now taken
        with pytest.raises(DeadlineExceeded):
            await bus.rpc("notify", "slow", None, {"seconds": 0, "mark": "late"}, timeout=0.5)
        await first
        await bus.rpc("notify", "slow", None, {"seconds": 0, "mark": "last"}, timeout=5)

    world.run(ask)
    assert world.rows("SELECT mark FROM marks ORDER BY 1") == [("first",), ("last",)]


def test_waiting_calls_travel_together_and_each_gets_its_own_answer(serving):
    async def ask(bus):
        sent = 0
        plain = bus.rpc

        async def counted(*args, **kwargs):
            nonlocal sent
            sent += 1
            return await plain(*args, **kwargs)

        bus.rpc = counted
        coalescer = Coalescer(bus, "notify", "echo_many")
        answers = await asyncio.gather(
            *(coalescer.call(None, {"number": number}) for number in range(100)), return_exceptions=True
        )
        return sent, answers

    sent, answers = serving.run(ask)
    assert sent == 2  # 64 and the rest
    assert [answer for answer in answers if isinstance(answer, dict)] == [{"number": n} for n in range(0, 100, 2)]
    assert {answer.code for answer in answers if isinstance(answer, Refusal)} == {"sold_out"}


def test_a_service_that_asks_another_hears_at_once_that_nobody_is_there(serving):
    started = time.monotonic()
    with pytest.raises(Unavailable):
        serving.call("ask_other", {})
    assert time.monotonic() - started < 3


def test_sigterm_ends_running_calls_before_the_process(world):
    program = world.start()

    async def ask(bus):
        call = asyncio.create_task(bus.rpc("notify", "slow", None, {"seconds": 1, "mark": "drained"}, timeout=5))
        await asyncio.sleep(0.4)
        ended = asyncio.create_task(asyncio.to_thread(program.stop))
        answer = await call
        return answer, await ended

    assert world.run(ask) == ("drained", 0)
    assert world.rows("SELECT mark FROM marks") == [("drained",)]  # once: it was not redelivered meanwhile


def test_a_process_that_has_not_started_yet_says_so(world):
    program = world.start(wait=False, SLOW_START=2)

    def problems() -> dict:
        try:
            with urllib.request.urlopen(f"{program.health}/readyz", timeout=2) as answer:  # noqa: S310 - loopback
                return json.load(answer)["problems"]
        except urllib.error.HTTPError as error:
            with error:
                return json.load(error)["problems"]

    assert until(problems)["start"] == "starting"
    until(lambda: problems() == {})
