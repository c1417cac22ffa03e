"""Every lasting exchange, queue and binding, made from the contracts by one step before any service starts.

`python -m chassis.topology` declares them with the broker's administrator in AMQP_URL; services only check. What lives
with one process (reply queues, a gateway replica's event queue) is declared by that process.
"""

import asyncio
import logging
import os
import sys
from dataclasses import dataclass, field
from typing import Any

import aio_pika
from aio_pika.abc import AbstractChannel
from aiormq.exceptions import ChannelPreconditionFailed

from chassis import logs
from contracts import TOPICS, naming
from contracts.message import DURABLE_CONSUMERS

log = logging.getLogger(__name__)

# The limit only ends messages that kill their consumer over and over: a broker counts every prefetched message each
# time a consumer goes away, so failures of handlers are counted in a header of ours instead.
DELIVERY_LIMIT = 50

RPC_SERVICES = tuple(sorted(DURABLE_CONSUMERS))


@dataclass(frozen=True)
class Queue:
    """A durable queue, its arguments, and the (exchange, routing key) pairs it is bound to."""

    name: str
    arguments: dict[str, Any] = field(default_factory=dict)
    bindings: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Topology:
    """What must exist: exchanges by name with their type, and queues."""

    exchanges: dict[str, str]
    queues: tuple[Queue, ...]


def _safe(extra: dict[str, Any]) -> dict[str, Any]:
    """A quorum queue whose dead letters are never lost on the way."""
    return {
        "x-queue-type": "quorum",
        "x-dead-letter-strategy": "at-least-once",
        "x-overflow": "reject-publish",
        **extra,
    }


def describe() -> Topology:
    """The topology of these contracts, as data: for declaring, for tests and for the docs."""
    sources = sorted({message.source for message in TOPICS.values()})
    exchanges = {naming.event_exchange(source): "topic" for source in sources}
    exchanges |= {naming.RPC_EXCHANGE: "topic", naming.DEAD: "fanout"}
    exchanges |= {naming.retry(delay): "fanout" for delay in naming.RETRY_DELAYS}
    return Topology(exchanges, (*_event_queues(), *_retry_queues(), _dead_queue(), *_rpc_queues()))


def _event_queues() -> list[Queue]:
    arguments = _safe({"x-delivery-limit": DELIVERY_LIMIT, "x-dead-letter-exchange": naming.DEAD})
    return [
        Queue(
            naming.event_queue(consumer),
            arguments,
            tuple(
                (naming.event_exchange(message.source), topic)
                for topic, message in sorted(TOPICS.items())
                if consumer in message.heard_by
            ),
        )
        for consumer in sorted(DURABLE_CONSUMERS)
    ]


def _retry_queues() -> list[Queue]:
    """One queue per delay, shared by all: a message keeps its origin queue as routing key, and goes back by it."""
    return [
        Queue(
            naming.retry(delay),
            _safe({"x-message-ttl": delay * 1000, "x-dead-letter-exchange": ""}),
            ((naming.retry(delay), ""),),
        )
        for delay in naming.RETRY_DELAYS
    ]


def _dead_queue() -> Queue:
    return Queue(naming.DEAD, {"x-queue-type": "quorum"}, ((naming.DEAD, ""),))


def _rpc_queues() -> list[Queue]:
    """As nameko declares them: classic and durable. A call has a deadline, so it needs no replicas."""
    return [Queue(naming.rpc_queue(service), {}, ((naming.RPC_EXCHANGE, f"{service}.*"),)) for service in RPC_SERVICES]


class TopologyMismatch(RuntimeError):
    """A queue exists with other arguments. Give the new one a new name and drain the old one."""


async def declare(url: str) -> Topology:
    """Makes the broker's topology that of the contracts. Repeating it changes nothing.

    Bindings to topics that a queue no longer hears are removed. Raises TopologyMismatch.
    """
    wanted = describe()
    connection = await aio_pika.connect(url, timeout=10)
    async with connection:
        channel = await connection.channel()
        for name, kind in wanted.exchanges.items():
            await channel.declare_exchange(name, kind, durable=True)
        for queue in wanted.queues:
            await _declare_queue(channel, queue)
    return wanted


async def _declare_queue(channel: AbstractChannel, queue: Queue) -> None:
    try:
        declared = await channel.declare_queue(queue.name, durable=True, arguments=queue.arguments)
    except ChannelPreconditionFailed as error:
        raise TopologyMismatch(
            f"queue {queue.name} exists with other arguments: raise its version in contracts.naming, "
            f"let the old one drain, then delete it ({error})"
        ) from error
    for exchange, key in queue.bindings:
        await declared.bind(exchange, key)
    for exchange, key in _stale(queue):
        await declared.unbind(exchange, key)


def _stale(queue: Queue) -> list[tuple[str, str]]:
    """Bindings an earlier release may have made: every known topic that an event queue does not hear now."""
    if queue.name not in {naming.event_queue(consumer) for consumer in DURABLE_CONSUMERS}:
        return []
    known = {(naming.event_exchange(message.source), topic) for topic, message in TOPICS.items()}
    return sorted(known - set(queue.bindings))


def main() -> int:
    """Declares, and says what stands in the way instead of a traceback."""
    logs.configure("topology")
    url = os.environ.get("AMQP_URL", "")
    if not url:
        log.error("AMQP_URL is not set")
        return 2
    try:
        wanted = asyncio.run(declare(url))
    except (TopologyMismatch, OSError, aio_pika.exceptions.AMQPError, TimeoutError) as error:
        log.error("the topology could not be declared: %s", error)
        return 1
    log.info("%s exchanges and %s queues are in place", len(wanted.exchanges), len(wanted.queues))
    return 0


if __name__ == "__main__":
    sys.exit(main())
