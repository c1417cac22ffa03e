"""What the load asked and what it was told: every attempt of every checkout."""

import json
import threading
from collections import defaultdict
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Attempt:
    """One request. `status` is 0 when no answer came; times in seconds since the epoch."""

    buyer: str
    key: str
    sent_at: float
    answered_at: float
    status: int
    checkout_id: str | None = None
    orders: tuple[tuple[str, int], ...] = ()  # (order id, total price)

    @property
    def accepted(self) -> bool:
        """Whether the platform promised the order."""
        return self.status in (200, 201, 202)


@dataclass
class Ledger:
    """All attempts, in the order of their answers. Safe to write from several threads."""

    attempts: list[Attempt] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def add(self, attempt: Attempt) -> None:
        """One more."""
        with self._lock:
            self.attempts.append(attempt)

    def accepted_orders(self) -> set[str]:
        """Every order that was promised."""
        return {order for attempt in self.attempts if attempt.accepted for order, _ in attempt.orders}

    def answers_by_key(self) -> dict[tuple[str, str], set[tuple[Any, ...]]]:
        """The different promises under each (buyer, key): checkout, orders and amounts."""
        found: dict[tuple[str, str], set[tuple[Any, ...]]] = defaultdict(set)
        for attempt in self.attempts:
            if attempt.accepted:
                found[attempt.buyer, attempt.key].add((attempt.checkout_id, tuple(sorted(attempt.orders))))
        return dict(found)

    def stalls(self) -> list[float]:
        """For each key, the seconds from its first request to its first promise."""
        first: dict[tuple[str, str], float] = {}
        promised: dict[tuple[str, str], float] = {}
        for attempt in self.attempts:
            name = attempt.buyer, attempt.key
            first[name] = min(first.get(name, attempt.sent_at), attempt.sent_at)
            if attempt.accepted:
                promised[name] = min(promised.get(name, attempt.answered_at), attempt.answered_at)
        return [promised[name] - first[name] for name in promised]

    def save(self, path: Path) -> None:
        """JSON lines, for reading after a run."""
        path.write_text("".join(json.dumps(asdict(attempt)) + "\n" for attempt in self.attempts))
