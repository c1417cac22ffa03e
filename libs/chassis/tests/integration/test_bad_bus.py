"""The bus is cut, refused, frozen, restarted or out of memory: nobody hangs, and everything comes back by itself."""

import asyncio
import os
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from chassis.errors import Unavailable
from chassis.testing.events import an_event
from yeshi_local.pytest_plugin import RabbitServer, private_rabbitmq
from yeshi_local.testing import ready, until


@pytest.fixture(scope="module")
def rabbitmq(tmp_path_factory, start_server) -> RabbitServer:
    """A node of this file's own: one that was killed among thousands of queues may refuse every new one afterwards."""
    return private_rabbitmq(tmp_path_factory.mktemp("bad-bus"), start_server)


def test_a_cut_connection_comes_back_at_once(world, rabbit_proxy):
    program = world.start(AMQP_URL=rabbit_proxy.way_to(world.amqp_url))
    assert world.call("echo", {"n": 1}) == {"n": 1}
    rabbit_proxy.cut()
    started = time.monotonic()
    until(lambda: world.call("echo", {"n": 2}, 1) == {"n": 2})
    assert time.monotonic() - started < 10
    world.send(an_event())
    until(lambda: world.effects() == 1)
    until(lambda: ready(program.health))


def test_a_service_asks_another_at_the_first_try_after_a_cut(world, rabbit_proxy):
    """The connection it asks on broke while it rested; that is no reason to refuse its caller."""
    program = world.start(AMQP_URL=rabbit_proxy.way_to(world.amqp_url))
    with pytest.raises(Unavailable, match="users is not there"):
        world.call("ask_other", {})
    listened = program.said().count("answers: consuming")
    rabbit_proxy.cut()
    until(lambda: program.said().count("answers: consuming") > listened)
    until(lambda: ready(program.health))
    with pytest.raises(Unavailable, match="users is not there"):
        world.call("ask_other", {})


def test_a_loop_whose_connection_is_dropped_by_another_greenlet_comes_back(world):
    """eventlet tells who reads a socket that somebody else has closed in its own way."""
    script = Path(__file__).parent / "example" / "dropped.py"
    environment = {**os.environ, "AMQP_URL": world.amqp_url}
    done = subprocess.run([sys.executable, script], env=environment, capture_output=True, text=True, timeout=60)
    assert done.stdout.splitlines() == ["came back while reading", "came back while working"], done.stderr


def test_a_refused_connection_is_tried_until_it_is_there(world, rabbit_proxy):
    rabbit_proxy.refuse()
    program = world.start(wait=False, AMQP_URL=rabbit_proxy.way_to(world.amqp_url))
    until(lambda: "no bus" in program.said())
    assert not ready(program.health)
    said = httpx.get(f"{program.health}/readyz", trust_env=False).text
    for queue in ("rpc-notify", "notify.events.v1", "rpc.reply-notify-"):  # the last is for answers to its own calls
        assert f"no consumer on {queue}" in said
    rabbit_proxy.refuse(False)
    until(lambda: ready(program.health))
    assert program.running


def test_a_frozen_bus_is_noticed_and_left(world, rabbit_proxy):
    """Connections stay up and nothing answers: the heartbeat's silence is the only sign."""
    program = world.start(AMQP_URL=rabbit_proxy.way_to(world.amqp_url), HEARTBEAT=2)
    rabbit_proxy.freeze()
    until(lambda: "gone silent" in program.said(), 15)
    until(lambda: not ready(program.health))
    rabbit_proxy.freeze(False)
    until(lambda: ready(program.health))
    world.send(an_event())
    until(lambda: world.effects() == 1)


def test_a_client_of_a_frozen_bus_hears_by_its_deadline(world, rabbit_proxy):
    world.start()

    async def ask(bus):
        assert await bus.rpc("notify", "echo", None, {}) == {}
        rabbit_proxy.freeze()
        started = time.monotonic()
        with pytest.raises(Unavailable):
            await bus.rpc("notify", "echo", None, {}, timeout=1)
        waited = time.monotonic() - started
        rabbit_proxy.freeze(False)
        return waited

    assert world.run(ask, rabbit_proxy.way_to(world.amqp_url)) < 2


def test_a_client_that_lost_its_half_is_answered_again_at_once(world, rabbit_proxy):
    """The client's side is gone, the broker still believes in it: the reply queue has a new name."""
    world.start()

    async def ask(bus):
        assert await bus.rpc("notify", "echo", None, {"n": 1}) == {"n": 1}
        rabbit_proxy.half_open()
        started = time.monotonic()
        while True:
            try:
                assert await bus.rpc("notify", "echo", None, {"n": 2}, timeout=1) == {"n": 2}
                return time.monotonic() - started
            except Unavailable:
                await asyncio.sleep(0.05)

    assert world.run(ask, rabbit_proxy.way_to(world.amqp_url)) < 5


def test_a_call_under_way_fails_at_once_when_the_bus_is_cut(world, rabbit_proxy):
    world.start()

    async def ask(bus):
        call = asyncio.create_task(bus.rpc("notify", "slow", None, {"seconds": 3, "mark": "x"}, timeout=10))
        await asyncio.sleep(0.5)
        started = time.monotonic()
        rabbit_proxy.refuse()
        with pytest.raises(Unavailable, match="unknown"):
            await call
        return time.monotonic() - started

    assert world.run(ask, rabbit_proxy.way_to(world.amqp_url)) < 2


def test_a_memory_alarm_hangs_nobody_and_passes(world, rabbitmq):
    """Publishers are blocked, consumers go on: a call ends by its deadline, and works when the alarm is over."""
    program = world.start()
    rabbitmq.server.alarm(True)
    try:
        started = time.monotonic()
        with pytest.raises(Unavailable):
            world.call("echo", {}, 2)
        assert time.monotonic() - started < 15
        assert program.running
    finally:
        rabbitmq.server.alarm(False)
    until(lambda: world.call("echo", {"n": 1}, 2) == {"n": 1}, 30)
    world.send(an_event())
    until(lambda: world.effects() == 1)


@pytest.mark.parametrize("way", ["graceful", "killed"])
def test_a_restarted_broker_finds_everybody_again(world, rabbitmq, way):
    program = world.start()
    world.send(an_event())
    until(lambda: world.effects() == 1)
    if way == "graceful":
        rabbitmq.server.ctl("stop_app")
        until(lambda: not ready(program.health))
        rabbitmq.server.ctl("start_app")
    else:
        rabbitmq.program.kill()
        until(lambda: not ready(program.health))
        rabbitmq.program.start()
    up = time.monotonic()
    until(lambda: ready(program.health), 30)
    assert time.monotonic() - up < 10
    until(lambda: world.call("echo", {"n": 1}) == {"n": 1})
    world.send(an_event())
    until(lambda: world.effects() == 2)


def test_sigterm_ends_a_process_whose_broker_is_away(world, rabbit_proxy):
    program = world.start(AMQP_URL=rabbit_proxy.way_to(world.amqp_url))
    rabbit_proxy.refuse()
    until(lambda: not ready(program.health))
    started = time.monotonic()
    assert program.stop() == 0
    assert time.monotonic() - started < 10
