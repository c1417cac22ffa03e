"""A file at the door: counted, hashed and timed as its bytes come, and never kept whole."""

import asyncio
import hashlib
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager, suppress

from chassis.errors import Invalid, Malformed, Refusal, Unavailable
from gateway.application.refusals import TooLarge

Chunks = AsyncIterator[bytes]

FORM_OVERHEAD = 64 * 1024  # bytes that a form may add
SLOT_PATIENCE = 2.0  # seconds to wait for a place
RETRY_AFTER = 2  # seconds


class BodyTooSlow(Malformed):
    """The body did not arrive in time."""

    code = "body_too_slow"


class Passing:
    """What is known of a file once it has gone by."""

    def __init__(self) -> None:
        self.size = 0
        self._digest = hashlib.sha256()

    @property
    def sha256(self) -> str:
        """Of its bytes, in hex."""
        return self._digest.hexdigest()

    def add(self, chunk: bytes) -> None:
        """The next of its bytes."""
        self.size += len(chunk)
        self._digest.update(chunk)


class Intake:
    """Takes in files of one kind, called `name`: of at most `largest` bytes, `most_at_once` of them side by side, each
    within `patience` seconds of waiting for its sender.
    """

    def __init__(
        self, name: str, largest: int, most_at_once: int, patience: float, slot_patience: float = SLOT_PATIENCE
    ) -> None:
        self._name = name
        self._largest = largest
        self._slots = asyncio.Semaphore(most_at_once)
        self._patience = patience
        self._slot_patience = slot_patience

    def check(self, size: int) -> None:
        """Raises TooLarge for a file of this many bytes."""
        if size > self._largest:
            raise TooLarge(f"{self._name} has at most {self._largest // 1024 // 1024} MB", limit=self._largest)

    def check_body(self, length: int | None) -> None:
        """Raises TooLarge for a body, as announced, that is longer than any form around such a file."""
        self.check((length or 0) - FORM_OVERHEAD)

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """One of the places for a file. Raises Unavailable when none gets free in time."""
        try:
            async with asyncio.timeout(self._slot_patience):
                await self._slots.acquire()
        except TimeoutError:
            raise Unavailable("too many uploads at once", retry_after=RETRY_AFTER) from None
        try:
            yield
        finally:
            self._slots.release()

    async def read(
        self, body: Chunks, find: Callable[[Chunks], Chunks], passing: Passing
    ) -> AsyncGenerator[bytes, None]:
        """The bytes of the file that `find` sees in the body, told to `passing` as well.

        Raises TooLarge, BodyTooSlow, Invalid for an empty file, and what `find` and the body raise.
        """
        async for chunk in find(self._bounded(body)):
            passing.add(chunk)
            self.check(passing.size)
            yield chunk
        if not passing.size:
            raise Invalid("the file is empty", field="file")

    async def store(self, file: AsyncGenerator[bytes, None], put: Callable[[Chunks], Awaitable[None]]) -> None:
        """Hands the file to `put`. Raises what either raises.

        Where the store is away the rest of the file is heard out first: who is still sending would not see the answer,
        only a connection that broke.
        """
        async with aclosing(file):
            try:
                await put(file)
            except Unavailable:
                with suppress(Refusal):
                    async for _ in file:
                        pass
                raise

    async def _bounded(self, body: Chunks) -> Chunks:
        """The body, ended when it is longer than any form can be. Only waiting for it counts as its time."""
        size, left, now = 0, self._patience, asyncio.get_running_loop().time
        while True:
            began = now()
            try:
                async with asyncio.timeout(left):
                    chunk = await anext(body, None)
            except TimeoutError:
                raise BodyTooSlow(f"the body did not arrive within {self._patience:g} s") from None
            if chunk is None:
                return
            left -= now() - began
            size += len(chunk)
            self.check_body(size)
            yield chunk
