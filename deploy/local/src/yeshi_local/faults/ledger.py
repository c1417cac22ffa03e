"""What the load asked and what it was told: every request, and what each checkout was meant to be."""

import json
import threading
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

Name = tuple[str, str]  # (buyer, key): the name of a checkout


@dataclass(frozen=True)
class Attempt:
    """One request. `status` is 0 when no answer came; times in seconds since the epoch.

    `asks` is `checkout`, `cart`, `cancel`, `ship` or `receive`; `about` the variant that was put into the cart, so many
    of it, or the order that was moved; `by` who asked, the buyer unless it says another. `key` is the checkout's, also
    of what came before and after it. `code` is the problem's, or `refused` when nobody took the connection and `cut`
    when it ended without an answer. `waits`: whether a Retry-After came.
    """

    buyer: str
    key: str
    sent_at: float
    answered_at: float
    status: int
    checkout_id: str | None = None
    orders: tuple[tuple[str, int], ...] = ()  # (order id, total price)
    code: str = ""
    asks: str = "checkout"
    about: str = ""
    quantity: int = 0
    by: str = ""
    waits: bool = False

    @property
    def name(self) -> Name:
        """Of the checkout it belongs to."""
        return self.buyer, self.key

    @property
    def accepted(self) -> bool:
        """Whether the platform promised orders."""
        return self.asks == "checkout" and self.status in (201, 202)

    @property
    def unknown(self) -> bool:
        """Whether it may have been done or not."""
        return not self.status or self.status >= 500


@dataclass
class Ledger:
    """All attempts, in the order of their answers. Safe to write from several threads."""

    attempts: list[Attempt] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def add(self, attempt: Attempt) -> None:
        """One more."""
        with self._lock:
            self.attempts.append(attempt)

    def asked(self, asks: str) -> Iterator[Attempt]:
        """Every attempt of one sort."""
        return (one for one in self.attempts if one.asks == asks)

    def accepted_orders(self) -> set[str]:
        """Every order that was promised."""
        return {order for attempt in self.attempts if attempt.accepted for order, _ in attempt.orders}

    def in_the_dark(self) -> set[Name]:
        """Checkouts that may have been taken or not: whoever asked gave up without one answer that says."""
        known = {attempt.name for attempt in self.asked("checkout") if not attempt.unknown}
        return {attempt.name for attempt in self.asked("checkout")} - known

    def answers_by_key(self) -> dict[Name, set[tuple[Any, ...]]]:
        """The different promises under each (buyer, key): checkout, orders and amounts."""
        found: dict[Name, set[tuple[Any, ...]]] = defaultdict(set)
        for attempt in self.attempts:
            if attempt.accepted:
                found[attempt.name].add((attempt.checkout_id, tuple(sorted(attempt.orders))))
        return dict(found)

    def in_cart(self) -> dict[Name, dict[str, int]]:
        """What each checkout was to buy: the pieces of each variant that its cart has taken."""
        found: dict[Name, dict[str, int]] = defaultdict(dict)
        for put in self.asked("cart"):
            if put.status == 200:
                found[put.name][put.about] = put.quantity
        return dict(found)

    def stalls(self) -> list[float]:
        """For each key, the seconds from its first request that was asked in vain, or its checkout, to its promise."""
        first: dict[Name, float] = {}
        promised: dict[Name, float] = {}
        for attempt in self.attempts:
            if attempt.asks == "checkout" or (attempt.asks == "cart" and attempt.unknown):
                first[attempt.name] = min(first.get(attempt.name, attempt.sent_at), attempt.sent_at)
            if attempt.accepted:
                promised[attempt.name] = min(promised.get(attempt.name, attempt.answered_at), attempt.answered_at)
        return [promised[name] - first[name] for name in promised]

    def failures(self) -> Counter[str]:
        """Attempts that ended in no promise and no refusal for good, by what was said; of what was asked beside
        checkouts, that too.
        """
        silent = (f"none {one.code}" for one in self.attempts if not one.status)
        failed = (one for one in self.attempts if one.status >= 429)
        said = (f"{one.status} {one.asks if one.asks != 'checkout' else ''} {one.code}".split() for one in failed)
        return Counter([*silent, *(" ".join(words) for words in said)])

    def longest_answer(self) -> float:
        """Seconds that the slowest answer took, whatever it said."""
        return max((one.answered_at - one.sent_at for one in self.attempts if one.status), default=0.0)

    def promised_after(self, moment: float) -> float | None:
        """Seconds from a moment (since the epoch) to the next promise; None when there was none."""
        later = [one.answered_at for one in self.attempts if one.accepted and one.answered_at >= moment]
        return min(later) - moment if later else None

    def slowest(self) -> list[Attempt]:
        """The attempts of the checkout that waited longest for its promise."""
        tries: dict[Name, list[Attempt]] = defaultdict(list)
        for attempt in self.attempts:
            if attempt.asks in ("cart", "checkout"):
                tries[attempt.name].append(attempt)
        spans = {name: max(one.answered_at for one in all_of) - all_of[0].sent_at for name, all_of in tries.items()}
        return sorted(tries[max(spans, key=spans.__getitem__)], key=lambda one: one.sent_at) if spans else []

    def save(self, path: Path) -> None:
        """JSON lines, for reading after a run."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(json.dumps(asdict(attempt)) + "\n" for attempt in self.attempts))
