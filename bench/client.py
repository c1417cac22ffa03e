"""A lean HTTP/1.1 client, so that the load generator does not compete with what it measures.

One connection carries one request at a time; answers need a Content-Length, which those of an API have. An event stream
is read by `Stream`.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import msgspec

PATIENCE = 30.0  # seconds for one answer
RESTED = 15.0  # seconds after which a server may hang up on a connection just when it is used again


class Lost(ConnectionError):
    """The connection ended before the answer did."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, head (bytes as they came, in lower case) and body."""

    status: int
    head: bytes
    body: bytes

    def json(self) -> Any:
        """The parsed body."""
        return msgspec.json.decode(self.body)

    def header(self, name: bytes) -> bytes | None:
        """A header's value, by its name in lower case."""
        start = self.head.find(b"\r\n" + name + b":")
        if start < 0:
            return None
        start += len(name) + 3
        return self.head[start : self.head.index(b"\r\n", start)].strip()


class _Wire(asyncio.Protocol):
    """Collects the answer to the one request that is under way."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self.waiting: asyncio.Future[Answer] | None = None
        self._buffer = b""
        self._head = b""
        self._needed = -1

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        self.transport = None
        if self.waiting is not None and not self.waiting.done():
            self.waiting.set_exception(Lost("the server hung up"))

    def data_received(self, data: bytes) -> None:
        self._buffer = self._buffer + data if self._buffer else data
        if self._needed < 0:
            end = self._buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            self._head = self._buffer[: end + 2].lower()
            self._buffer = self._buffer[end + 4 :]
            self._needed = _length(self._head)
        if len(self._buffer) >= self._needed and self.waiting is not None and not self.waiting.done():
            body, self._buffer = self._buffer[: self._needed], self._buffer[self._needed :]
            self._needed = -1
            self.waiting.set_result(Answer(int(self._head[9:12]), self._head, body))


class Client:
    """One connection to a server, opened when it is needed and again after it was lost."""

    def __init__(self, url: str, token: str | None = None) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "127.0.0.1", parts.port or 80
        self.token = token
        self._wire: _Wire | None = None
        self._used = 0.0

    async def send(self, method: str, path: str, body: Any = None, headers: str = "") -> Answer:
        """The answer, whatever its status. `headers` are lines with their ends. Raises Lost, OSError, TimeoutError."""
        content = b"" if body is None else body if isinstance(body, bytes) else msgspec.json.encode(body)
        login = f"Authorization: Bearer {self.token}\r\n" if self.token else ""
        kind = f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n" if body is not None else ""
        head = f"{method} {path} HTTP/1.1\r\nHost: {self._host}:{self._port}\r\n{login}{kind}{headers}\r\n"
        wire = await self._connected()
        assert wire.transport is not None
        wire.waiting = asyncio.get_running_loop().create_future()
        wire.transport.write(head.encode() + content)
        try:
            async with asyncio.timeout(PATIENCE):
                return await wire.waiting
        except BaseException:
            self.close()  # what comes late must not answer the next request
            raise

    async def ask(self, method: str, path: str, body: Any = None) -> Any:
        """The parsed answer. Raises RuntimeError with the problem document."""
        answer = await self.send(method, path, body)
        if answer.status >= 400:
            raise RuntimeError(f"{method} {path}: {answer.status} {answer.body[:300]!r}")
        return answer.json() if answer.body else None

    def close(self) -> None:
        """Hangs up."""
        if self._wire is not None and self._wire.transport is not None:
            self._wire.transport.close()
        self._wire = None

    async def _connected(self) -> _Wire:
        loop = asyncio.get_running_loop()
        if loop.time() - self._used > RESTED:
            self.close()
        self._used = loop.time()
        if self._wire is None or self._wire.transport is None:
            _, self._wire = await loop.create_connection(_Wire, self._host, self._port)
        return self._wire


class Stream(asyncio.Protocol):
    """An open event stream: `heard(event, data)` for each event. Source: WHATWG HTML, section 9.2.6."""

    def __init__(self, heard: Callable[[bytes, bytes], None]) -> None:
        self._heard = heard
        self._buffer = b""
        self._open = False
        self.opened = asyncio.Event()
        self.ended = False
        self._transport: asyncio.Transport | None = None

    async def open(self, url: str, path: str, token: str) -> None:
        """Connects, and returns once the server has answered 200. Raises TimeoutError, OSError."""
        parts = urlsplit(url)
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_connection(lambda: self, parts.hostname, parts.port)
        self._transport = transport
        head = f"GET {path} HTTP/1.1\r\nHost: {parts.netloc}\r\nAuthorization: Bearer {token}\r\n"
        transport.write(f"{head}Accept: text/event-stream\r\n\r\n".encode())
        async with asyncio.timeout(PATIENCE):
            await self.opened.wait()

    def close(self) -> None:
        """Hangs up."""
        if self._transport is not None:
            self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self.ended = True

    def data_received(self, data: bytes) -> None:
        # chunk sizes stand on lines of their own between events and are no field of one
        self._buffer += data
        if not self._open:
            if not self._buffer.startswith(b"HTTP/1.1 200"):
                return
            self._open = True
            self.opened.set()
        while (end := self._buffer.find(b"\n\n")) >= 0:
            block, self._buffer = self._buffer[:end], self._buffer[end + 2 :]
            fields = dict(line.partition(b": ")[::2] for line in block.splitlines() if b": " in line)
            if b"data" in fields:
                self._heard(fields.get(b"event", b"message"), fields[b"data"])


def _length(head: bytes) -> int:
    start = head.find(b"\r\ncontent-length:")
    if start < 0:
        if head[9:12] in (b"204", b"304"):
            return 0
        raise Lost("an answer without its length")
    start += 17
    return int(head[start : head.index(b"\r\n", start)])
