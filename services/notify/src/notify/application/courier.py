"""The courier of one channel: claims due deliveries, tries them side by side, and writes down what became of them.

Nothing waits for a slow one: each has its own thread, what has come in is written together, and a lease that runs out
before a delivery's turn comes gives it back.
"""

import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from queue import Empty, SimpleQueue
from uuid import UUID

from notify.application.ports import Clock, Deliveries, Luck, Way
from notify.domain.budget import closed_until
from notify.domain.delivery import Answer, Delivery, Tried, Verdict, hopeless, judged
from notify.domain.preferences import Channel

log = logging.getLogger(__name__)

AHEAD = 8  # claimed deliveries for each thread
LEASE = 60.0  # seconds; more than AHEAD tries take
MARGIN = 25.0  # seconds a try may take at the most, so that none runs beyond its lease
LONGEST_WAIT = 0.5
GATHER = 0.05  # seconds; under load results are written together, so that the database is asked less often

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
        self._under_way: dict[tuple[UUID, int], Delivery] = {}  # by claim: after a freeze our own rows are due again
        self._finished: SimpleQueue[tuple[Delivery, Verdict | None]] = SimpleQueue()
        self._unwritten: list[Verdict] = []  # stays while the database is away

    def step(self) -> bool:
        """One round, bounded in time. It waits by itself when there is nothing to do."""
        self._write()
        most = self._threads * AHEAD
        if len(self._under_way) <= most // 2:
            self._begin(most - len(self._under_way))
        if self._under_way:
            self._settle(self._gathered(most // 2))
        else:
            self._idle()
        return True

    def close(self) -> None:
        """Ends: those not begun are given back, those begun are waited for and settled."""
        self._pool.shutdown(wait=True, cancel_futures=True)
        finished = []
        while not self._finished.empty():
            finished.append(self._finished.get())
        begun = {delivery.claim for delivery, _ in finished}
        self._settle([*finished, *((one, None) for one in self._under_way.values() if one.claim not in begun)])

    def _begin(self, limit: int) -> None:
        until = time.monotonic() + LEASE - MARGIN
        for delivery in self._deliveries.claim(self.channel, limit, LEASE):
            self._under_way[delivery.claim] = delivery
            self._pool.submit(self._try, delivery, until)

    def _try(self, delivery: Delivery, until: float) -> None:
        verdict = None  # when its turn came too late: somebody else may have it by now
        if time.monotonic() < until:
            verdict = hopeless(delivery, self._clock()) or judged(delivery, self._send(delivery), self._luck())
        self._finished.put((delivery, verdict))

    def _send(self, delivery: Delivery) -> Tried:
        try:
            return self._way.send(delivery)
        except Exception as error:
            log.exception("a try failed in a way nobody foresaw", extra={"delivery_id": str(delivery.id)})
            return Tried(Answer.FAILED, type(error).__name__)

    def _gathered(self, enough_left: int) -> list[tuple[Delivery, Verdict | None]]:
        """What has come in; while more than `enough_left` are under way, a little more is waited for."""
        gathered: list[tuple[Delivery, Verdict | None]] = []
        deadline = time.monotonic() + LONGEST_WAIT
        try:
            while not gathered or len(self._under_way) - len(gathered) > enough_left:
                gathered.append(self._finished.get(timeout=max(0.0, deadline - time.monotonic())))
                if len(gathered) == 1:
                    deadline = time.monotonic() + GATHER
        except Empty:
            pass
        return gathered

    def _settle(self, finished: list[tuple[Delivery, Verdict | None]]) -> None:
        for delivery, _ in finished:
            del self._under_way[delivery.claim]
        self._unwritten += [verdict for _, verdict in finished if verdict is not None]
        self._write()
        if unsent := [delivery for delivery, verdict in finished if verdict is None]:
            self._deliveries.give_back(unsent)

    def _write(self) -> None:
        if any(verdict.swallowed for verdict in self._unwritten):
            now = self._clock()
            log.error("LINE's monthly quota is used up: nothing is pushed until %s", closed_until(now))
            self._deliveries.close_budget(closed_until(now), now)
        if self._unwritten:
            self._deliveries.settle(self._unwritten)
            self._unwritten = []
