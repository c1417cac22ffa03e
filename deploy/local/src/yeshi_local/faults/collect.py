"""Reads the evidence out of a platform's databases, queues and doubles."""

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass

import pymongo

from contracts import topics_heard_by
from yeshi_local.faults.evidence import Bell, Delivery, Evidence, Line, OrderRow, Reservation, Step, StockRow, Stream
from yeshi_local.faults.tabs import Tab
from yeshi_local.line.client import LineDouble
from yeshi_local.platform import DATABASES, Platform
from yeshi_local.story.people import Person

INBOXES = {"users": "users", "catalog": "catalog", "orders": "orders", "notify": "notify", "edge-gateway": "edge"}

ORDERS = """
    SELECT order_id::text, status, items_total, shipping_fee, total_price,
           (SELECT coalesce(sum(final_price * quantity), 0) FROM order_lines WHERE order_id = orders.order_id)::bigint,
           version, buyer_id::text, seller_id::text, payment_method, void_reason,
           CASE WHEN status = 'unpaid' AND payment_status <> 'confirming'
                THEN greatest(0, extract(epoch FROM now() - pay_before)) ELSE 0 END::float
      FROM orders
"""
PLACED = """
    SELECT order_id::text, orders.buyer_id::text, coalesce(idempotency_key, '')
      FROM orders LEFT JOIN checkouts USING (checkout_id)
"""
LINES = "SELECT order_id::text, line_id, variant_id::text, quantity FROM order_lines"
HISTORY = "SELECT order_id::text, version, from_status, to_status, by_user::text, reason FROM order_history"
STOCK = """
    SELECT variant_id::text, on_hand, reserved,
           (SELECT coalesce(sum(delta), 0) FROM stock_ledger WHERE variant_id = stock.variant_id)::bigint,
           (SELECT coalesce(sum(quantity), 0) FROM reservations
             WHERE variant_id = stock.variant_id AND state = 'held')::bigint,
           (SELECT coalesce(sum(delta), 0) FROM stock_ledger
             WHERE variant_id = stock.variant_id AND reason <> 'shipped')::bigint
      FROM stock
"""
RESERVATIONS = """
    SELECT order_id::text, line_id, variant_id::text, quantity, state,
           extract(epoch FROM created_at)::float, extract(epoch FROM changed_at)::float
      FROM reservations
"""
OFFERED = """
    SELECT v.variant_id::text, v.price_version, v.price, v.discount,
           p.state = 'listed' AND NOT v.deleted AND NOT s.closed AND NOT s.suspended
      FROM variants v JOIN products p USING (product_id) JOIN shops s USING (shop_id)
"""
COPIED = """
    SELECT variant_id::text, price_version, price, discount, listed AND shops.state = 'open'
      FROM offers JOIN shops USING (shop_id)
"""
LEFT = "SELECT variant_id::text, version, on_hand - reserved FROM stock"
HINTED = "SELECT variant_id::text, version, available FROM stock_hints"
BELLS = "SELECT substring(link FROM '[^/]*$'), type, user_id::text FROM notifications WHERE type LIKE 'order.%'"
UNREAD = "SELECT count(*) FROM notifications WHERE user_id = %s AND read_at IS NULL"
RUNG = "SELECT notification_id::text FROM notifications WHERE user_id = %s"
SEQS = "SELECT seq FROM notifications WHERE user_id = %s AND seq > %s ORDER BY seq"
DELIVERIES = """
    SELECT notification_id::text, user_id::text, channel, state, retry_key::text, attempts,
           state = 'waiting' AND next_try_at < now() - interval '60 s'
      FROM deliveries
"""


@dataclass(frozen=True)
class Before:
    """What was there before the load: other people's checkouts and orders, restarts of other days."""

    checkouts: frozenset[tuple[str, str]]
    orders: frozenset[str]
    restarts: Mapping[str, int]
    killed: Mapping[str, int]
    given_up: int

    @classmethod
    def look(cls, platform: Platform) -> "Before":
        """Now."""
        restarts = {name: platform.restarts(name) for name in platform.names()}
        killed = {name: platform.killed(name) for name in platform.names()}
        orders = frozenset(row[0] for row in platform.rows("orders", "SELECT order_id::text FROM orders"))
        return cls(frozenset(checkouts(platform)), orders, restarts, killed, _given_up(platform))


def collect(
    platform: Platform,
    *,
    people: Sequence[Person],
    bound: Mapping[str, set[str]],
    tabs: Sequence[Tab],
    kills: Mapping[str, int],
    before: Before,
) -> Evidence:
    """What there is now. `people` are asked for their unread counts, `tabs` for what their streams showed; the bells of
    who is `bound` leave by these channels.
    """
    evidence = Evidence(kills=dict(kills), bound=dict(bound))
    _orders(platform, evidence, before)
    _stock(platform, evidence)
    _events(platform, evidence)
    _bells(platform, evidence, people, tabs)
    _deliveries(platform, evidence)
    evidence.stale_copies = [*_stale(platform, OFFERED, COPIED, "offer"), *_stale(platform, LEFT, HINTED, "stock")]
    evidence.given_up = _given_up(platform) - before.given_up
    evidence.checkouts = [one for one in checkouts(platform) if one not in before.checkouts]
    evidence.restarts = {name: platform.restarts(name) - before.restarts[name] for name in platform.names()}
    evidence.not_ready = [name for name in platform.names() if not platform.is_ready(name)]
    return evidence


