"""What each checkout of a load is meant to be, made up ahead from a seed, so that stock can be short of it."""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

#: Variants of each stall.
ASSORTMENT = (4, 3)
MOST_LINES, MOST_PIECES = 3, 2
BOTH, SECOND = 1 / 6, 1 / 4  # shares of checkouts at both stalls, and of the others at the second one
TRANSFER, CANCELLED, SHIPPED, RECEIVED = 1 / 4, 1 / 8, 1 / 8, 1 / 16
TWICE = 1 / 3  # of checkouts are sent a second time beside the first


@dataclass(frozen=True)
class Line:
    """So many pieces of a stall's variant, both by number."""

    stall: int
    variant: int
    quantity: int


@dataclass(frozen=True)
class Basket:
    """One checkout. `transfer`: by bank, and nobody ever pays; else cash on delivery. `then` is done to each of its
    orders once it is promised: `cancel` by the buyer, `cancel by seller`, `ship`, `receive` after that, or nothing.
    """

    lines: tuple[Line, ...]
    transfer: bool
    then: str
    twice: bool

    @property
    def stalls(self) -> tuple[int, ...]:
        """One order each."""
        return tuple(sorted({line.stall for line in self.lines}))


def baskets(seed: int, orders: int) -> list[Basket]:
    """Checkouts that ask for exactly so many orders."""
    made: list[Basket] = []
    left = orders
    while left > 0:
        made.append(_basket(random.Random(seed * 100_003 + len(made)), both=left > 1))
        left -= len(made[-1].stalls)
    return made


def demand(wanted: Sequence[Basket]) -> Counter[tuple[int, int]]:
    """Pieces of each (stall, variant), all checkouts together."""
    found: Counter[tuple[int, int]] = Counter()
    for basket in wanted:
        for line in basket.lines:
            found[line.stall, line.variant] += line.quantity
    return found


def _basket(chance: random.Random, *, both: bool) -> Basket:
    at_both = chance.random() < BOTH and both
    stalls = (0, 1) if at_both else (1,) if chance.random() < SECOND else (0,)
    lines = tuple(
        Line(stall, variant, chance.randint(1, MOST_PIECES))
        for stall in stalls
        for variant in chance.sample(range(ASSORTMENT[stall]), chance.randint(1, MOST_LINES))
    )
    transfer = chance.random() < TRANSFER
    fate = chance.random()
    if fate < CANCELLED:
        then = "cancel" if fate < CANCELLED / 2 else "cancel by seller"
    elif fate < CANCELLED + SHIPPED and not transfer:
        then = "receive" if fate < CANCELLED + RECEIVED else "ship"
    else:
        then = ""
    return Basket(lines, transfer, then, chance.random() < TWICE)
