"""Ends processes at random, with a seed, while the load runs."""

import random
import threading
import time
from collections import Counter
from collections.abc import Sequence

from yeshi_local.platform import Platform


class Killer:
    """SIGKILLs one of `names` (nobody: none) every `every` seconds, each in its turn, in a shuffled order."""

    def __init__(self, platform: Platform, names: Sequence[str], *, every: float, seed: int) -> None:
        self.kills: Counter[str] = Counter()
        self._platform = platform
        self._names = list(names)
        self._every = every
        self._chance = random.Random(seed)
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> "Killer":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        self._thread.join()

    def _run(self) -> None:
        waiting: list[str] = []
        due = time.monotonic() + self._every
        while self._names and not self._ending.wait(max(0.0, due - time.monotonic())):
            due += self._every  # by the clock: what a kill takes is not added, or the last ones miss the load
            if not waiting:
                waiting = self._chance.sample(self._names, len(self._names))
            name = waiting.pop()
            if self._platform.pid(name):
                self.kills[name] += 1
                self._platform.kill(name)
