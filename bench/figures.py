"""Figures of a row: series over rounds, percentiles, budgets and verdicts, and the table that is printed."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bench.measure import Series


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that at least so many percent of the values do not exceed. Raises ValueError for none."""
    if not values:
        raise ValueError("no values")
    ordered = sorted(values)
    return ordered[max(0, math.ceil(percent / 100 * len(ordered)) - 1)]


@dataclass(frozen=True)
class Verdict:
    """One budget: what was wanted, what was seen, and whether that is enough."""

    what: str
    budget: str
    figure: str
    met: bool

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON."""
        return {"what": self.what, "budget": self.budget, "figure": self.figure, "met": self.met}


def at_least(what: str, figure: float, budget: float, unit: str = "") -> Verdict:
    """The figure must reach the budget."""
    return Verdict(what, f"≥ {number(budget)}{unit}", f"{number(figure)}{unit}", figure >= budget)


def at_most(what: str, figure: float, budget: float, unit: str = "") -> Verdict:
    """The figure must not exceed the budget."""
    return Verdict(what, f"≤ {number(budget)}{unit}", f"{number(figure)}{unit}", figure <= budget)


def exactly(what: str, figure: int, budget: int) -> Verdict:
    """Not one more and not one less."""
    return Verdict(what, f"{budget}", f"{figure}", figure == budget)


def number(value: float) -> str:
    """Three figures, with thousands separated."""
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    digits = max(0, 2 - math.floor(math.log10(abs(value))))
    text = f"{value:,.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


@dataclass
class Row:
    """What one row of the budgets' table came to. `cpu` is milliseconds an operation by contestant and group."""

    name: str
    title: str
    series: list[Series] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)
    cpu: dict[str, Mapping[str, float]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    samples: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0

    def add(self, name: str, unit: str, values: Sequence[float]) -> Series:
        """A series of the rounds."""
        made = Series(name, unit, list(values))
        self.series.append(made)
        return made

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON."""
        return {
            "name": self.name,
            "title": self.title,
            "series": [one.as_dict() for one in self.series],
            "verdicts": [one.as_dict() for one in self.verdicts],
            "cpu_ms_per_operation": self.cpu,
            "notes": self.notes,
            "samples": self.samples,
            "seconds": round(self.seconds, 1),
        }


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns as wide as their widest cell; CJK characters count twice."""
    widths = [max(_width(row[at]) for row in (head, *rows)) for at in range(len(head))]
    lines = [head, ["-" * width for width in widths], *rows]
    return "\n".join(
        "  ".join(cell + " " * (width - _width(cell)) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def show(row: Row) -> str:
    """A row as a person reads it."""
    parts = [f"\n{row.title}  ({row.seconds:.0f} s)"]
    if row.series:
        cells = [
            [one.name, number(one.median), number(min(one.values)), number(max(one.values)), one.unit]
            for one in row.series
        ]
        parts.append(table(["", "median", "least", "greatest", "unit"], cells))
    for contestant, cost in row.cpu.items():
        parts.append(f"CPU ms/operation, {contestant}: " + ", ".join(f"{k} {number(v)}" for k, v in cost.items()))
    parts += row.notes
    if row.verdicts:
        cells = [[one.what, one.budget, one.figure, "met" if one.met else "MISSED"] for one in row.verdicts]
        parts.append(table(["budget", "wanted", "seen", ""], cells))
    return "\n".join(parts)


def _width(text: str) -> int:
    return sum(2 if ord(character) >= 0x2E80 else 1 for character in text)