def checkouts(platform: Platform) -> list[tuple[str, str]]:
    """(buyer, key) of every stored checkout."""
    keys = "SELECT buyer_id::text, idempotency_key FROM checkouts WHERE idempotency_key IS NOT NULL"
    return [(buyer, key) for buyer, key in platform.rows("orders", keys)]


def _given_up(platform: Platform) -> int:
    return int(platform.rows("notify", "SELECT count(*) FROM deliveries WHERE state = 'given_up'")[0][0])


def _orders(platform: Platform, evidence: Evidence, before: Before) -> None:
    evidence.orders = {row[0]: OrderRow(*row[1:]) for row in platform.rows("orders", ORDERS)}
    found = {order: (buyer, key) for order, buyer, key in platform.rows("orders", PLACED)}
    evidence.placed = {order: name for order, name in found.items() if order not in before.orders}
    evidence.lines = {Line(*row) for row in platform.rows("orders", LINES)}
    evidence.history = [Step(*row) for row in platform.rows("orders", HISTORY)]


def _stock(platform: Platform, evidence: Evidence) -> None:
    evidence.stock = {row[0]: StockRow(*map(int, row[1:])) for row in platform.rows("catalog", STOCK)}
    found = platform.rows("catalog", RESERVATIONS)
    evidence.reservations = [Reservation(Line(*row[:4]), *row[4:]) for row in found]


def _events(platform: Platform, evidence: Evidence) -> None:
    written: dict[str, set[str]] = {}
    for name in DATABASES:
        for event, topic in platform.rows(name, "SELECT id::text, topic FROM outbox"):
            written.setdefault(topic, set()).add(event)
    with closing(pymongo.MongoClient(platform.values["mongo.url"])) as client:  # type: ignore[var-annotated]
        media = client["media"]
        for row in media["outbox"].find({}, {"topic": 1}):
            written.setdefault(row["topic"], set()).add(str(row["_id"]))
        evidence.unpublished = platform.unpublished() + media["outbox"].count_documents({"waiting": True})
        evidence.taken["media"] = {row["_id"].rpartition(":")[2] for row in media["inbox"].find({}, {"_id": 1})}
    for consumer, name in INBOXES.items():
        evidence.taken[consumer] = {row[0] for row in platform.rows(name, "SELECT event_id::text FROM inbox")}
    for consumer in evidence.taken:
        heard = (written.get(topic, set()) for topic in topics_heard_by(consumer))
        evidence.expected[consumer] = set().union(*heard)
    evidence.dead = platform.queues().get("dead", 0)


def _bells(platform: Platform, evidence: Evidence, people: Sequence[Person], tabs: Sequence[Tab]) -> None:
    bells = (Bell(*row) for row in platform.rows("notify", BELLS))
    evidence.bells = [bell for bell in bells if bell.order in evidence.placed]
    for person in people:
        rows = int(platform.rows("notify", UNREAD, person.user_id)[0][0])
        evidence.unread[person.user_id] = rows, person.unread()
    for number, tab in enumerate(tabs, 1):
        due = seqs_after(platform, tab.user_id, tab.since)
        evidence.streamed[f"{tab.user_id} at {tab.url}, tab {number}"] = Stream(due, tab.seqs())


def seqs_after(platform: Platform, user_id: str, seq: int) -> list[int]:
    """The seqs of a user's notifications after one, as stored, in order."""
    return [int(found) for (found,) in platform.rows("notify", SEQS, user_id, seq)]


def _deliveries(platform: Platform, evidence: Evidence) -> None:
    for user in evidence.bound:
        evidence.rung[user] = {row[0] for row in platform.rows("notify", RUNG, user)}
    evidence.deliveries = [Delivery(*row) for row in platform.rows("notify", DELIVERIES)]
    double = LineDouble(platform.values["line.url"])
    evidence.pushes = [(one["retry_key"], str(one["messages"]), str(one["to"])) for one in double.sends(kind="push")]
    double.close()


def _stale(platform: Platform, source: str, copy: str, what: str) -> list[str]:
    truth = {row[0]: row[1:] for row in platform.rows("catalog", source)}
    copies = {row[0]: row[1:] for row in platform.rows("orders", copy)}
    return [
        f"{what} of variant {variant}: {copies.get(variant)} in orders, {row} in catalog"
        for variant, row in truth.items()
        if copies.get(variant) != row
    ]
