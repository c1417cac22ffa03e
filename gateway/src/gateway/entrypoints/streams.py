"""Server-sent events on the wire: heartbeats, the end of a token, clients that left or do not read."""

import asyncio
import logging
import time
from contextlib import suppress

from litestar.types import Receive, Scope, Send

from gateway.application.bell_streams import BellStream
from gateway.application.bells import BellHub

log = logging.getLogger(__name__)

HEARTBEAT = 15.0  # seconds
SLOWEST_WRITE = 20.0  # seconds that a client may take to make room
BEAT = b": \n\n"
GREATEST_SEQ = 2**53 - 1


def resume_after(last_event_id: str | None) -> int | None:
    """The number a client saw last. What is no number of ours begins afresh."""
    if last_event_id is None or not last_event_id.isascii() or not last_event_id.isdigit():
        return None
    number = int(last_event_id)
    return number if number <= GREATEST_SEQ else None


class EventStreamAnswer:
    """Writes one bell stream until it ends on either side. An ASGI application."""

    def __init__(self, hub: BellHub, stream: BellStream, expires_at: float, *, head: bool = False) -> None:
        self._hub = hub
        self._stream = stream
        self._expires_at = expires_at
        self._head = head

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        watch = asyncio.create_task(self._watch(receive))
        try:
            await send(
                {
                    "type": "http.response.start",
                    "status": 200,
                    "headers": [
                        (b"content-type", b"text/event-stream; charset=utf-8"),
                        (b"cache-control", b"no-store, no-transform"),
                        (b"x-accel-buffering", b"no"),
                    ],
                }
            )
            if not self._head:
                await self._write(send)
            async with asyncio.timeout(SLOWEST_WRITE):
                await send({"type": "http.response.body", "body": b"", "more_body": False})
        except TimeoutError:
            self._stream.end("slow")
        finally:
            self._hub.leave(self._stream)
            watch.cancel()
            with suppress(asyncio.CancelledError):
                await watch

    async def _write(self, send: Send) -> None:
        stream = self._stream
        while stream.ended is None:
            left = self._expires_at - time.time()
            if left <= 0:
                stream.end("expired")
                return
            data = await stream.next(min(HEARTBEAT, left))
            if stream.ended is not None and not data:
                return
            async with asyncio.timeout(SLOWEST_WRITE):
                await send({"type": "http.response.body", "body": data or BEAT, "more_body": True})

    async def _watch(self, receive: Receive) -> None:
        """A client that left is noticed at once, not at the next heartbeat."""
        while (await receive())["type"] != "http.disconnect":
            pass
        self._stream.end("left")
