"""What a run showed, for a person and for a table."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby

from yeshi_local.faults.evidence import Evidence
from yeshi_local.faults.ledger import Ledger

SLOW = 15.0  # seconds: a checkout that waited longer for its promise is printed try by try
STRETCH = 5.0  # seconds of its tries in a line


@dataclass(frozen=True)
class Result:
    """Seconds count from the end of load and faults: until all was ready and every queue empty, and every push out."""

    seed: int
    asked: int  # orders
    ledger: Ledger
    evidence: Evidence
    violations: dict[str, list[str]]
    unfinished: list[str]
    healed_after: float
    delivered_after: float
    spans: list[tuple[float, float]] = field(default_factory=list)  # of each event, seconds since the epoch

    def states(self) -> Counter[str]:
        """How many orders of the run stand where."""
        return Counter(row.status for order, row in self.evidence.orders.items() if order in self.evidence.placed)

    def recovered_after(self) -> float:
        """Seconds from the end of an event to the next promise, the longest of all events."""
        waits = [self.ledger.promised_after(end) for _, end in self.spans]
        return max((wait for wait in waits if wait is not None), default=0.0)

    def fault_lasted(self) -> float:
        """Seconds of the longest event."""
        return max((end - begin for begin, end in self.spans), default=0.0)

    def table(self) -> str:
        """For a person."""
        evidence = self.evidence
        stalls = sorted(self.ledger.stalls()) or [0.0]
        lines = [
            f"seed {self.seed}",
            f"{self.asked} orders asked for in {len(self.ledger.attempts)} requests, "
            f"{len(self.ledger.accepted_orders())} promised: {dict(self.states())}",
            f"kills {dict(evidence.kills)}",
            f"longest fault {self.fault_lasted():.1f} s",
            f"longest wait for a promise {stalls[-1]:.1f} s, longest answer {self.ledger.longest_answer():.1f} s, "
            f"next promise after a fault {self.recovered_after():.1f} s",
            f"all ready {evidence.ready_after:.1f} s after the load, outboxes empty {evidence.published_after:.1f} s "
            f"after that, healed {self.healed_after:.1f} s and pushed {self.delivered_after:.1f} s after the load",
            f"tried again after {dict(self.ledger.failures())}",
        ]
        if stalls[-1] > SLOW:
            lines += self._slowest()
        lines += [f"{name:>4}: {len(found)} violations {found[:2] or ''}" for name, found in self.violations.items()]
        return "\n".join([*lines, *(f"unfinished: {words}" for words in self.unfinished)])

    def _slowest(self) -> Iterator[str]:
        """The tries of the slowest checkout, five seconds a line, and how often what was heard in them."""
        tries = self.ledger.slowest()
        first = tries[0].sent_at
        for number, some in groupby(tries, key=lambda one: int((one.sent_at - first) / STRETCH)):
            heard = Counter(f"{one.status} {one.code}".strip() for one in some)
            said = ", ".join(f"{count} × {words}" for words, count in heard.items())
            yield f"  slowest: from {number * STRETCH:3.0f} s on: {said}"

    def bad(self) -> list[str]:
        """Every violation and everything that was never answered."""
        found = [f"{name}: {words}" for name, all_words in self.violations.items() for words in all_words]
        return [*found, *self.unfinished]
