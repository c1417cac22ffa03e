"""What buyers were told: kept, once, and never more or less than the contract says."""

from collections import Counter, defaultdict
from collections.abc import Iterator

from yeshi_local.faults.evidence import Evidence, OrderRow
from yeshi_local.faults.ledger import Attempt, Ledger, Name

#: Answers that are right by themselves, by what was asked. What asks to be tried again must say when.
RIGHT = {"checkout": (201, 202), "cart": (200,), "cancel": (200,), "ship": (200,), "receive": (200,)}
AGAIN = (429, 502, 503)
#: Refusals that the load brings about: (asked, code).
SOLD_OUT, EMPTY = ("cart", "out_of_stock"), ("checkout", "cart_empty")
#: Where an order may stand after a move that was answered 200.
MOVED = {"cancel": {"void"}, "ship": {"shipping", "completed"}, "receive": {"completed"}}
SOLD = ("unpaid", "to_ship", "shipping", "completed")


def one_checkout_per_key(ledger: Ledger, evidence: Evidence) -> Iterator[str]:
    """I1: a buyer's key names one checkout, and every answer under it says the same."""
    for (buyer, key), count in Counter(evidence.checkouts).items():
        if count > 1:
            yield f"buyer {buyer} has {count} checkouts under key {key}"
    for (buyer, key), answers in ledger.answers_by_key().items():
        if len(answers) > 1:
            yield f"buyer {buyer} was told {len(answers)} different things under key {key}"


def nothing_lost_nothing_invented(ledger: Ledger, evidence: Evidence) -> Iterator[str]:
    """I2: every promised order is stored with what its cart held, none is stored that nobody was promised; and
    something was sold at all.
    """
    promised = ledger.accepted_orders()
    for order in promised - set(evidence.orders):
        yield f"order {order} was promised and is lost"
    dark = ledger.in_the_dark()
    for order, name in evidence.placed.items():
        if order not in promised and name not in dark:
            yield f"order {order} is stored and was promised to nobody"
    asked = {attempt.name for attempt in ledger.asked("checkout")}
    for buyer, key in set(evidence.checkouts) - asked:
        yield f"buyer {buyer} has a checkout under key {key} that was never asked for"
    if not any(evidence.orders[order].status in SOLD for order in promised & set(evidence.orders)):
        yield "nothing was sold"
    yield from _other_goods(ledger, evidence)


def _other_goods(ledger: Ledger, evidence: Evidence) -> Iterator[str]:
    """A cart line that was put in vain may have been put after all, in time for the buyer's next order."""
    late: dict[str, set[tuple[str, int]]] = defaultdict(set)
    for put in ledger.asked("cart"):
        if put.unknown:
            late[put.buyer].add((put.about, put.quantity))
    bought: dict[Name, Counter[str]] = defaultdict(Counter)
    for line in evidence.lines:
        if line.order in evidence.placed:
            bought[evidence.placed[line.order]][line.variant] += line.quantity
    carts = ledger.in_cart()
    for name, pieces in bought.items():
        wanted = carts.get(name, {})
        for variant in pieces.keys() | wanted.keys():
            asked, got = wanted.get(variant, 0), pieces[variant]
            if got != asked and (variant, got) not in late[name[0]]:
                yield f"the orders of key {name[1]} have {got} of {variant}, {asked} were asked for"


def ends_are_accounted_for(ledger: Ledger, evidence: Evidence) -> Iterator[str]:
    """I17: an order went where somebody moved it and nowhere else; what was refused as sold out was sold out."""
    moves: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for one in ledger.attempts:
        if one.asks in MOVED:
            moves[one.about].add((one.asks, one.by))
            stored = evidence.orders.get(one.about)
            if one.status == 200 and stored is not None and stored.status not in MOVED[one.asks]:
                yield f"order {one.about} is {stored.status}, after its {one.asks} was answered"
    for order in evidence.placed:
        if order in evidence.orders and not _is_accounted_for(evidence.orders[order], moves[order]):
            row = evidence.orders[order]
            said = f"{row.status} {row.void_reason or ''}, by {row.method}"
            yield f"order {order} is {said}, after {sorted(moves[order])}"


def _is_accounted_for(row: OrderRow, moves: set[tuple[str, str]]) -> bool:
    asked = {asks for asks, _ in moves}
    if row.status == "void":
        return {
            "out_of_stock": True,  # whether it was, the goods say
            "cancelled_by_buyer": ("cancel", row.buyer) in moves,
            "cancelled_by_seller": ("cancel", row.seller) in moves,
            "payment_timeout": row.method == "bank_transfer",
        }.get(row.void_reason or "", False)
    wanted = {"to_ship": set(), "shipping": {"ship"}, "completed": {"ship", "receive"}}.get(row.status)
    return wanted is None or (row.method == "cod" and wanted <= asked)


def answers_are_right(ledger: Ledger, evidence: Evidence) -> Iterator[str]:
    """I18: every answer is one that the contract has for this load; who is to come again is told when; and a checkout
    that was refused for good is not stored.
    """
    stored, carts = set(evidence.checkouts), ledger.in_cart()
    promised = {one.name for one in ledger.attempts if one.accepted}
    for one in ledger.attempts:
        if not one.status or one.status in RIGHT[one.asks]:
            continue
        if one.status in AGAIN:
            if not one.waits:
                yield f"{one.asks}: {one.status} {one.code} without Retry-After"
        elif not _is_refusal(one, carts):
            yield f"{one.asks}: {one.status} {one.code}"
        elif one.asks == "checkout" and one.name in stored and one.name not in promised:
            yield f"checkout under key {one.key} was refused with {one.code} and is stored"


def _is_refusal(one: Attempt, carts: dict[Name, dict[str, int]]) -> bool:
    """Whether the load has earned it."""
    if (one.asks, one.code) == EMPTY:
        return one.status == 422 and not carts.get(one.name)
    return (one.asks, one.code) == SOLD_OUT and one.status == 409
