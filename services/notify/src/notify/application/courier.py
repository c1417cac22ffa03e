"""The courier of one channel: claims due deliveries, tries them side by side, and writes down what became of them.

Nothing waits for a slow one: each has its own thread, answers are written together as they come, and a lease that runs
out before a delivery's turn comes gives it back.
"""

import logging
import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from notify.application.ports import Clock, Deliveries, Luck, Way
from notify.domain.budget import closed_until
from notify.domain.delivery import Answer, Delivery, Tried, Verdict, hopeless, judged
from notify.domain.preferences import Channel

log = logging.getLogger(__name__)

AHEAD = 6  # claimed deliveries for each thread
LEASE = 60.0  # seconds; more than AHEAD tries take
MARGIN = 25.0  # seconds a try may take at the most, so that none runs beyond its lease
LONGEST_WAIT = 0.5

Idle = Callable[[], None]


class Courier:
    """One step claims, sends and settles what there is; `close` settles what is under way."""

    def __init__(
        self,
        channel: Channel,
        deliveries: Deliveries,
        way: Way,
        *,
        clock: Clock,
        luck: Luck,
        threads: int,
        idle: Idle,
    ) -> None:
        self.channel = channel
        self._deliveries = deliveries
        self._way = way
        self._clock = clock
        self._luck = luck
        self._threads = threads
        self._idle = idle
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix=f"send-{channel}")
        self._under_way: dict[Future[Verdict | None], Delivery] = {}
        self._unwritten: list[Verdict] = []  # what became of tries while the database was away

    def step(self) -> bool:
        """One round, bounded in time. It waits by itself when there is nothing to do."""
        self._write()
        most = self._threads * AHEAD
        claimed = 0
        if len(self._under_way) <= most // 2:
            claimed = self._begin(most - len(self._under_way))
        if not self._under_way:
            if not claimed:
                self._idle()
            return True
        done, _ = wait(self._under_way, timeout=LONGEST_WAIT, return_when=FIRST_COMPLETED)
        self._settle(done)
        return True

    def close(self) -> None:
        """Ends: those not begun are given back, those begun are waited for and settled."""
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._settle(set(self._under_way))

    def _begin(self, limit: int) -> int:
        claimed = self._deliveries.claim(self.channel, limit, LEASE)
        until = time.monotonic() + LEASE - MARGIN
        for delivery in claimed:
            self._under_way[self._pool.submit(self._tried, delivery, until)] = delivery
        return len(claimed)

    def _tried(self, delivery: Delivery, until: float) -> Verdict | None:
        """None when its turn came too late: somebody else may have it by now."""
        if time.monotonic() > until:
            return None
        return hopeless(delivery, self._clock()) or judged(delivery, self._send(delivery), self._luck())

    def _send(self, delivery: Delivery) -> Tried:
        try:
            return self._way.send(delivery)
        except Exception as error:
            log.exception("a try failed in a way nobody foresaw", extra={"delivery_id": str(delivery.id)})
            return Tried(Answer.FAILED, type(error).__name__)

    def _settle(self, done: "set[Future[Verdict | None]]") -> None:
        finished = [(self._under_way.pop(future), future) for future in done]
        unsent = [one for one, future in finished if future.cancelled() or future.result() is None]
        self._unwritten += [
            verdict for _, future in finished if not future.cancelled() and (verdict := future.result()) is not None
        ]
        self._write()
        if unsent:
            self._deliveries.give_back(unsent)

    def _write(self) -> None:
        if any(verdict.swallowed for verdict in self._unwritten):
            now = self._clock()
            log.error("LINE's monthly quota is used up: nothing is pushed until %s", closed_until(now))
            self._deliveries.close_budget(closed_until(now), now)
        if self._unwritten:
            self._deliveries.settle(self._unwritten)
            self._unwritten = []
