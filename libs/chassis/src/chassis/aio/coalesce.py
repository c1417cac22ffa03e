"""Calls of one kind that are made at about the same time travel as one `…_many` call."""

import asyncio
from typing import Any

from chassis.aio.bus import DEADLINE, Bus, Principal, RemoteFailure
from chassis.errors import Refusal, Unavailable

MAX_ITEMS = 64
MAX_UNDER_WAY = 2  # batches sent and not yet answered; more than that gather meanwhile
LONGEST_WAIT = 0.03  # seconds that a call waits for company


class Coalescer:
    """Gathers calls of `service.method` and sends them together; each caller gets its own result or Refusal.

    A call leaves in the same turn of the loop unless enough batches are under way; those that come meanwhile leave with
    the next one. It waits for company only when its caller says how much is worth it.
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
        self._company = 1
        self._patience: asyncio.TimerHandle | None = None

    async def call(self, principal: Principal, payload: Any, *, company: int = 1) -> Any:
        """The result of one item. Raises as `Bus.rpc` does.

        The batch leaves once `company` calls wait, as the last caller sees it, or after 30 ms; and, as always, not
        while two batches are under way.
        """
        self._company = min(company, self._max_items)
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting.append(({"principal": principal, "payload": payload}, future))
        self._schedule()
        try:
            async with asyncio.timeout(self._timeout + 0.5):
                return await future
        except TimeoutError:
            raise Unavailable(f"{self._service} is too busy") from None

    def _schedule(self) -> None:
        if self._scheduled or len(self._under_way) >= MAX_UNDER_WAY:
            return
        loop = asyncio.get_running_loop()
        if len(self._waiting) >= self._company:
            self._scheduled = True
            loop.call_soon(self._flush)
        elif self._patience is None:
            self._patience = loop.call_later(LONGEST_WAIT, self._waited_enough)

    def _waited_enough(self) -> None:
        self._patience = None
        self._company = 1
        if self._waiting:
            self._schedule()

    def _flush(self) -> None:
        self._scheduled = False
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None
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
