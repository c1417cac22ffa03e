"""A row per bad day, for a terminal and for docs/mechanisms/bad-days.md."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from yeshi_local.faults.result import Result

BEGIN, END = "<!-- measured: make faults -->", "<!-- end of measured -->"
ROW = re.compile(r"^\| `([a-z0-9-]+)` \|.*$", re.MULTILINE)
COLUMNS = (
    "scene",
    "bad day",
    "orders asked / stood / void",
    "tries answered 5xx / not at all",
    "kills",
    "fault lasts",
    "longest answer",
    "longest wait for a promise",
    "next promise after it",
    "healed",
    "violations",
    "seed",
)
HEAD = f"| {' | '.join(COLUMNS)} |\n|{'---|' * len(COLUMNS)}"


@dataclass(frozen=True)
class Row:
    """What a scene showed. `other` are violations that the scene looks for besides the invariants."""

    scene: str
    what: str
    result: Result
    other: tuple[str, ...] = ()

    @property
    def bad(self) -> list[str]:
        """Everything that should not have been."""
        return [*self.result.bad(), *self.other]

    def markdown(self) -> str:
        """One row of the table. Times in seconds."""
        ledger, result = self.result.ledger, self.result
        silent = sum(not one.status for one in ledger.attempts)
        refused = sum(one.status >= 429 for one in ledger.attempts)
        states = result.states()
        void = states.pop("void", 0)
        cells = (
            f"`{self.scene}`",
            self.what,
            f"{result.asked} / {states.total()} / {void}",
            f"{refused} / {silent}",
            str(sum(result.evidence.kills.values())),
            f"{result.fault_lasted():.0f} s" if result.spans else "",
            f"{ledger.longest_answer():.1f} s",
            f"{max(ledger.stalls(), default=0.0):.1f} s",
            f"{result.recovered_after():.1f} s" if result.spans else "",
            f"{result.healed_after:.1f} s",
            str(len(self.bad)),
            str(result.seed),
        )
        return f"| {' | '.join(cells)} |"


def table(rows: Sequence[Row]) -> str:
    """All rows under their head."""
    return "\n".join([HEAD, *(row.markdown() for row in rows)])


def write(page: Path, rows: Sequence[Row], order: Sequence[str]) -> None:
    """Puts the rows between the page's markers, in this order of scenes; rows of scenes that did not run stay.

    Raises ValueError when the page has no markers.
    """
    text = page.read_text()
    if BEGIN not in text or END not in text:
        raise ValueError(f"{page} has no place for measured rows")
    before, rest = text.split(BEGIN, 1)
    old, after = rest.split(END, 1)
    known = {match.group(1): match.group(0) for match in ROW.finditer(old)}
    known |= {row.scene: row.markdown() for row in rows}
    lines = [known[name] for name in order if name in known]
    page.write_text("\n".join([before + BEGIN, HEAD, *lines, END + after]))
