"""Calls that travel together: at once without company, with company when it is worth the wait."""

import asyncio
import functools

import pytest

from chassis.aio import Coalescer, coalesce
from chassis.errors import Kind, Missing, Unavailable


class FakeBus:
    """Answers each item with itself; `hold` keeps all answers back."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.answering = asyncio.Event()
        self.answering.set()

    async def rpc(self, service, method, principal, items, *, timeout):
        self.batches.append([item["payload"] for item in items])
        await self.answering.wait()
        return [{"result": item["payload"]} for item in items]


def run(test):
    """Runs an async test on a loop of its own."""

    @functools.wraps(test)
    def wrapped(*args, **kwargs):
        asyncio.run(test(*args, **kwargs))

    return wrapped


async def turns(number: int = 3) -> None:
    for _ in range(number):
        await asyncio.sleep(0)


def call_all(coalescer: Coalescer, names, company: int = 1) -> list[asyncio.Task]:
    return [asyncio.create_task(coalescer.call(None, name, company=company)) for name in names]


@pytest.fixture
def patient(monkeypatch):
    """Nobody's patience ends within a test."""
    monkeypatch.setattr(coalesce, "LONGEST_WAIT", 3600)


@run
async def test_calls_of_one_turn_share_a_batch_and_each_gets_its_own_answer(patient):
    bus = FakeBus()
    assert await asyncio.gather(*call_all(Coalescer(bus, "s", "m_many"), "abc")) == ["a", "b", "c"]
    assert bus.batches == [["a", "b", "c"]]


@run
async def test_what_comes_while_two_batches_are_under_way_leaves_with_the_third(patient):
    bus = FakeBus()
    bus.answering.clear()
    coalescer = Coalescer(bus, "s", "m_many")
    calls = []
    for names in ("a", "b", "cde"):
        calls += call_all(coalescer, names)
        await turns()
    assert bus.batches == [["a"], ["b"]]
    bus.answering.set()
    await asyncio.gather(*calls)
    assert bus.batches == [["a"], ["b"], ["c", "d", "e"]]


@run
async def test_a_call_that_wants_company_waits_for_it(patient):
    bus = FakeBus()
    coalescer = Coalescer(bus, "s", "m_many")
    first = call_all(coalescer, "ab", company=3)
    await turns(10)
    assert bus.batches == []
    await asyncio.gather(*first, *call_all(coalescer, "c", company=3))
    assert bus.batches == [["a", "b", "c"]]


@run
async def test_who_wants_no_company_takes_along_those_who_wait(patient):
    bus = FakeBus()
    coalescer = Coalescer(bus, "s", "m_many")
    await asyncio.gather(*call_all(coalescer, "ab", company=9), *call_all(coalescer, "c"))
    assert bus.batches == [["a", "b", "c"]]


@run
async def test_company_that_does_not_come_is_not_waited_for_long(monkeypatch):
    monkeypatch.setattr(coalesce, "LONGEST_WAIT", 0.001)
    bus = FakeBus()
    coalescer = Coalescer(bus, "s", "m_many")
    assert await asyncio.gather(*call_all(coalescer, "ab", company=9)) == ["a", "b"]
    assert await asyncio.gather(*call_all(coalescer, "c", company=9)) == ["c"]
    assert bus.batches == [["a", "b"], ["c"]]


@run
async def test_more_company_than_a_batch_holds_is_not_waited_for(patient):
    bus = FakeBus()
    coalescer = Coalescer(bus, "s", "m_many", max_items=2)
    assert await asyncio.gather(*call_all(coalescer, "abcd", company=9)) == ["a", "b", "c", "d"]
    assert sorted(bus.batches) == [["a", "b"], ["c", "d"]]


@run
async def test_a_refusal_of_the_whole_call_is_everybodys(patient):
    class Away(FakeBus):
        async def rpc(self, *_args, **_options):
            raise Unavailable("nobody there")

    answers = await asyncio.gather(*call_all(Coalescer(Away(), "s", "m_many"), "ab"), return_exceptions=True)
    assert [type(one) for one in answers] == [Unavailable, Unavailable]


@run
async def test_one_items_refusal_is_its_own(patient):
    class Picky(FakeBus):
        async def rpc(self, _service, _method, _principal, items, *, timeout):
            return [{"result": 1} if item["payload"] == "a" else {"error": Missing().as_dict()} for item in items]

    answers = await asyncio.gather(*call_all(Coalescer(Picky(), "s", "m_many"), "ab"), return_exceptions=True)
    assert answers[0] == 1
    assert answers[1].kind is Kind.MISSING
