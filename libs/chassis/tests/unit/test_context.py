"""Where work comes from travels with it, and with nothing else."""

import asyncio
import threading

import pytest

from chassis import context
from chassis.context import Context

TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
FULL = Context(TRACE, "c-1", "e-1")


def test_a_block_works_in_its_context_and_leaves_it():
    before = context.current()
    with context.bind(FULL):
        assert context.current() == FULL
        assert context.caused_by("e-2") == Context(TRACE, "c-1", "e-2")
    assert context.current() == before


def test_threads_and_tasks_have_their_own():
    seen: dict[str, Context] = {}

    def work(name: str) -> None:
        context.adopt(Context(correlation_id=name))
        seen[name] = context.current()

    threads = [threading.Thread(target=work, args=(name,)) for name in ("a", "b")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    async def task(name: str) -> None:
        context.adopt(Context(correlation_id=name))
        await asyncio.sleep(0)
        seen[name] = context.current()

    async def both() -> None:
        await asyncio.gather(task("c"), task("d"))

    with context.bind(FULL):
        asyncio.run(both())
        assert context.current() == FULL
    assert {name: one.correlation_id for name, one in seen.items()} == {name: name for name in "abcd"}


def test_headers_carry_what_there_is():
    assert context.from_headers(context.to_headers(FULL)) == FULL
    assert context.to_headers(Context(correlation_id="c-1")) == {"x-correlation-id": "c-1"}
    assert FULL.trace_id == "4bf92f3577b34da6a3ce929d0e0e4736"


@pytest.mark.parametrize(
    "headers",
    [
        {"traceparent": "00-" + "0" * 32 + "-00f067aa0ba902b7-01"},
        {"traceparent": TRACE + "-more"},
        {"traceparent": "ff" + TRACE[2:]},
        {"traceparent": 7},
        {"x-correlation-id": "a b"},
        {"x-correlation-id": "x" * 65},
        {"x-causation-id": "a\nb"},
        {"x-causation-id": ["a"]},
        {"x-user-id": "admin", "nameko.user": "admin"},
    ],
)
def test_what_anybody_may_have_written_wrongly_is_dropped(headers):
    assert context.from_headers(headers) == Context()


def test_a_new_trace_is_a_valid_one():
    first, second = context.new("c-1"), context.new()
    assert context.from_headers(context.to_headers(first)) == first
    assert first.trace_id != second.trace_id
