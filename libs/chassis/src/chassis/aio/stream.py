"""A process's own event queue: there while it is there, for what it shows and never for what it owns.

Ticks tell whether the bus is alive: the stream sends itself one every 300 ms, and none for a second means it is not.
They take the way of replies, under a random key, since no account may publish to the default exchange.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from uuid import uuid4

import aio_pika
from aio_pika.abc import AbstractConnection, AbstractExchange, AbstractIncomingMessage

import contracts
from chassis.aio.bus import Bus
from chassis.aio.link import opened
from contracts.naming import RPC_EXCHANGE, event_exchange

log = logging.getLogger(__name__)

TICK_EVERY = 0.3  # seconds
DEAD_AFTER = 1.0
PREFETCH = 200
_TICK = "application/x-yeshi-tick"

OnEvent = Callable[[contracts.Event], None]


class EventStream:
    """Hears `topics` on a queue of its own and calls `on_event` for each event, in order.

    `on_bound` is called after each (re)binding: from then on nothing is missed. `on_lost` is called when the queue is
    gone: what was heard until then may have gaps from now on.
    """

    def __init__(
        self,
        bus: Bus,
        topics: Sequence[str],
        on_event: OnEvent,
        *,
        on_bound: Callable[[], None] = lambda: None,
        on_lost: Callable[[], None] = lambda: None,
    ) -> None:
        self._topics = topics
        self._on_event = on_event
        self._on_bound = on_bound
        self._on_lost = on_lost
        self._name = bus.name
        self._tick_key = ""
        self._out: AbstractExchange | None = None
        self._last_tick = 0.0
        self._ticker: asyncio.Task[None] | None = None
        self.bound = False
        bus.consuming.on_up(self._bind)
        bus.consuming.on_down(self._gone)
        bus.publishing.on_up(self._open)

    def start(self) -> None:
        """Begins to tick."""
        self._ticker = asyncio.create_task(self._tick(), name="ticks")

    async def close(self) -> None:
        """Ends the ticks; the queue goes with the connection."""
        if self._ticker is not None:
            self._ticker.cancel()
            with suppress(asyncio.CancelledError):
                await self._ticker

    @property
    def alive(self) -> bool:
        """Whether what was shown last is current: bound, and a tick came round within the last second."""
        return self.bound and time.monotonic() - self._last_tick < DEAD_AFTER

    async def _bind(self, connection: AbstractConnection) -> None:
        channel = await opened(connection, publisher_confirms=False)
        await channel.set_qos(prefetch_count=PREFETCH)
        name = f"{self._name}-events-{uuid4()}"
        queue = await channel.declare_queue(name, exclusive=True, auto_delete=True)
        for topic in self._topics:
            await queue.bind(event_exchange(contracts.TOPICS[topic].source), topic)
        self._tick_key = str(uuid4())
        await queue.bind(RPC_EXCHANGE, self._tick_key)
        await queue.consume(self._received, no_ack=True)
        self._last_tick = 0.0  # alive with the first tick that came round, not before
        self.bound = True
        self._on_bound()

    async def _open(self, connection: AbstractConnection) -> None:
        channel = await opened(connection, publisher_confirms=False)
        self._out = await channel.get_exchange(RPC_EXCHANGE, ensure=False)

    def _gone(self) -> None:
        self.bound = False
        self._on_lost()

    async def _received(self, message: AbstractIncomingMessage) -> None:
        if message.content_type == _TICK:
            self._last_tick = time.monotonic()
            return
        try:
            bundle = contracts.is_bundle(message.content_type)
            bodies = contracts.decode_bundle(message.body) if bundle else [message.body]
        except contracts.Undecodable as error:
            log.error("a message that is no bundle was dropped: %s", error)
            return
        for body in bodies:
            try:
                self._on_event(contracts.decode(body))
            except contracts.Undecodable as error:
                log.error("an event that cannot be read was dropped: %s", error)

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK_EVERY)
            if self._out is None or not self.bound:
                continue
            with suppress(Exception):  # a tick that cannot be sent is the news that `alive` tells
                async with asyncio.timeout(TICK_EVERY):
                    await self._out.publish(aio_pika.Message(b"", content_type=_TICK), self._tick_key)
