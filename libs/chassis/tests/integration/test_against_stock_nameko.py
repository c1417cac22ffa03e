"""What stock nameko loses or dies of, shown on stock nameko, and beside it what the chassis does instead.

One test per line of «What the chassis cures» in docs/mechanisms/process-life.md.
"""

import asyncio
import time

import aio_pika
import msgspec
import pytest

from chassis import dlq
from chassis.testing.events import an_event
from contracts.naming import RETRY_DELAYS, retry
from yeshi_local.testing import ready, until

STOCK_EVENTS = "evt-bench-happened--stock.on_happened"


def stock(world, flavour: str = "", url: str | None = None):
    program = world.start("stock.py", wait=False, FLAVOUR=flavour, AMQP_URL=url or world.amqp_url)
    until(lambda: "started" in program.said())
    return program


def publish(url: str, exchange: str, key: str, body: bytes, **properties) -> None:
    async def work() -> None:
        async with await aio_pika.connect(url) as connection:
            channel = await connection.channel()
            where = await channel.get_exchange(exchange, ensure=False)
            await where.publish(aio_pika.Message(body, **properties), key)

    asyncio.run(work())


def happen(world, payload: object) -> None:
    publish(world.amqp_url, "bench.events", "happened", msgspec.json.encode(payload), content_type="application/json")


def call(url: str, method: str, *args: object, timeout: float = 5, **properties) -> dict | None:
    """A call in nameko's wire form; None when no reply came in time."""

    async def work() -> dict | None:
        async with await aio_pika.connect(url) as connection:
            channel = await connection.channel()
            replies = await channel.declare_queue(exclusive=True)
            await replies.bind("nameko-rpc", replies.name)
            exchange = await channel.get_exchange("nameko-rpc", ensure=False)
            given = {"content_type": "application/json", "reply_to": replies.name, "correlation_id": "1", **properties}
            body = given.pop("body", None) or msgspec.json.encode({"args": list(args), "kwargs": {}})
            await exchange.publish(aio_pika.Message(body, **given), method)
            try:
                async with asyncio.timeout(timeout), replies.iterator() as messages:
                    async for message in messages:
                        return msgspec.json.decode(message.body)
            except TimeoutError:
                return None

    return asyncio.run(work())


def test_a_handler_that_raises(world):
    program = stock(world)
    happen(world, "poison")
    until(lambda: "RuntimeError: poison" in program.said())
    happen(world, "next")
    until(lambda: "handled next" in program.said())
    assert world.depth(STOCK_EVENTS) == 0  # acknowledged and lost

    world.start()
    world.send(an_event("poison"))
    until(lambda: world.depth("retry.1s") + world.depth("retry.5s") == 1)  # kept


@pytest.mark.parametrize("body", [b"{not json", b'{"__type__":"datetime","__value__":"x"}'], ids=["bad", "kombu"])
@pytest.mark.parametrize("content_type", ["application/json", "application/x-python-serialize"], ids=["json", "pickle"])
def test_a_body_that_cannot_be_decoded(world, body, content_type):
    stock(world)
    publish(world.amqp_url, "bench.events", "happened", body, content_type=content_type)
    until(lambda: world.depth(STOCK_EVENTS) == 0)  # acknowledged and lost
    bad = b'{"args": [' + body + b'], "kwargs": {}}'
    assert call(world.amqp_url, "stock.echo", body=bad, timeout=2) is None  # the caller waits for ever

    world.start()
    world.send(body, content_type=content_type)
    assert until(lambda: asyncio.run(dlq.listing(world.amqp_url)))[0].queue == "notify.events.v1"  # kept
    answer = call(world.amqp_url, "notify.echo", None, body=bad.replace(b'"args": [', b'"args": [null, '))
    assert answer is not None  # told what is wrong, or given the object back as data
    assert answer["error"] is not None or answer["result"] == {"__type__": "datetime", "__value__": "x"}


def test_a_broker_that_is_away_when_a_reply_is_due(world, rabbit_proxy):
    program = stock(world, url=rabbit_proxy.way_to(world.amqp_url))
    call(world.amqp_url, "stock.slow", 2, timeout=0.5)
    rabbit_proxy.refuse()
    until(lambda: "killing <ServiceContainer" in program.said(), 30)  # and all its other work with it
    rabbit_proxy.refuse(False)
    until(lambda: not program.running, 60)  # half dead until the broker was back, then gone

    ours = world.start(AMQP_URL=rabbit_proxy.way_to(world.amqp_url))
    call(world.amqp_url, "notify.slow", None, {"seconds": 1, "mark": "x"}, timeout=0.5)
    rabbit_proxy.refuse()
    until(lambda: "the reply was lost" in ours.said())
    rabbit_proxy.refuse(False)
    until(lambda: ready(ours.health))
    assert call(world.amqp_url, "notify.echo", None, {"n": 1})["result"] == {"n": 1}


@pytest.mark.parametrize("missing", ["reply_to", "content_type"])
def test_a_call_without_reply_address_or_content_type(world, missing):
    program = stock(world)
    call(world.amqp_url, "stock.echo", 1, timeout=1, **{missing: None})
    until(lambda: not program.running)  # every replica dies of it in turn

    ours = world.start()
    call(world.amqp_url, "notify.echo", None, {}, timeout=0.5, **{missing: None})
    until(lambda: "was refused" in ours.said())
    assert call(world.amqp_url, "notify.echo", None, {"n": 1})["result"] == {"n": 1}


