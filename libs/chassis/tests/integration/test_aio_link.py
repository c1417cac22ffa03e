"""An asyncio connection to the broker is whole or is made anew."""

import asyncio

import aio_pika
import pytest

from chassis.aio.link import Link, opened


@pytest.fixture
def linked(world):
    """Runs `work` with a link that is not started yet."""

    def run(work):
        async def with_a_link():
            link = Link(world.amqp_url, "test")
            try:
                async with asyncio.timeout(20):
                    return await work(link)
            finally:
                await link.close()

        return asyncio.run(with_a_link())

    return run


def test_a_channel_that_the_broker_closes_is_made_anew(linked):
    async def work(link):
        channels = asyncio.Queue()

        async def up(connection):
            channels.put_nowait(await opened(connection))

        link.on_up(up)
        link.start()
        first = await channels.get()
        with pytest.raises(aio_pika.exceptions.ChannelNotFoundEntity):
            await first.get_queue("nobody.made.this")
        second = await channels.get()
        await link.ready(5)
        return await second.declare_queue(exclusive=True)

    assert linked(work)


def test_a_consumer_that_is_taken_away_is_registered_anew(world, linked):
    async def work(link):
        queues = asyncio.Queue()

        async def heard(_message):
            pass

        async def up(connection):
            channel = await opened(connection)
            queue = await channel.declare_queue("taken-away", auto_delete=True)
            await queue.consume(heard)
            queues.put_nowait(queue)

        link.on_up(up)
        link.start()
        await queues.get()
        await link.ready(5)
        async with await aio_pika.connect(world.amqp_url) as other:
            await (await other.channel()).queue_delete("taken-away")
        await queues.get()
        await link.ready(5)

    linked(work)


def test_who_was_set_up_on_a_connection_that_never_was_up_hears_that_it_is_gone(linked):
    async def work(link):
        told: list[str] = []

        async def up(_connection):
            told.append("up")

        async def fails_once(_connection):
            if len(told) == 1:
                raise ConnectionError("in between")

        link.on_up(up)
        link.on_up(fails_once)
        link.on_down(lambda: told.append("down"))
        link.start()
        await link.ready(5)
        return told.copy()  # before it is closed

    assert linked(work) == ["up", "down", "up"]
