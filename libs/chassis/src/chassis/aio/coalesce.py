"""Calls of one kind that are made at about the same time travel as one `…_many` call."""

import asyncio
from typing import Any

from chassis.aio.bus import DEADLINE, Bus, Principal, RemoteFailure
from chassis.errors import Refusal, Unavailable

MAX_ITEMS = 64
MAX_UNDER_WAY = 2  # batches sent and not yet answered; more than that gather meanwhile


class Coalescer:
    """Gathers calls of `service.method` and sends them together; each caller gets its own result or Refusal.

    Nobody waits for company: a call leaves in the same turn of the loop unless enough batches are under way, and those
    that come meanwhile leave with the next one.
    """

    def __init__(
        self, bus: Bus, service: str, method: str, *, max_items: int = MAX_ITEMS, timeout: float = DEADLINE
    ) -> None:
        self._bus = bus
        self._service = service
        self._method = method
        self._max_items = max_items
        self._timeout = timeout
        self._waiting: list[tuple[dict[str, Any], asyncio.Future[Any]]] = []
        self._under_way: set[asyncio.Task[None]] = set()
        self._scheduled = False

    async def call(self, principal: Principal, payload: Any) -> Any:
        """The result of one item. Raises as `Bus.rpc` does."""
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting.append(({"principal": principal, "payload": payload}, future))
        self._schedule()
        try:
            async with asyncio.timeout(self._timeout + 0.5):
                return await future
        except TimeoutError:
            raise Unavailable(f"{self._service} is too busy") from None

    def _schedule(self) -> None:
        if not self._scheduled and len(self._under_way) < MAX_UNDER_WAY:
            self._scheduled = True
            asyncio.get_running_loop().call_soon(self._flush)

    def _flush(self) -> None:
        self._scheduled = False
        while self._waiting and len(self._under_way) < MAX_UNDER_WAY:
            batch, self._waiting = self._waiting[: self._max_items], self._waiting[self._max_items :]
            batch = [(item, future) for item, future in batch if not future.done()]
            if not batch:
                continue
            task = asyncio.create_task(self._send(batch))
            self._under_way.add(task)
            task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        if self._waiting:
            self._schedule()

    async def _send(self, batch: list[tuple[dict[str, Any], asyncio.Future[Any]]]) -> None:
        try:
            results = await self._bus.rpc(
                self._service, self._method, None, [item for item, _ in batch], timeout=self._timeout
            )
            if not isinstance(results, list) or len(results) != len(batch):
                raise RemoteFailure("the answer does not fit the question")
        except Refusal as error:
            for _, future in batch:
                if not future.done():
                    future.set_exception(error)
            return
        for (_, future), result in zip(batch, results, strict=True):
            if future.done():
                continue
            if "error" in result:
                future.set_exception(Refusal.from_dict(result["error"]))
            else:
                future.set_result(result.get("result"))
