"""Small charts as SVG, written by hand: bars on a logarithmic axis, and lines over time."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

WIDTH, LEFT, RIGHT, TOP = 760, 250, 90, 34
BAR, GAP, GROUP_GAP = 14, 3, 12
COLOURS = ("#0f766e", "#94a3b8", "#cbd5e1", "#b45309", "#7c3aed", "#be123c")
INKS = ("#0f766e", "#1d4ed8", "#64748b", "#b45309", "#7c3aed", "#be123c")  # of lines: thin, so none is pale
LABEL = 14  # from one label to the next at least
FONT = 'font-family="system-ui, sans-serif" font-size="12"'


@dataclass(frozen=True)
class Bar:
    """One figure: its label, its value and which colour it has (0 is ours)."""

    label: str
    value: float
    colour: int = 0


def bars(title: str, groups: Sequence[Sequence[Bar]], unit: str) -> str:
    """Groups of bars on one logarithmic axis. Raises ValueError for a value that has no logarithm."""
    values = [bar.value for group in groups for bar in group]
    if not values or min(values) <= 0:
        raise ValueError("a logarithmic axis needs values above zero")
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    high = max(high, low + 1)
    scale = (WIDTH - LEFT - RIGHT) / (high - low)
    parts: list[str] = []
    y = float(TOP)
    for group in groups:
        for bar in group:
            length = max(1.0, (math.log10(bar.value) - low) * scale)
            parts.append(_text(LEFT - 8, y + BAR - 3, bar.label, anchor="end"))
            parts.append(
                f'<rect x="{LEFT}" y="{y:.1f}" width="{length:.1f}" height="{BAR}" fill="{COLOURS[bar.colour]}"/>'
            )
            parts.append(_text(LEFT + length + 5, y + BAR - 3, f"{bar.value:,.0f}"))
            y += BAR + GAP
        y += GROUP_GAP
    ticks = [
        _line(LEFT + at * scale, TOP - 6, LEFT + at * scale, y)
        + _text(LEFT + at * scale, y + 12, f"{10 ** (low + at):,g}", anchor="middle")
        for at in range(high - low + 1)
    ]
    return _svg(title, f"{title} ({unit}, logarithmic)", y + 22, [*ticks, *parts])


def lines(title: str, at: Sequence[float], series: Mapping[str, Sequence[float]], unit: str) -> str:
    """Lines over seconds, from zero. Raises ValueError when there is nothing to draw."""
    if len(at) < 2 or not series:
        raise ValueError("a line needs two points")
    height, left = 260, 60
    top_value = _round_above(max(max(values) for values in series.values()))
    first, last = at[0], at[-1]

    def x(moment: float) -> float:
        return left + (moment - first) / (last - first) * (WIDTH - left - RIGHT - 40)

    def y(value: float) -> float:
        return TOP + height - value / top_value * height

    parts: list[str] = []
    labels: list[tuple[float, str, str]] = []
    for step in range(5):
        value = top_value * step / 4
        parts.append(_line(left, y(value), x(last), y(value)))
        parts.append(_text(left - 6, y(value) + 4, f"{value:,.0f}", anchor="end"))
        moment = first + (last - first) * step / 4
        parts.append(_text(x(moment), TOP + height + 16, f"{round(moment / 60, 1):g} min", anchor="middle"))
    for number, (name, values) in enumerate(series.items()):
        colour = INKS[number % len(INKS)]
        points = " ".join(f"{x(moment):.1f},{y(value):.1f}" for moment, value in zip(at, values, strict=True))
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.5"/>')
        labels.append((y(values[-1]), name, colour))
    lowest = 0.0
    for wanted, name, colour in sorted(labels):
        lowest = max(wanted + 4, lowest + LABEL)
        parts.append(_text(x(last) + 6, lowest, name, colour=colour))
    return _svg(title, f"{title} ({unit})", TOP + height + 28, parts)


def _round_above(value: float) -> float:
    """The end of an axis with four steps that are easy to read."""
    power = 10.0 ** math.floor(math.log10(value or 1.0))
    return next(power * one for one in (1, 2, 4, 6, 8, 10) if power * one > value)


def _svg(name: str, title: str, height: float, parts: Sequence[str]) -> str:
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height:.0f}" '
        f'viewBox="0 0 {WIDTH} {height:.0f}" role="img" aria-label="{escape(name)}" {FONT}>'
    )
    body = [f'<rect width="{WIDTH}" height="{height:.0f}" fill="#ffffff"/>', _text(10, 18, title), *parts]
    return "\n".join([head, *body, "</svg>"]) + "\n"


def _line(x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="#e2e8f0"/>'


def _text(x: float, y: float, text: str, *, anchor: str = "start", colour: str = "#0f172a") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}">{escape(text)}</text>'
