"""Who waits for news of a thing. News may come before the question is answered, so one registers first."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

from chassis.errors import Unavailable

N = TypeVar("N")

MOST_WAITERS = 10_000


class Waiter(Generic[N]):
    """Collects the news of one thing, in the order it came."""

    def __init__(self) -> None:
        self.news: list[N] = []
        self._arrived = asyncio.Event()

    def hear(self, news: N) -> None:
        """One more piece of news."""
        self.news.append(news)
        self._arrived.set()

    async def until(self, enough: Callable[[], bool], timeout: float) -> bool:
        """Waits until `enough` holds, looking again at each piece of news. False after `timeout` seconds."""
        try:
            async with asyncio.timeout(timeout):
                while not enough():
                    self._arrived.clear()
                    await self._arrived.wait()
        except TimeoutError:
            return enough()
        return True


class Waiters(Generic[N]):
    """The register of those who wait, by the thing's id. It is bounded and leaves nothing behind."""

    def __init__(self, most: int = MOST_WAITERS) -> None:
        self._most = most
        self._waiting: dict[str, list[Waiter[N]]] = {}
        self._count = 0

    def __len__(self) -> int:
        return self._count

    @contextmanager
    def expect(self, key: str) -> Iterator[Waiter[N]]:
        """A waiter that hears of this thing from now until the block ends. Raises Unavailable when too many wait."""
        if self._count >= self._most:
            raise Unavailable("too many requests wait for their answer", retry_after=1)
        waiter: Waiter[N] = Waiter()
        self._waiting.setdefault(key, []).append(waiter)
        self._count += 1
        try:
            yield waiter
        finally:
            self._count -= 1
            others = self._waiting[key]
            others.remove(waiter)
            if not others:
                del self._waiting[key]

    def tell(self, key: str, news: N) -> None:
        """News of a thing, for whoever waits for it."""
        for waiter in self._waiting.get(key, ()):
            waiter.hear(news)
