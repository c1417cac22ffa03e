"""Files at the door: how large, how slow, how many at once; whatever takes them."""

import asyncio
import hashlib
from collections.abc import AsyncIterator

import pytest

from chassis.errors import Invalid, Unavailable
from gateway.application.files import FORM_OVERHEAD, BodyTooSlow, Intake, Passing
from gateway.application.refusals import TooLarge

LARGEST = 1000


async def chunks(*parts: bytes, pause: float = 0) -> AsyncIterator[bytes]:
    for part in parts:
        await asyncio.sleep(pause)
        yield part


async def as_it_is(body: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    async for chunk in body:
        yield chunk


async def nothing_of_use(body: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    async for _ in body:
        if False:
            yield b""


def take(body: AsyncIterator[bytes], find=as_it_is, patience: float = 5, pause: float = 0) -> tuple[Passing, bytes]:
    """What went by, and what arrived at somebody who takes `pause` seconds for each chunk."""
    passing, taken = Passing(), []

    async def story() -> None:
        async for chunk in Intake("a thing", LARGEST, 1, patience).read(body, find, passing):
            taken.append(chunk)
            await asyncio.sleep(pause)

    asyncio.run(story())
    return passing, b"".join(taken)


def test_what_goes_by_is_counted_and_hashed():
    passing, taken = take(chunks(b"one", b"", b"two"))
    assert (taken, passing.size, passing.sha256) == (b"onetwo", 6, hashlib.sha256(b"onetwo").hexdigest())


def test_the_largest_fits_and_one_byte_more_does_not():
    assert take(chunks(bytes(LARGEST)))[0].size == LARGEST
    with pytest.raises(TooLarge):
        take(chunks(bytes(LARGEST), b"x"))


def test_an_announced_body_may_have_a_form_around_it():
    intake = Intake("a thing", LARGEST, 1, 5)
    intake.check_body(None)
    intake.check_body(LARGEST + FORM_OVERHEAD)
    with pytest.raises(TooLarge):
        intake.check_body(LARGEST + FORM_OVERHEAD + 1)


def test_an_endless_body_is_left_at_the_limit():
    taken = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal taken
        while True:
            taken += 10_000
            yield bytes(10_000)

    with pytest.raises(TooLarge):
        take(endless(), nothing_of_use)
    assert taken <= LARGEST + FORM_OVERHEAD + 10_000


def test_an_empty_file_is_refused():
    with pytest.raises(Invalid):
        take(chunks(b""))


def test_a_body_that_dawdles_is_refused_however_it_is_cut():
    with pytest.raises(BodyTooSlow):
        take(chunks(*[b"x"] * 20, pause=0.01), patience=0.05)


def test_the_time_of_whoever_takes_it_is_not_the_senders():
    assert take(chunks(b"1", b"2", b"3"), patience=0.08, pause=0.1)[1] == b"123"


def test_only_so_many_are_taken_in_at_once():
    async def story() -> None:
        intake = Intake("a thing", LARGEST, 1, 5, slot_patience=0.05)
        async with intake.place():
            with pytest.raises(Unavailable) as caught:
                await intake.place().__aenter__()
            assert caught.value.fields["retry_after"] > 0
        async with intake.place():
            pass

    asyncio.run(story())


def store(body: AsyncIterator[bytes], put, patience: float = 5) -> None:
    async def story() -> None:
        intake = Intake("a thing", LARGEST, 1, patience)
        await intake.store(intake.read(body, as_it_is, Passing()), put)

    asyncio.run(story())


async def away_after_the_first(body: AsyncIterator[bytes]) -> None:
    await anext(body)
    raise Unavailable("the store is away")


def test_who_sends_to_a_store_that_is_away_is_heard_out_before_the_answer():
    heard = []

    async def body() -> AsyncIterator[bytes]:
        for part in (b"1", b"2", b"3"):
            heard.append(part)
            yield part

    with pytest.raises(Unavailable):
        store(body(), away_after_the_first)
    assert heard == [b"1", b"2", b"3"]


def test_who_sends_too_much_or_too_slowly_to_a_store_that_is_away_is_not_heard_out():
    taken = 0

    async def endless(pause: float = 0) -> AsyncIterator[bytes]:
        nonlocal taken
        while True:
            await asyncio.sleep(pause)
            taken += 100
            yield bytes(100)

    with pytest.raises(Unavailable):
        store(endless(), away_after_the_first)
    assert taken == LARGEST + 100
    taken = 0
    with pytest.raises(Unavailable):
        store(endless(pause=0.02), away_after_the_first, patience=0.1)
    assert 0 < taken < LARGEST