def test_a_call_to_a_service_that_is_gone(world):
    """Its queue outlives it, so the call is accepted and waits."""

    async def leave_a_queue_behind() -> None:
        async with await aio_pika.connect(world.amqp_url) as connection:
            queue = await (await connection.channel()).declare_queue("rpc-gone", durable=True)
            await queue.bind("nameko-rpc", "gone.*")

    asyncio.run(leave_a_queue_behind())
    stock(world, "calling")
    assert call(world.amqp_url, "stock.echo", 1)["result"] == 1
    for _ in range(10):
        call(world.amqp_url, "stock.ask", timeout=0.3)  # waits for ever
    assert call(world.amqp_url, "stock.echo", 1, timeout=6) is None  # ten of them are all the workers there are

    world.start()
    started = time.monotonic()
    assert call(world.amqp_url, "notify.ask_other", None, {})["error"]["exc_args"][0]["code"] == "unavailable"
    assert time.monotonic() - started < 3


def test_a_dependency_that_fails(world, postgres):
    program = stock(world, "fragile")
    call(world.amqp_url, "stock.echo", 1, timeout=1)
    until(lambda: not program.running)  # and the next replica dies of the same message

    ours = world.start()
    postgres.program.stop(2)
    try:
        answer = call(world.amqp_url, "notify.slow", None, {"seconds": 0, "mark": "x"}, timeout=10)
        assert answer["error"]["exc_args"][0]["code"] == "database_unavailable"
        assert ours.running
    finally:
        postgres.program.start()
    assert call(world.amqp_url, "notify.echo", None, {"n": 1})["result"] == {"n": 1}


def test_sigterm_under_a_running_handler(world):
    program = stock(world)
    happen(world, "slow")
    until(lambda: "begun slow" in program.said())
    program.process.terminate()
    # given back, for another to handle, or for itself when it takes its lost connection up again …
    until(lambda: world.depth(STOCK_EVENTS) == 1 or program.said().count("begun slow") == 2, 7)
    assert "handled slow" not in program.said()  # … while it still runs here
    until(lambda: not program.running)

    ours = world.start()
    world.send(*(an_event() for _ in range(200)))
    ours.stop()
    until(lambda: world.depth() + world.effects() == 200)


def test_a_frozen_broker(world, rabbit_proxy):
    program = stock(world, url=rabbit_proxy.way_to(world.amqp_url))
    rabbit_proxy.strand()
    happen(world, "after")
    until(lambda: world.depth(STOCK_EVENTS) == 1, 30)  # the broker has given up this consumer
    with pytest.raises(AssertionError):
        until(lambda: "handled after" in program.said(), 8)  # it waits for a farewell that never comes

    ours = world.start(AMQP_URL=rabbit_proxy.way_to(world.amqp_url), HEARTBEAT=2)
    rabbit_proxy.strand()
    until(lambda: "gone silent" in ours.said())
    until(lambda: ready(ours.health))
    world.send(an_event())
    until(lambda: world.effects() == 1)


def test_publishing_in_a_memory_alarm(world, rabbitmq):
    program = stock(world, "publishing")
    until(lambda: "published 3" in program.said())
    world.send(an_event("poison"))
    rabbitmq.server.alarm(True)
    try:
        until(lambda: rabbitmq.server.api("GET", "/api/nodes")[0]["mem_alarm"], 40)
        before = until(lambda: _quiet_for(program, 5), 40)
        ours = world.start()
        until(lambda: "a failed event stays where it is" in ours.said(), 40)  # its publish ended by a deadline
        assert _last_published(program) == before  # this one has not returned yet
        assert ready(ours.health)
    finally:
        rabbitmq.server.alarm(False)
    until(lambda: any(world.depth(retry(delay)) for delay in RETRY_DELAYS), 40)  # nothing was lost


def _quiet_for(program, seconds: float) -> str:
    before = _last_published(program)
    time.sleep(seconds)
    return before if _last_published(program) == before else ""


def _last_published(program) -> str:
    """Its other connections may come and go meanwhile, and say so."""
    return [line for line in program.said().splitlines() if line.startswith("published")][-1]


def test_json_that_looks_like_kombus_own_objects(world):
    hostile = {"__type__": "base64", "__value__": "AAAA"}
    stock(world)
    answer = call(world.amqp_url, "stock.echo", hostile)
    assert answer["result"] != hostile or answer["error"]  # bytes, not what was sent

    world.start()
    assert call(world.amqp_url, "notify.echo", None, hostile)["result"] == hostile


def test_logging_configured_in_yaml(world):
    program = stock(world, "yaml-logging")
    happen(world, "poison")
    happen(world, "next")
    until(lambda: "handled next" in program.said())
    assert "poison" not in program.said()  # the handler's error is nowhere

    ours = world.start()
    call(world.amqp_url, "notify.fail", None, {})
    until(lambda: "ZeroDivisionError" in ours.said())
