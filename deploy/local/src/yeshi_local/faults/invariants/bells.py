"""Bells: who must hear what, once, in the list, on every stream, by LINE and by SNS."""

from collections import Counter, defaultdict
from collections.abc import Iterator

from yeshi_local.faults.evidence import Bell, Evidence, Step
from yeshi_local.faults.ledger import Ledger

#: By the move, from and to: what rings for whom. Who made the move hears nothing of it.
RINGS = {
    ("pending", "unpaid"): (("order.new", "seller"),),
    ("pending", "to_ship"): (("order.new", "seller"),),
    ("pending", "void"): (("order.voided", "buyer"), ("order.voided", "seller")),
    ("unpaid", "void"): (("order.voided", "buyer"), ("order.voided", "seller")),
    ("to_ship", "void"): (("order.voided", "buyer"), ("order.voided", "seller")),
    ("unpaid", "to_ship"): (("order.paid", "seller"),),
    ("to_ship", "shipping"): (("order.shipped", "buyer"),),
    ("shipping", "completed"): (("order.completed", "seller"),),
}
#: Its shop never heard of such an order, and hears nothing of its end.
NEVER_STOOD = frozenset({"out_of_stock", "price_changed", "not_listed"})


def due(evidence: Evidence, step: Step) -> Iterator[Bell]:
    """The bells of one step of an order of this run."""
    order = evidence.orders[step.order]
    people = {"buyer": order.buyer, "seller": order.seller}
    for kind, who in RINGS.get((step.before or "", step.after), ()):
        unheard = kind == "order.voided" and who == "seller" and step.reason in NEVER_STOOD
        if people[who] != step.by and not unheard:
            yield Bell(step.order, kind, people[who])


def bells_ring_once(_ledger: Ledger, evidence: Evidence) -> Iterator[str]:
    """I8: one bell per move of an order and recipient, and no other; counts agree; every stream shows each since it was
    opened, once, in order.
    """
    ours = (step for step in evidence.history if step.order in evidence.placed and step.order in evidence.orders)
    wanted = Counter(bell for step in ours for bell in due(evidence, step))
    rung = Counter(evidence.bells)
    for bell, count in (rung - wanted).items():
        yield f"{bell} rang {count} times too often"
    for bell in wanted - rung:
        yield f"{bell} never rang"
    for user, (rows, said) in evidence.unread.items():
        if rows != said:
            yield f"user {user} has {rows} unread, the API says {said}"
    for tab, stream in evidence.streamed.items():
        if stream.shown != sorted(set(stream.shown)):
            yield f"the stream of {tab} repeated or reordered: {stream.shown[:20]}"
        elif stream.shown != stream.due:
            missing, strange = set(stream.due) - set(stream.shown), set(stream.shown) - set(stream.due)
            yield f"the stream of {tab} never showed {sorted(missing)[:9]}, and made up {sorted(strange)[:9]}"


def pushes_once(_ledger: Ledger, evidence: Evidence) -> Iterator[str]:
    """I9: every bell of who is bound leaves once by each channel; LINE took each push once and under one key; SNS sent
    each on, no more often than it was tried; nothing is forgotten or given up.
    """
    yield from _every_bell_leaves(evidence)
    yield from _line(evidence)
    yield from _sns(evidence)
    if evidence.given_up:
        yield f"{evidence.given_up} deliveries were given up"
    overdue = sum(one.overdue for one in evidence.deliveries)
    if overdue:
        yield f"{overdue} deliveries wait with no next try"


def _every_bell_leaves(evidence: Evidence) -> Iterator[str]:
    leaving: dict[str, Counter[str]] = defaultdict(Counter)
    for one in evidence.deliveries:
        leaving[one.notification][one.channel] += 1
    for user, channels in evidence.bound.items():
        for notification in evidence.rung[user]:
            for channel in channels:
                if leaving[notification][channel] != 1:
                    yield f"notification {notification} has {leaving[notification][channel]} deliveries by {channel}"


def _line(evidence: Evidence) -> Iterator[str]:
    for key, count in Counter(key for key, _, _ in evidence.pushes).items():
        if count > 1:
            yield f"retry key {key} was accepted {count} times"
    for (link, user), count in Counter((link, user) for _, link, user in evidence.pushes).items():
        if count > 1:
            yield f"{link} was pushed {count} times to {user}"
    delivered = {one.retry_key for one in evidence.deliveries if (one.channel, one.state) == ("line", "delivered")}
    for key in delivered - {key for key, _, _ in evidence.pushes}:
        yield f"the push with retry key {key} is down as delivered, and LINE never got it"


def _sns(evidence: Evidence) -> Iterator[str]:
    """A topic has no keys: what was sent once more after a lost answer arrives once more."""
    if evidence.published is None:
        return
    sent = Counter(evidence.published)
    by_sns = {one.notification: one for one in evidence.deliveries if one.channel == "sns"}
    for notification, one in by_sns.items():
        if one.user in evidence.bound and one.state == "delivered" and not sent[notification]:
            yield f"notification {notification} is down as published, and SNS never sent it on"
    for notification, count in sent.items():
        tried = by_sns[notification].attempts if notification in by_sns else 0
        if count > tried:
            yield f"notification {notification} came {count} times by SNS, tried {tried} times"
