"""Calls to an asyncio service over the real bus: its caller cannot tell it from a green one."""

import asyncio
import time

import aio_pika
import pytest

from chassis.errors import DeadlineExceeded, Kind, Refusal, Unavailable
from contracts.naming import RPC_EXCHANGE, rpc_queue
from yeshi_local.testing import ready, until

SERVICE = "edge-gateway"


@pytest.fixture
def program(world):
    return world.start("async_example.py")


def call(world, method, payload, timeout=5):
    return world.call(method, payload, timeout, SERVICE)


def test_a_call_is_answered_with_what_was_sent(serving):
    payload = {"text": "夜市", "hostile": {"__type__": "datetime", "__value__": "x"}, "n": 2**53 + 1, "none": None}
    assert call(serving, "echo", payload) == payload


def test_a_refusal_keeps_its_code_kind_and_fields(serving):
    with pytest.raises(Refusal) as refused:
        call(serving, "refuse", {})
    assert refused.value.as_dict() == {
        "code": "sold_out",
        "kind": "conflict",
        "detail": "no more tea",
        "fields": {"left": 0},
    }


@pytest.mark.parametrize("method", ["fail", "unserializable", "no_such_method"])
def test_an_unforeseen_error_gives_away_nothing(serving, method):
    with pytest.raises(Refusal) as refused:
        call(serving, method, {})
    assert (refused.value.code, refused.value.kind) == ("internal", Kind.UNAVAILABLE)
    assert "secret" not in refused.value.detail
    assert call(serving, "echo", {"still": "alive"}) == {"still": "alive"}


def test_a_service_that_asks_another_hears_at_once_that_nobody_is_there(serving):
    started = time.monotonic()
    with pytest.raises(Unavailable):
        call(serving, "ask_other", {})
    assert time.monotonic() - started < 3


@pytest.mark.parametrize(
    ("body", "properties"),
    [
        (b'{"args":[null,{}],"kwargs":{}}', {"content_type": "application/json"}),
        (b'{"args":[null,{}],"kwargs":{}}', {"reply_to": "x"}),
        (b"\x80\x04", {"reply_to": "x", "content_type": "application/x-python-serialize"}),
        (b"not json", {"reply_to": "x", "content_type": "application/json"}),
        (b'{"args":7}', {"reply_to": "x", "content_type": "application/json"}),
        (b'{"args":[],"kwargs":{}}', {"reply_to": "x", "content_type": "application/json"}),
    ],
    ids=["no-reply-address", "no-content-type", "pickle", "garbage", "no-call", "no-arguments"],
)
def test_a_message_that_is_no_call_leaves_the_queue_and_the_service_alive(world, program, body, properties):
    async def send(bus):
        async with await aio_pika.connect(world.amqp_url) as connection:
            exchange = await (await connection.channel()).get_exchange(RPC_EXCHANGE)
            await exchange.publish(aio_pika.Message(body, **properties), f"{SERVICE}.echo")
        return await bus.rpc(SERVICE, "echo", None, {"n": 1})

    assert world.run(send) == {"n": 1}
    program.stop()  # in order: the last call's acknowledgement is on its way when its caller has the reply
    assert world.depth(rpc_queue(SERVICE)) == 0  # nothing was left unacknowledged


def test_a_slow_call_ends_by_its_deadline_and_late_ones_are_not_begun(world):
    world.start("async_example.py", WORKERS=1)

    async def ask(bus):
        first = asyncio.create_task(bus.rpc(SERVICE, "slow", None, {"seconds": 2, "mark": "first"}, timeout=5))
        await asyncio.sleep(0.3)  # the only worker is now taken
        with pytest.raises(DeadlineExceeded):
            await bus.rpc(SERVICE, "slow", None, {"seconds": 0, "mark": "late"}, timeout=0.5)
        await first
        await bus.rpc(SERVICE, "slow", None, {"seconds": 0, "mark": "last"}, timeout=5)

    world.run(ask)
    assert world.rows("SELECT mark FROM marks ORDER BY 1") == [("first",), ("last",)]


