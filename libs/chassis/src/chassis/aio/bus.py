"""Calls across the bus in nameko's wire form, from asyncio. Every call has a deadline and ends by it.

Publishing and consuming have a connection each: in a memory or disk alarm the broker stops reading the one that
publishes, acknowledgements included.
"""

import asyncio
import logging
import time
from itertools import count
from typing import Any, cast
from uuid import uuid4

import aio_pika
import msgspec
from aio_pika.abc import AbstractChannel, AbstractConnection, AbstractIncomingMessage
from aiormq import Channel, spec
from aiormq.abc import DeliveredMessage

from chassis import context, metrics
from chassis.aio.link import HEARTBEAT, Link, _cancelled, opened
from chassis.errors import DeadlineExceeded, Refusal, Unavailable
from contracts.naming import RPC_EXCHANGE, rpc_queue

log = logging.getLogger(__name__)

CONSUMERS_KNOWN_FOR = 1.0  # seconds that an answer to «does anybody serve this queue» is believed
DEADLINE = 5.0

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.decode

Principal = dict[str, Any] | None


class RemoteFailure(Unavailable):
    """The service failed in a way it did not foresee. Its log has the reason; the caller learns no internals."""

    code = "internal"


class Bus:
    """A client of the bus: `rpc` asks a service; `publishing` and `consuming` are its links, for others to build on.

    Calls and answers go through aiormq's channel below aio-pika's, which makes a message of ours out of each and waits
    until each is written before it takes the next.
    """

    def __init__(self, url: str, name: str, *, heartbeat: int = HEARTBEAT) -> None:
        self.name = name
        self.publishing = Link(url, f"{name}-publish", heartbeat=heartbeat)
        self.consuming = Link(url, f"{name}-consume", heartbeat=heartbeat)
        self._pending: dict[str, asyncio.Future[bytes]] = {}
        self._numbers = count()
        self._reply_to = ""
        self._out: Channel | None = None
        self._probe: AbstractChannel | None = None
        self._probing = asyncio.Lock()
        self._served: dict[str, tuple[float, bool]] = {}
        self.consuming.on_up(self._listen)
        self.publishing.on_up(self._open)
        for link in (self.consuming, self.publishing):
            link.on_down(self._lost)

    def start(self) -> None:
        """Begins to connect."""
        self.consuming.start()
        self.publishing.start()

    async def close(self) -> None:
        """Ends both links; calls under way get Unavailable."""
        await self.publishing.close()
        await self.consuming.close()
        self._lost()

    @property
    def up(self) -> bool:
        """Whether calls can be sent and answered now."""
        return self.publishing.up.is_set() and self.consuming.up.is_set()

    async def rpc(
        self, service: str, method: str, principal: Principal, payload: Any, timeout: float = DEADLINE
    ) -> Any:
        """The result of `service.method(principal, payload)`.

        Raises the service's Refusal; Unavailable at once when nobody serves it; DeadlineExceeded after `timeout`
        seconds, when the work may still have been done.
        """
        name = f"{service}.{method}"
        outcome = "refused"
        try:
            async with asyncio.timeout(timeout):
                result = await self._call(service, method, principal, payload, timeout)
            outcome = "ok"
            return result
        except TimeoutError:
            outcome = "deadline"
            raise DeadlineExceeded(f"{service} did not answer within {timeout:g} s") from None
        except Unavailable:
            outcome = "unavailable"
            raise
        finally:
            metrics.rpc_client_calls.labels(name, outcome).inc()

    async def _call(self, service: str, method: str, principal: Principal, payload: Any, timeout: float) -> Any:
        if not self.up:
            raise Unavailable("the bus cannot be reached")
        if not await self._is_served(service):
            raise Unavailable(f"{service} is not there", service=service)
        correlation_id = f"{next(self._numbers):x}"
        future: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._pending[correlation_id] = future
        try:
            body = _encode({"args": [principal, payload], "kwargs": {}})
            await self._send(f"{service}.{method}", body, correlation_id, timeout)
            return _result(await future)
        finally:
            self._pending.pop(correlation_id, None)

    async def _send(self, routing_key: str, body: bytes, correlation_id: str, timeout: float) -> None:
        if self._out is None:
            raise Unavailable("the bus cannot be reached")
        properties = spec.Basic.Properties(
            content_type="application/json",
            content_encoding="utf-8",
            reply_to=self._reply_to,
            correlation_id=correlation_id,
            message_id=correlation_id,  # or aiormq draws one at random
            expiration=str(int(timeout * 1000)),
            headers={**context.to_headers(context.current()), "x-deadline": int((time.time() + timeout) * 1000)},
        )
        try:
            await self._out.basic_publish(
                body, exchange=RPC_EXCHANGE, routing_key=routing_key, properties=properties, mandatory=True, wait=False
            )
        except asyncio.CancelledError:
            if _cancelled():
                raise
            raise Unavailable("the bus went away") from None
        except (aio_pika.exceptions.AMQPError, ConnectionError, RuntimeError) as error:
            raise Unavailable("the bus went away") from error

    async def _is_served(self, service: str) -> bool:
        known = self._served.get(service)
        if known and time.monotonic() - known[0] < CONSUMERS_KNOWN_FOR:
            return known[1]
        async with self._probing:
            known = self._served.get(service)
            if known and time.monotonic() - known[0] < CONSUMERS_KNOWN_FOR:
                return known[1]
            served = await self._has_consumer(rpc_queue(service))
            self._served[service] = (time.monotonic(), served)
            return served

    async def _has_consumer(self, queue: str) -> bool:
        """Asked on a channel of its own, since asking for a queue that is not there closes the channel.

        When the answer cannot be had, the call is sent all the same: its deadline decides.
        """
        try:
            if self._probe is None or self._probe.is_closed:
                if self._connection is None:
                    return False
                self._probe = await self._connection.channel(publisher_confirms=False)
            declared = await self._probe.declare_queue(queue, passive=True)
        except aio_pika.exceptions.ChannelNotFoundEntity:
            return False
        except asyncio.CancelledError:
            if _cancelled():
                raise
            return True
        except (aio_pika.exceptions.AMQPError, ConnectionError, RuntimeError) as error:
            log.warning("cannot ask who serves %s: %s", queue, error)
            return True
        return bool(declared.declaration_result.consumer_count)

    _connection: AbstractConnection | None = None

    async def _listen(self, connection: AbstractConnection) -> None:
        """A reply queue with a new name on each connection: a fixed one would be held by the ghost of the last."""
        self._connection, self._probe = connection, None
        channel = await opened(connection, publisher_confirms=False)
        self._reply_to = str(uuid4())
        queue = await channel.declare_queue(f"rpc.reply-{self.name}-{self._reply_to}", exclusive=True, auto_delete=True)
        await queue.bind(RPC_EXCHANGE, self._reply_to)
        frames = await channel.get_underlay_channel()
        await frames.basic_consume(queue.name, self._answered, no_ack=True)

    async def _open(self, connection: AbstractConnection) -> None:
        channel = await opened(connection, publisher_confirms=False)
        channel.return_callbacks.add(self._returned)
        self._out = cast(Channel, await channel.get_underlay_channel())

    async def _answered(self, message: DeliveredMessage) -> None:
        future = self._pending.get(message.header.properties.correlation_id or "")
        if future is not None and not future.done():
            future.set_result(message.body)

    def _returned(self, _channel: object, message: AbstractIncomingMessage) -> None:
        future = self._pending.get(message.correlation_id or "")
        if future is not None and not future.done():
            future.set_exception(Unavailable(f"nobody serves {message.routing_key}"))

    def _lost(self) -> None:
        self._served.clear()
        pending, self._pending = self._pending, {}
        for future in pending.values():
            if not future.done():
                future.set_exception(Unavailable("the bus went away; whether the call was done is unknown"))


def _result(body: bytes) -> Any:
    """The result in a reply of nameko's form. Raises the Refusal it holds instead."""
    try:
        reply = _decode(body)
        error = reply["error"]
    except (msgspec.DecodeError, KeyError, TypeError) as malformed:
        raise RemoteFailure("the answer could not be read") from malformed
    if not error:
        return reply.get("result")
    arguments = error.get("exc_args") or []
    if error.get("exc_type") == "Refusal" and arguments and isinstance(arguments[0], dict):
        raise Refusal.from_dict(arguments[0])
    log.error("a service failed: %s", error.get("exc_type"))
    raise RemoteFailure("the service failed")
