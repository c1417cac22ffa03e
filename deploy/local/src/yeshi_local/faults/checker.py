"""The invariants. Each takes the ledger and the evidence and answers its violations, in words."""

from collections import Counter
from collections.abc import Callable, Iterator

from yeshi_local.faults.evidence import Evidence
from yeshi_local.faults.ledger import Ledger

LONGEST_PENDING = 60.0  # seconds after healing

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
#: What the reservations of an order may be, by its status.
RESERVED_AS = {
    "unpaid": {"held"},
    "to_ship": {"held"},
    "shipping": {"committed", "held"},
    "completed": {"committed", "held"},
    "void": {"released", "rejected"},
}

Check = Callable[[Ledger, Evidence], Iterator[str]]


def one_checkout_per_key(ledger: Ledger, evidence: Evidence) -> Iterator[str]:
    """I1: a buyer's key names one checkout, and every answer under it says the same."""
    for (buyer, key), count in Counter(evidence.checkouts).items():
        if count > 1:
            yield f"buyer {buyer} has {count} checkouts under key {key}"
    for (buyer, key), answers in ledger.answers_by_key().items():
        if len(answers) > 1:
            yield f"buyer {buyer} was told {len(answers)} different things under key {key}"


def nothing_lost_nothing_invented(ledger: Ledger, evidence: Evidence) -> Iterator[str]:
    """I2: every promised order is stored, and none is stored that nobody asked for."""
    for order in ledger.accepted_orders() - set(evidence.orders):
        yield f"order {order} was promised and is lost"
    asked = {(attempt.buyer, attempt.key) for attempt in ledger.attempts}
    for buyer, key in set(evidence.checkouts) - asked:
        yield f"buyer {buyer} has a checkout under key {key} that was never asked for"


def stock_adds_up(_ledger: Ledger, evidence: Evidence) -> Iterator[str]:
    """I3: nothing below zero, nothing oversold, on hand is the sum of its ledger."""
    for variant, row in evidence.stock.items():
        if row.on_hand < 0 or row.reserved < 0 or row.reserved > row.on_hand:
            yield f"variant {variant}: {row.reserved} reserved of {row.on_hand}"
        if row.on_hand != row.ledger:
            yield f"variant {variant}: {row.on_hand} on hand, the ledger says {row.ledger}"


def nothing_leaks(_ledger: Ledger, evidence: Evidence) -> Iterator[str]:
    """I4: what is reserved is what orders hold."""
    for variant, row in evidence.stock.items():
        if row.reserved != row.held:
            yield f"variant {variant}: {row.reserved} reserved, {row.held} held by orders"


def orders_settle(_ledger: Ledger, evidence: Evidence) -> Iterator[str]:
    """I5: reservations fit their order's status, and nothing stays pending."""
    for order, row in evidence.orders.items():
        if row.status == "pending":
            if row.pending_seconds > LONGEST_PENDING:
                yield f"order {order} is pending for {row.pending_seconds:.0f} s"
            continue
        states = evidence.reservations.get(order, set())
        if not states and row.status != "void":
            yield f"order {order} is {row.status} without a reservation"
        if not states <= RESERVED_AS[row.status]:
            yield f"order {order} is {row.status}, its reservations are {sorted(states)}"


def everything_published(_ledger: Ledger, evidence: Evidence) -> Iterator[str]:
    """I6: outboxes are empty."""
    if evidence.unpublished:
        yield f"{evidence.unpublished} events are not published"


def everything_taken(_ledger: Ledger, evidence: Evidence) -> Iterator[str]:
    """I7: every consumer has taken every event it hears."""
    for consumer, events in evidence.expected.items():
        missing = events - evidence.taken.get(consumer, set())
        if missing:
            yield f"{consumer} never took {len(missing)} events, among them {sorted(missing)[0]}"


def bells_ring_once(_ledger: Ledger, evidence: Evidence) -> Iterator[str]:
    """I8: one bell per event and recipient; counts agree; every stream shows each once, in order."""
    for (event, user), count in Counter(evidence.bells).items():
        if count > 1:
            yield f"event {event} rang {count} times for {user}"
    for event, user in evidence.bells_due - set(evidence.bells):
        yield f"event {event} never rang for {user}"
    for user, (rows, said) in evidence.unread.items():
        if rows != said:
            yield f"user {user} has {rows} unread, the API says {said}"
    for user, seqs in evidence.streamed.items():
        if seqs != sorted(set(seqs)):
            yield f"the stream of {user} repeated or reordered: {seqs[:20]}"
    most = max((len(seqs) for seqs in evidence.streamed.values()), default=0)
    for user, seqs in evidence.streamed.items():
        if len(seqs) < most:
            yield f"the stream of {user} showed {len(seqs)} of {most}"


