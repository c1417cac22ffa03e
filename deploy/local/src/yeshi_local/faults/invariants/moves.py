"""Orders by themselves: their money and their way."""

from collections import defaultdict
from collections.abc import Iterator

from yeshi_local.faults.evidence import Evidence, Step
from yeshi_local.faults.ledger import Ledger

#: (from, to) pairs an order may go through. None is the moment it is made.
ALLOWED_MOVES = frozenset(
    {
        (None, "pending"),
        ("pending", "unpaid"),
        ("pending", "to_ship"),
        ("pending", "void"),
        ("unpaid", "to_ship"),
        ("unpaid", "void"),
        ("to_ship", "shipping"),
        ("to_ship", "void"),
        ("shipping", "completed"),
    }
)


def money_adds_up(_ledger: Ledger, evidence: Evidence) -> Iterator[str]:
    """I11: totals are the sums of their parts."""
    for order, row in evidence.orders.items():
        if row.items_total != row.lines_total:
            yield f"order {order}: items {row.items_total}, lines {row.lines_total}"
        if row.total_price != row.items_total + row.shipping_fee:
            yield f"order {order}: {row.total_price} is not {row.items_total} + {row.shipping_fee}"


def moves_are_allowed(_ledger: Ledger, evidence: Evidence) -> Iterator[str]:
    """I12: every status change is in the table; each begins where the last one ended, from the first version on,
    and the order stands where the last one led.
    """
    ways: dict[str, list[Step]] = defaultdict(list)
    for step in sorted(evidence.history, key=lambda step: step.version):
        ways[step.order].append(step)
        if (step.before, step.after) not in ALLOWED_MOVES:
            yield f"order {step.order} went from {step.before} to {step.after}"
    for order, row in evidence.orders.items():
        way = ways[order]
        if [step.version for step in way] != list(range(1, row.version + 1)):
            yield f"the history of order {order} has versions {[step.version for step in way]} of {row.version}"
        elif [step.before for step in way] != [None, *(step.after for step in way[:-1])]:
            yield f"the history of order {order} has a step that begins elsewhere"
        elif way[-1].after != row.status:
            yield f"order {order} is {row.status}, its history ends at {way[-1].after}"
    for order in ways.keys() - evidence.orders.keys():
        yield f"order {order} has a history, and is not there"
