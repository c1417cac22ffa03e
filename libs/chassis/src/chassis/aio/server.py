"""Answering calls from asyncio, in nameko's wire form: a nameko client cannot tell the difference.

The rules are those of `chassis.green.rpc`: a call without a reply address or in a form that nobody can read is refused,
a call whose caller has given up is dropped unstarted, a reply that cannot be sent is logged, and a call is acknowledged
after its reply.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any

import aio_pika
from aio_pika.abc import AbstractConnection, AbstractExchange, AbstractIncomingMessage, AbstractQueue

from chassis import context, metrics, wire
from chassis.aio.bus import Bus
from chassis.aio.link import bounded_by_the_bus, opened
from chassis.errors import Unavailable
from contracts.naming import RPC_EXCHANGE, rpc_queue

log = logging.getLogger(__name__)

WORKERS = 32  # calls under way at once; more wait in the queue
REPLY_TIMEOUT = 2.0  # seconds

Method = Callable[[Any, Any], Awaitable[Any]]


class RpcServer:
    """Serves `rpc-<service>` over the links of a bus. `methods` maps a name to `method(principal, payload)`.

    What a method returns is the reply; a Refusal travels typed, any other error by its name alone. Create it before the
    bus is started.
    """

    def __init__(self, bus: Bus, service: str, methods: Mapping[str, Method], *, workers: int = WORKERS) -> None:
        self._service = service
        self._methods = {f"{service}.{name}": method for name, method in methods.items()}
        self._workers = workers
        self._queue: AbstractQueue | None = None
        self._tag = ""
        self._exchange: AbstractExchange | None = None
        self._under_way: set[asyncio.Task[None]] = set()
        self._stopping = False
        bus.consuming.on_up(self._consume)
        bus.consuming.on_down(self._gone)
        bus.publishing.on_up(self._open)

    def problem(self) -> str | None:
        """For /readyz: None while the broker knows our consumer on the queue."""
        return None if self._queue is not None else f"no consumer on {rpc_queue(self._service)}"

    async def stop(self, grace: float) -> bool:
        """Takes no new calls, and answers whether those under way ended within `grace` seconds.

        What did not end goes back to its queue with the connection.
        """
        self._stopping = True
        queue, self._queue = self._queue, None
        if queue is not None:
            with suppress(Exception):  # with the connection gone there is nothing to cancel
                async with asyncio.timeout(min(grace, 2)):
                    await queue.cancel(self._tag)
        if not self._under_way:
            return True
        _, late = await asyncio.wait(self._under_way, timeout=grace)
        for task in late:
            task.cancel()
        return not late

    async def _consume(self, connection: AbstractConnection) -> None:
        if self._stopping:
            return
        channel = await opened(connection, publisher_confirms=False)
        await channel.set_qos(prefetch_count=self._workers)
        queue = await channel.get_queue(rpc_queue(self._service), ensure=False)
        self._tag = await queue.consume(self._received)
        self._queue = queue

    async def _open(self, connection: AbstractConnection) -> None:
        channel = await opened(connection, publisher_confirms=False)
        self._exchange = await channel.get_exchange(RPC_EXCHANGE, ensure=False)

    def _gone(self) -> None:
        self._queue = None

    async def _received(self, message: AbstractIncomingMessage) -> None:
        task = asyncio.create_task(self._answer(message), name=f"rpc-{message.routing_key}")
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _answer(self, message: AbstractIncomingMessage) -> None:
        if not wire.is_call(message.reply_to, message.content_type):
            log.error("a call without reply address or in another form than JSON was refused")
            await _settle(message.reject())
            return
        method = message.routing_key or ""
        if wire.too_late(message.headers):
            metrics.rpc_calls.labels(self._known(method), "expired").inc()
            await _settle(message.ack())
            return
        started = time.monotonic()
        body, outcome = await self._run(method, message)
        method = self._known(method)
        metrics.rpc_calls.labels(method, outcome).inc()
        metrics.rpc_seconds.labels(method).observe(time.monotonic() - started)
        try:
            await self._reply(message, body)
        except Unavailable as lost:
            log.warning("%s: the reply was lost, its caller has a deadline: %s", method, lost)
        await _settle(message.ack())

    def _known(self, method: str) -> str:
        """A metric's label: what anybody may write into a routing key is not one."""
        return method if method in self._methods else f"{self._service}.?"

    async def _run(self, method: str, message: AbstractIncomingMessage) -> tuple[bytes, str]:
        try:
            args, kwargs = wire.decode_request(message.body)
            with context.bind(context.from_headers(message.headers)):
                return wire.reply(await self._methods.get(method, _unknown)(*args, **kwargs), None)
        except Exception as error:
            body, outcome = wire.reply(None, error)
            if outcome == "failed":
                log.exception("%s failed", method)
            return body, outcome

    async def _reply(self, message: AbstractIncomingMessage, body: bytes) -> None:
        exchange = self._exchange
        if exchange is None:
            raise Unavailable("the bus cannot be reached")
        answer = aio_pika.Message(
            body,
            content_type=wire.CONTENT_TYPE,
            content_encoding="utf-8",
            correlation_id=message.correlation_id,
            delivery_mode=aio_pika.DeliveryMode.NOT_PERSISTENT,  # a reply is worth nothing after a broker restart
        )
        with bounded_by_the_bus("replying"):
            async with asyncio.timeout(REPLY_TIMEOUT):
                await exchange.publish(answer, message.reply_to or "", mandatory=False)


async def _unknown(*_args: Any, **_kwargs: Any) -> Any:
    raise wire.MethodNotFound("the service has no such method")


async def _settle(word: Awaitable[None]) -> None:
    """Says it to the broker; on a connection that is gone it has taken the message back already."""
    try:
        with bounded_by_the_bus("acknowledging"):
            await word
    except Unavailable as error:
        log.warning("it comes again: %s", error)