def test_a_call_that_nobody_waits_for_is_dropped_unstarted(world, program):
    async def send(bus):
        message = aio_pika.Message(
            b'{"args":[null,{"seconds":0,"mark":"late"}],"kwargs":{}}',
            reply_to="x",
            content_type="application/json",
            headers={"x-deadline": int(time.time() * 1000) - 1},
        )
        async with await aio_pika.connect(world.amqp_url) as connection:
            exchange = await (await connection.channel()).get_exchange(RPC_EXCHANGE)
            await exchange.publish(message, f"{SERVICE}.slow")
        await bus.rpc(SERVICE, "slow", None, {"seconds": 0, "mark": "in time"})

    world.run(send)
    assert world.rows("SELECT mark FROM marks") == [("in time",)]


def test_a_call_whose_service_is_killed_runs_again_elsewhere(world):
    first = world.start("async_example.py")

    async def ask(bus):
        waiting = asyncio.create_task(bus.rpc(SERVICE, "slow", None, {"seconds": 2, "mark": "again"}, timeout=30))
        await asyncio.sleep(0.5)
        await asyncio.to_thread(first.kill)
        await asyncio.to_thread(world.start, "async_example.py")
        return await waiting

    assert world.run(ask) == "again"
    assert world.rows("SELECT mark FROM marks") == [("again",)]


def test_sigterm_ends_running_calls_before_the_process(world, program):
    async def ask(bus):
        running = asyncio.create_task(bus.rpc(SERVICE, "slow", None, {"seconds": 1, "mark": "drained"}, timeout=5))
        await asyncio.sleep(0.4)
        ended = asyncio.create_task(asyncio.to_thread(program.stop))
        return await running, await ended

    assert world.run(ask) == ("drained", 0)
    assert world.rows("SELECT mark FROM marks") == [("drained",)]  # once: it was not redelivered meanwhile


def test_a_call_longer_than_the_grace_goes_back_to_its_queue(world):
    program = world.start("async_example.py", GRACE=0.5)

    async def ask(bus):
        running = asyncio.create_task(bus.rpc(SERVICE, "slow", None, {"seconds": 5, "mark": "late"}, timeout=20))
        await asyncio.sleep(0.4)
        assert await asyncio.to_thread(program.stop) == 1
        await asyncio.to_thread(world.start, "async_example.py")
        return await running

    assert world.run(ask) == "late"
    assert world.rows("SELECT mark FROM marks") == [("late",)]


def test_a_cut_connection_comes_back_and_readiness_follows_the_consumer(world, rabbit_proxy):
    host, _, vhost = world.amqp_url.rpartition("/")
    through = f"{host.rpartition(':')[0]}:{rabbit_proxy.port}/{vhost}"
    program = world.start("async_example.py", AMQP_URL=through)
    rabbit_proxy.refuse()
    until(lambda: not ready(program.health))
    rabbit_proxy.refuse(False)
    until(lambda: ready(program.health))
    until(lambda: call(world, "echo", {"n": 2}, 1) == {"n": 2})


def test_a_queue_that_is_deleted_under_it_makes_it_unready_until_the_queue_is_there_again(world, program):
    async def change(work):
        async with await aio_pika.connect(world.amqp_url) as connection:
            await work(await connection.channel())

    async def make(channel):
        queue = await channel.declare_queue(rpc_queue(SERVICE), durable=True)
        await queue.bind(RPC_EXCHANGE, f"{SERVICE}.*")

    asyncio.run(change(lambda channel: channel.queue_delete(rpc_queue(SERVICE))))
    until(lambda: not ready(program.health))
    asyncio.run(change(make))
    until(lambda: ready(program.health))
    assert call(world, "echo", {"n": 3}) == {"n": 3}
