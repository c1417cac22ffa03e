"""What the load asked and what it was told: every attempt of every checkout."""

import json
import threading
from collections import Counter, defaultdict
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Attempt:
    """One request. `status` is 0 when no answer came; times in seconds since the epoch.

    `code` is the problem's, or `refused` when nobody took the connection and `cut` when it ended without an answer.
    """

    buyer: str
    key: str
    sent_at: float
    answered_at: float
    status: int
    checkout_id: str | None = None
    orders: tuple[tuple[str, int], ...] = ()  # (order id, total price)
    code: str = ""

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

    def failures(self) -> Counter[str]:
        """Attempts that ended in no promise and no refusal for good, by what was said."""
        failed = (one for one in self.attempts if not one.status or one.status >= 429)
        return Counter(f"{one.status or 'none'} {one.code}".strip() for one in failed)

    def longest_answer(self) -> float:
        """Seconds that the slowest answer took, whatever it said."""
        return max((one.answered_at - one.sent_at for one in self.attempts if one.status), default=0.0)

    def promised_after(self, moment: float) -> float | None:
        """Seconds from a moment (since the epoch) to the next promise; None when there was none."""
        later = [one.answered_at for one in self.attempts if one.accepted and one.answered_at >= moment]
        return min(later) - moment if later else None

    def slowest(self) -> list[Attempt]:
        """The attempts of the checkout that waited longest for its promise."""
        tries: dict[tuple[str, str], list[Attempt]] = defaultdict(list)
        for attempt in self.attempts:
            tries[attempt.buyer, attempt.key].append(attempt)
        spans = {name: max(one.answered_at for one in all_of) - all_of[0].sent_at for name, all_of in tries.items()}
        return sorted(tries[max(spans, key=spans.__getitem__)], key=lambda one: one.sent_at) if spans else []

    def save(self, path: Path) -> None:
        """JSON lines, for reading after a run."""
        path.write_text("".join(json.dumps(asdict(attempt)) + "\n" for attempt in self.attempts))
