"""A service's event queue for asyncio processes, in batches of what has already arrived.

The rules are those of `chassis.green.consumer`: `chassis.events.EventInbox`, in a thread, decides what a batch becomes;
failed events go on alone to a retry queue or the dead queue, confirmed, before their message is acknowledged.
"""

import asyncio
import logging
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractConnection, AbstractIncomingMessage, AbstractQueue

from chassis import settling
from chassis.aio.bus import Bus
from chassis.aio.link import bounded_by_the_bus, opened
from chassis.errors import Unavailable
from chassis.events import EventInbox, Failed, Outcome
from chassis.settling import BATCH
from contracts.naming import event_queue

log = logging.getLogger(__name__)

CONFIRM_TIMEOUT = 5.0  # seconds


@dataclass
class _Session:
    """What one connection brought. Messages of a session that is over are not acknowledged: they come again."""

    queue: AbstractQueue
    tag: str = ""
    arrived: deque[AbstractIncomingMessage] = field(default_factory=deque)


class EventConsumer:
    """Consumes the event queue of a service over the links of a bus. Create it before the bus is started."""

    def __init__(self, bus: Bus, inbox: EventInbox) -> None:
        self._inbox = inbox
        self._queue_name = event_queue(inbox.consumer)
        self._session: _Session | None = None
        self._out: AbstractChannel | None = None
        self._arrival = asyncio.Event()
        self._pause = settling.Pause()
        self._stopping = False
        self._task: asyncio.Task[None] | None = None
        bus.consuming.on_up(self._consume)
        bus.consuming.on_down(self._gone)
        bus.publishing.on_up(self._open)

    def start(self) -> None:
        """Begins to handle what arrives."""
        self._task = asyncio.create_task(self._run(), name=f"events-{self._inbox.consumer}")

    def problem(self) -> str | None:
        """For /readyz: None while the broker knows our consumer on the queue and somebody handles what comes."""
        if self._task is None or self._task.done():
            return "nobody handles events"
        return None if self._session is not None else f"no consumer on {self._queue_name}"

    async def stop(self, grace: float) -> bool:
        """Finishes the batch under way and acknowledges it; answers whether that took less than `grace` seconds."""
        self._stopping = True
        self._arrival.set()
        session = self._session
        if session is not None:
            with suppress(Exception):  # with the connection gone there is nothing to cancel
                async with asyncio.timeout(min(grace, 2)):
                    await session.queue.cancel(session.tag)
        if self._task is None:
            return True
        _, late = await asyncio.wait([self._task], timeout=grace)
        for task in late:
            task.cancel()
        return not late

    async def _consume(self, connection: AbstractConnection) -> None:
        if self._stopping:
            return
        channel = await opened(connection, publisher_confirms=False)
        await channel.set_qos(prefetch_count=2 * BATCH)
        session = _Session(await channel.get_queue(self._queue_name, ensure=False))

        async def received(message: AbstractIncomingMessage) -> None:
            session.arrived.append(message)
            self._arrival.set()

        session.tag = await session.queue.consume(received)
        self._session = session

    async def _open(self, connection: AbstractConnection) -> None:
        self._out = await opened(connection, publisher_confirms=True, on_return_raises=True)

    def _gone(self) -> None:
        self._session = None

    async def _run(self) -> None:
        while not self._stopping:
            await self._arrival.wait()
            self._arrival.clear()
            session = self._session
            while session is not None and session is self._session and session.arrived and not self._stopping:
                messages = [session.arrived.popleft() for _ in range(min(BATCH, len(session.arrived)))]
                try:
                    await self._handle(session, messages)
                except Unavailable as error:
                    log.warning("events come again: %s", error)

    async def _handle(self, session: _Session, messages: list[AbstractIncomingMessage]) -> None:
        raws = [settling.raw(message.body, message.content_type, message.headers) for message in messages]
        outcomes = await asyncio.to_thread(self._inbox.process, raws)
        settled = [await self._carry_out(outcome) for outcome in outcomes]
        if session is not self._session:
            return
        done = settling.settled_run(settled)
        kept = [message for message, ok in zip(messages, settled, strict=True) if not ok]
        session.arrived.extendleft(reversed(kept))
        with bounded_by_the_bus("acknowledging"):
            if done:  # the oldest tags of this channel, without a gap: one acknowledgement for all
                await messages[done - 1].ack(multiple=True)
            for message, ok in zip(messages[done:], settled[done:], strict=True):
                if ok:
                    await message.ack()
        if pause := self._pause.after(settled=not kept):
            await asyncio.sleep(pause)

    async def _carry_out(self, outcome: Outcome) -> bool:
        """Whether the message may be acknowledged."""
        if outcome.keep:
            return False
        try:
            for failed in outcome.failed:
                await self._send_on(failed)
        except Unavailable as error:
            log.warning("a failed event stays where it is: %s", error)
            return False
        return True

    async def _send_on(self, failed: Failed) -> None:
        channel = self._out
        if channel is None:
            raise Unavailable("the bus cannot be reached")
        message = aio_pika.Message(
            failed.body,
            content_type=settling.CONTENT_TYPE,
            delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
            headers=settling.headers_of(failed, self._queue_name),
        )
        with bounded_by_the_bus("sending on a failed event"):
            exchange = await channel.get_exchange(settling.exchange_of(failed), ensure=False)
            async with asyncio.timeout(CONFIRM_TIMEOUT):
                await exchange.publish(message, self._queue_name, mandatory=True)
