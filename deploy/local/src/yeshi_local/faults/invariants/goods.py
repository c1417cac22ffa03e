"""Stock: never oversold, never leaked, exact to the piece; and refused only when it was gone."""

from collections import Counter, defaultdict
from collections.abc import Iterator

from yeshi_local.faults.evidence import Evidence, Line, Reservation
from yeshi_local.faults.invariants.promises import SOLD
from yeshi_local.faults.ledger import Ledger

#: What the reservations of an order may be, by its status.
RESERVED_AS = {
    "unpaid": {"held"},
    "to_ship": {"held"},
    "shipping": {"committed"},
    "completed": {"committed"},
    "void": {"released", "rejected"},
}
#: Seconds that two transactions on one variant may overtake each other: they wait no longer for a lock.
OVERTAKING = 5.0


def stock_adds_up(_ledger: Ledger, evidence: Evidence) -> Iterator[str]:
    """I3: nothing below zero, nothing oversold, on hand is the sum of its ledger; what the shop gave is what is left
    and what orders have, to the piece.
    """
    sold: Counter[str] = Counter()
    open_still = {line.variant for line in evidence.lines if _status(evidence, line) == "pending"}
    for line in evidence.lines:
        if _status(evidence, line) in SOLD:
            sold[line.variant] += line.quantity
    for variant, row in evidence.stock.items():
        if row.on_hand < 0 or row.reserved < 0 or row.reserved > row.on_hand:
            yield f"variant {variant}: {row.reserved} reserved of {row.on_hand}"
        if row.on_hand != row.ledger:
            yield f"variant {variant}: {row.on_hand} on hand, the ledger says {row.ledger}"
        left = row.ledger - row.held
        if variant not in open_still and row.given != left + sold[variant]:
            yield f"variant {variant}: {row.given} given, {left} left, orders have {sold[variant]}"


def _status(evidence: Evidence, line: Line) -> str:
    row = evidence.orders.get(line.order)
    return row.status if row else ""


def nothing_leaks(_ledger: Ledger, evidence: Evidence) -> Iterator[str]:
    """I4: what is reserved is what orders hold."""
    for variant, row in evidence.stock.items():
        if row.reserved != row.held:
            yield f"variant {variant}: {row.reserved} reserved, {row.held} held by orders"


def orders_settle(_ledger: Ledger, evidence: Evidence) -> Iterator[str]:
    """I5: every line has the reservation that its order's status asks for, there is no other, and no order waits for
    its stock or for an end whose time has come.
    """
    lines = {one for one in evidence.lines if _status(evidence, one) != "pending"}
    reserved = {one.line: one.state for one in evidence.reservations}
    for order, row in evidence.orders.items():
        if row.status == "pending":
            yield f"order {order} is pending"
        if row.overdue > 0:
            yield f"order {order} is unpaid, {row.overdue:.0f} s after its time"
    for line in lines - reserved.keys():
        yield f"order {line.order} is {_status(evidence, line)} without a reservation for {line}"
    for line, state in reserved.items():
        if line not in evidence.lines:
            yield f"{line} is {state}, and no order has it"
        elif line in lines and state not in RESERVED_AS[_status(evidence, line)]:
            yield f"order {line.order} is {_status(evidence, line)}, a reservation of it is {state}"


def refusals_are_true(ledger: Ledger, evidence: Evidence) -> Iterator[str]:
    """I19: whatever was refused as sold out was sold out then: others had so much that it was not enough."""
    takers: dict[str, list[Reservation]] = defaultdict(list)
    refused: dict[str, list[Reservation]] = defaultdict(list)
    for one in evidence.reservations:
        if one.state != "rejected":
            takers[one.line.variant].append(one)
        elif one.line.order in evidence.placed and evidence.orders[one.line.order].void_reason == "out_of_stock":
            refused[one.line.order].append(one)

    def was_there(variant: str, quantity: int, begin: float, end: float) -> bool:
        taken = sum(
            one.line.quantity
            for one in takers[variant]
            if one.made <= end + OVERTAKING and not (one.state == "released" and one.changed < begin - OVERTAKING)
        )
        return variant in evidence.stock and taken + quantity <= evidence.stock[variant].given

    for order, lines in refused.items():
        if all(was_there(one.line.variant, one.line.quantity, one.made, one.made) for one in lines):
            yield f"order {order} is void as sold out, and its {len(lines)} lines were there"
    for put in ledger.asked("cart"):
        if put.code == "out_of_stock" and was_there(put.about, put.quantity, put.sent_at, put.answered_at):
            yield f"{put.quantity} of {put.about} were refused as sold out, and were there"
