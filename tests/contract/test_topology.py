"""What the broker has after `topology` is what the contracts say: no more, no less, however often it runs."""

import asyncio
from typing import Any

import aio_pika
import pytest

import contracts
from chassis import topology
from chassis.topology import Topology, TopologyMismatch
from contracts import naming
from contracts.message import DURABLE_CONSUMERS

EVENTS = naming.event_queue("catalog")


def on_broker(vhost) -> dict[str, Any]:
    """Exchanges, queues and bindings of a vhost, without those every vhost has."""

    def ask(what: str) -> list[dict[str, Any]]:
        return vhost.rabbit.server.api("GET", f"/api/{what}/{vhost.name}")

    own = {"", "amq.direct", "amq.fanout", "amq.headers", "amq.match", "amq.topic", "amq.rabbitmq.trace"}
    return {
        "exchanges": {one["name"]: (one["type"], one["durable"]) for one in ask("exchanges") if one["name"] not in own},
        "queues": {one["name"]: (one["durable"], one["arguments"]) for one in ask("queues")},
        "bindings": {
            (one["source"], one["routing_key"], one["destination"]) for one in ask("bindings") if one["source"]
        },
    }


def described(wanted: Topology) -> dict[str, Any]:
    """The same of a description."""
    classic = {"x-queue-type": "classic"}
    return {
        "exchanges": {name: (kind, True) for name, kind in wanted.exchanges.items()},
        "queues": {queue.name: (True, queue.arguments or classic) for queue in wanted.queues},
        "bindings": {(exchange, key, queue.name) for queue in wanted.queues for exchange, key in queue.bindings},
    }


def _same(found: dict[str, Any], wanted: dict[str, Any]) -> bool:
    classic = {"x-queue-type": "classic"}
    queues = {name: (durable, arguments or classic) for name, (durable, arguments) in found["queues"].items()}
    return {**found, "queues": queues} == wanted


def run(vhost, work) -> Any:
    """Asyncio work with a channel of the vhost."""

    async def session() -> Any:
        async with await aio_pika.connect(vhost.url) as connection:
            return await work(await connection.channel())

    return asyncio.run(session())


def test_the_broker_has_what_the_contracts_say(rabbit_vhost):
    wanted = asyncio.run(topology.declare(rabbit_vhost.url))
    first = on_broker(rabbit_vhost)
    assert _same(first, described(wanted))
    assert wanted == topology.describe()
    asyncio.run(topology.declare(rabbit_vhost.url))
    assert on_broker(rabbit_vhost) == first


def test_every_topic_reaches_the_queue_of_everyone_who_hears_it(rabbit_vhost):
    asyncio.run(topology.declare(rabbit_vhost.url))

    async def publish(channel) -> None:
        for topic, message in contracts.TOPICS.items():
            exchange = await channel.get_exchange(naming.event_exchange(message.source))
            mandatory = bool(contracts.consumers(topic))
            await exchange.publish(aio_pika.Message(topic.encode()), topic, mandatory=mandatory)

    async def take(channel) -> dict[str, set[str]]:
        heard: dict[str, set[str]] = {}
        for consumer in DURABLE_CONSUMERS:
            queue = await channel.get_queue(naming.event_queue(consumer))
            while message := await queue.get(no_ack=True, fail=False):
                heard.setdefault(consumer, set()).add(message.body.decode())
        return heard

    run(rabbit_vhost, publish)
    heard = run(rabbit_vhost, take)
    assert heard == {
        consumer: set(contracts.topics_heard_by(consumer))
        for consumer in DURABLE_CONSUMERS
        if contracts.topics_heard_by(consumer)
    }


@pytest.mark.parametrize("delay", naming.RETRY_DELAYS[:1])
def test_a_retried_message_goes_back_to_the_queue_it_names(rabbit_vhost, delay):
    asyncio.run(topology.declare(rabbit_vhost.url))

    async def there_and_back(channel) -> bytes:
        exchange = await channel.get_exchange(naming.retry(delay))
        await exchange.publish(aio_pika.Message(b"again"), EVENTS)
        queue = await channel.get_queue(EVENTS)
        async with asyncio.timeout(delay + 10), queue.iterator() as messages:
            async for message in messages:
                await message.ack()
                return message.body
        return b""

    assert run(rabbit_vhost, there_and_back) == b"again"


def test_a_topic_that_is_no_longer_heard_is_unbound(rabbit_vhost):
    asyncio.run(topology.declare(rabbit_vhost.url))
    foreign = next(topic for topic, message in contracts.TOPICS.items() if "catalog" not in message.heard_by)
    exchange = naming.event_exchange(contracts.TOPICS[foreign].source)

    async def bind(channel) -> None:
        await (await channel.get_queue(EVENTS)).bind(exchange, foreign)

    run(rabbit_vhost, bind)
    assert (exchange, foreign, EVENTS) in on_broker(rabbit_vhost)["bindings"]
    asyncio.run(topology.declare(rabbit_vhost.url))
    assert (exchange, foreign, EVENTS) not in on_broker(rabbit_vhost)["bindings"]


def test_a_queue_of_another_shape_is_said_and_left_as_it_is(rabbit_vhost):
    async def in_the_way(channel) -> None:
        await channel.declare_queue(EVENTS, durable=True)

    run(rabbit_vhost, in_the_way)
    with pytest.raises(TopologyMismatch, match=r"catalog\.events\.v1 exists with other arguments"):
        asyncio.run(topology.declare(rabbit_vhost.url))
    assert on_broker(rabbit_vhost)["queues"][EVENTS][1] in ({}, {"x-queue-type": "classic"})