def pushes_once(_ledger: Ledger, evidence: Evidence) -> Iterator[str]:
    """I9: LINE never accepted a key twice, nor one bell under two keys; no delivery is forgotten."""
    for key, count in Counter(key for key, _, _ in evidence.pushes).items():
        if count > 1:
            yield f"retry key {key} was accepted {count} times"
    for (link, user), count in Counter((link, user) for _, link, user in evidence.pushes).items():
        if count > 1:
            yield f"{link} was pushed {count} times to {user}"
    for key in evidence.delivered - {key for key, _, _ in evidence.pushes}:
        yield f"the push with retry key {key} is down as delivered, and LINE never got it"
    if evidence.given_up:
        yield f"{evidence.given_up} deliveries were given up"
    if evidence.stuck_deliveries:
        yield f"{evidence.stuck_deliveries} deliveries wait with no next try"


def nothing_is_dead(_ledger: Ledger, evidence: Evidence) -> Iterator[str]:
    """I10: the dead queue is empty."""
    if evidence.dead:
        yield f"{evidence.dead} messages in the dead queue"


def money_adds_up(_ledger: Ledger, evidence: Evidence) -> Iterator[str]:
    """I11: totals are the sums of their parts."""
    for order, row in evidence.orders.items():
        if row.items_total != row.lines_total:
            yield f"order {order}: items {row.items_total}, lines {row.lines_total}"
        if row.total_price != row.items_total + row.shipping_fee:
            yield f"order {order}: {row.total_price} is not {row.items_total} + {row.shipping_fee}"


def moves_are_allowed(_ledger: Ledger, evidence: Evidence) -> Iterator[str]:
    """I12: every status change is in the table, and versions have no gap."""
    versions: dict[str, list[int]] = {}
    for order, version, before, after in evidence.history:
        versions.setdefault(order, []).append(version)
        if before != after and (before, after) not in ALLOWED_MOVES:
            yield f"order {order} went from {before} to {after}"
    for order, seen in versions.items():
        if sorted(seen) != list(range(min(seen), min(seen) + len(seen))):
            yield f"the history of order {order} has a gap: {sorted(seen)}"


def copies_are_true(_ledger: Ledger, evidence: Evidence) -> Iterator[str]:
    """I13: read models equal their source."""
    yield from evidence.stale_copies


def processes_recover(_ledger: Ledger, evidence: Evidence) -> Iterator[str]:
    """I14: everything is ready, and nothing restarted more often than it was killed."""
    for name in evidence.not_ready:
        yield f"{name} is not ready"
    for name, restarts in evidence.restarts.items():
        if restarts > evidence.kills.get(name, 0):
            yield f"{name} restarted {restarts} times after {evidence.kills.get(name, 0)} kills"


def photos_are_seen(_ledger: Ledger, evidence: Evidence) -> Iterator[str]:
    """I15: an accepted photo is in its product's document and served; the document says what was written last."""
    for photo in evidence.photos_promised - evidence.photos_seen:
        yield f"photo {photo} was promised and cannot be seen"
    for metadata, number in evidence.wanted_descriptions.items():
        if evidence.described.get(metadata) != number:
            yield f"document {metadata} says {evidence.described.get(metadata)}, {number} was written last"


def everybody_is_counted(_ledger: Ledger, evidence: Evidence) -> Iterator[str]:
    """I16: whoever passed the door is counted, once."""
    if evidence.counted != evidence.passed:
        yield f"{evidence.passed} people passed the door, {evidence.counted} were counted"


INVARIANTS: dict[str, Check] = {
    "I1": one_checkout_per_key,
    "I2": nothing_lost_nothing_invented,
    "I3": stock_adds_up,
    "I4": nothing_leaks,
    "I5": orders_settle,
    "I6": everything_published,
    "I7": everything_taken,
    "I8": bells_ring_once,
    "I9": pushes_once,
    "I10": nothing_is_dead,
    "I11": money_adds_up,
    "I12": moves_are_allowed,
    "I13": copies_are_true,
    "I14": processes_recover,
    "I15": photos_are_seen,
    "I16": everybody_is_counted,
}


def check(ledger: Ledger, evidence: Evidence) -> dict[str, list[str]]:
    """The violations of each invariant; an empty list where it holds."""
    return {name: list(invariant(ledger, evidence)) for name, invariant in INVARIANTS.items()}


def violations(ledger: Ledger, evidence: Evidence) -> list[str]:
    """All violations, each with the name of its invariant."""
    return [f"{name}: {words}" for name, found in check(ledger, evidence).items() for words in found]
