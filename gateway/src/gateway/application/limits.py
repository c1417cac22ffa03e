"""How often somebody may come: token buckets in memory, in a table that never grows beyond its bound."""

import time
from collections import OrderedDict
from collections.abc import Callable

MOST_KEYS = 50_000


class Limit:
    """At most `rate` a second for each key, after a burst of `burst`.

    The least recently seen keys are forgotten first; that only ever favours a caller.
    """

    def __init__(
        self, rate: float, burst: float, *, most_keys: int = MOST_KEYS, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._rate = rate
        self._burst = burst
        self._most_keys = most_keys
        self._now = now
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._buckets)

    def take(self, key: str) -> float:
        """Takes one token of this key. 0 when there was one, else the seconds until there is."""
        now = self._now()
        tokens, since = self._buckets.get(key, (self._burst, now))
        tokens = min(self._burst, tokens + (now - since) * self._rate)
        admitted = tokens >= 1
        self._buckets[key] = (tokens - 1 if admitted else tokens, now)
        self._buckets.move_to_end(key)
        if len(self._buckets) > self._most_keys:
            self._buckets.popitem(last=False)
        return 0.0 if admitted else (1 - tokens) / self._rate
