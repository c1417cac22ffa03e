"""Wishes that wait share one transaction. What the database refuses runs again one by one: nobody pays for others."""

import logging
from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import TypeVar

from chassis.errors import Refusal, Unavailable
from orders.application.ports import Duplicate, StorageFault

log = logging.getLogger(__name__)

W = TypeVar("W")
A = TypeVar("A")


class StorageRefused(Unavailable):
    """The database refused a wish for a reason that nobody foresaw."""

    code = "internal"


def together(
    wishes: Sequence[W], run: Callable[[Sequence[W]], list[A | Refusal]], duplicate: Callable[[], Refusal] | None = None
) -> list[A | Refusal]:
    """What `run` answers for each wish, by position; it runs one transaction.

    Unavailable for all when the database is away. `duplicate` is the refusal of a wish whose ids are taken.
    """
    try:
        return run(wishes)
    except Unavailable as away:
        return [away for _ in wishes]
    except StorageFault as fault:
        if len(wishes) > 1:
            log.warning("a batch of %s failed and is run one by one: %s", len(wishes), fault)
            return [together([wish], run, duplicate)[0] for wish in wishes]
        if duplicate is not None and isinstance(fault, Duplicate):
            return [duplicate()]
        return [refusal_of(fault)]


def refusal_of(fault: StorageFault) -> Refusal:
    """What somebody hears whose wish meets such a fault."""
    log.error("a wish cannot be stored", exc_info=fault)
    return StorageRefused("this cannot be stored")


def turns(wishes: Sequence[W], by: Callable[[W], Hashable]) -> Iterator[list[tuple[int, W]]]:
    """The wishes with their positions, so that each turn has at most one of anybody; each one's own stay in order."""
    waiting = list(enumerate(wishes))
    while waiting:
        seen: set[Hashable] = set()
        turn: list[tuple[int, W]] = []
        later: list[tuple[int, W]] = []
        for entry in waiting:
            who = by(entry[1])
            (later if who in seen else turn).append(entry)
            seen.add(who)
        yield turn
        waiting = later
