"""A process's own event queue: what it shows is current, or it knows that it is not."""

import asyncio
import time

import pytest

from chassis.aio import Bus, EventStream
from chassis.testing.events import an_event
from contracts import users
from yeshi_local.testing import until

TOPIC = users.SellerChangedV1.topic


class Listener:
    """A stream that writes down what happens to it."""

    def __init__(self, url: str) -> None:
        self.bus = Bus(url, "gateway", heartbeat=2)
        self.log: list[str] = []
        self.stream = EventStream(
            self.bus,
            [TOPIC],
            lambda event: self.log.append(event.id),
            on_bound=lambda: self.log.append("bound"),
            on_lost=lambda: self.log.append("lost"),
        )

    async def __aenter__(self) -> "Listener":
        self.bus.start()
        self.stream.start()
        await self.until(lambda: self.stream.alive)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stream.close()
        await self.bus.close()

    async def until(self, check, patience: float = 30) -> float:
        """How long it took."""
        started = time.monotonic()
        while not check():
            assert time.monotonic() - started < patience, self.log
            await asyncio.sleep(0.02)
        return time.monotonic() - started


@pytest.fixture
def listening(world):
    """Runs a test's work with a listener."""

    def run(work, url: str | None = None) -> None:
        async def session() -> None:
            async with Listener(url or world.amqp_url) as listener:
                await work(listener)

        asyncio.run(session())

    return run


def test_singles_and_bundles_come_in_order_and_what_cannot_be_read_is_passed_over(world, listening):
    ids = [f"00000000-0000-7000-8000-00000000000{n}" for n in range(4)]

    async def work(listener) -> None:
        first, *rest = (an_event(id=one) for one in ids)
        await asyncio.to_thread(world.send, first, b"{no event")
        packed = b"[" + b",".join(rest) + b"]"
        await asyncio.to_thread(world.send, packed, content_type="application/cloudevents-batch+json")
        await listener.until(lambda: len(listener.log) == 5)
        assert listener.log == ["bound", *ids]

    listening(work)


def test_a_cut_bus_is_told_and_bound_again(world, listening, rabbit_proxy):
    async def work(listener) -> None:
        rabbit_proxy.cut()
        await listener.until(lambda: "lost" in listener.log)
        await listener.until(lambda: listener.stream.alive)
        await asyncio.to_thread(world.send, an_event(id="00000000-0000-7000-8000-000000000001"))
        await listener.until(lambda: len(listener.log) == 4)
        assert listener.log[:3] == ["bound", "lost", "bound"]

    listening(work, rabbit_proxy.way_to(world.amqp_url))


def test_a_frozen_bus_is_known_within_about_a_second(world, listening, rabbit_proxy):
    async def work(listener) -> None:
        rabbit_proxy.freeze()
        assert await listener.until(lambda: not listener.stream.alive) < 2.5
        rabbit_proxy.freeze(False)
        await listener.until(lambda: listener.stream.alive)

    listening(work, rabbit_proxy.way_to(world.amqp_url))


def test_two_streams_of_one_name_hear_everything_each(world):
    async def work() -> None:
        async with Listener(world.amqp_url) as first, Listener(world.amqp_url) as second:
            await asyncio.to_thread(world.send, an_event())
            for listener in (first, second):
                await listener.until(lambda listener=listener: len(listener.log) == 2)

    asyncio.run(work())


def test_its_queue_goes_with_it(world, rabbitmq, listening):
    def queues() -> list[str]:
        vhost = world.amqp_url.rpartition("/")[2]
        found = rabbitmq.server.ctl("list_queues", "--vhost", vhost, "name", "--no-table-headers").splitlines()
        return [name for name in found if name.startswith("gateway-")]

    async def work(_listener) -> None:
        assert len(await asyncio.to_thread(queues)) == 1

    listening(work)
    until(lambda: not queues())
