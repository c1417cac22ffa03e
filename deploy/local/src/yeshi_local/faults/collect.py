"""Reads the evidence out of a platform's databases, queues and doubles."""

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass

import pymongo

from contracts import orders, topics_heard_by
from yeshi_local.faults.evidence import Evidence, OrderRow, StockRow
from yeshi_local.faults.tabs import Tab
from yeshi_local.line.client import LineDouble
from yeshi_local.platform import DATABASES, Platform
from yeshi_local.story.people import Person

INBOXES = {"users": "users", "catalog": "catalog", "orders": "orders", "notify": "notify", "edge-gateway": "edge"}

ORDERS = """
    SELECT order_id::text, status, items_total, shipping_fee, total_price,
           (SELECT coalesce(sum(final_price * quantity), 0) FROM order_lines WHERE order_id = orders.order_id)::bigint,
           CASE status WHEN 'pending' THEN extract(epoch FROM now() - created_at) ELSE 0 END::float
      FROM orders
"""
STOCK = """
    SELECT variant_id::text, on_hand, reserved,
           (SELECT coalesce(sum(delta), 0) FROM stock_ledger WHERE variant_id = stock.variant_id)::bigint,
           (SELECT coalesce(sum(quantity), 0) FROM reservations
             WHERE variant_id = stock.variant_id AND state = 'held')::bigint
      FROM stock
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
FORGOTTEN = "SELECT count(*) FROM deliveries WHERE state = 'waiting' AND next_try_at < now() - interval '60 s'"

DELIVERED = "SELECT retry_key::text FROM deliveries WHERE channel = 'line' AND state = 'delivered'"


@dataclass(frozen=True)
class Before:
    """What was there before the load: other people's checkouts, restarts of other days."""

    checkouts: frozenset[tuple[str, str]]
    restarts: Mapping[str, int]
    killed: Mapping[str, int]
    given_up: int

    @classmethod
    def look(cls, platform: Platform) -> "Before":
        """Now."""
        restarts = {name: platform.restarts(name) for name in platform.names()}
        killed = {name: platform.killed(name) for name in platform.names()}
        return cls(frozenset(checkouts(platform)), restarts, killed, _given_up(platform))


def collect(
    platform: Platform,
    *,
    people: Sequence[Person],
    tabs: Sequence[Tab],
    kills: Mapping[str, int],
    before: Before,
) -> Evidence:
    """What there is now. `people` are asked for their unread counts, `tabs` for what their streams showed."""
    evidence = Evidence(kills=dict(kills))
    _orders(platform, evidence)
    _stock(platform, evidence)
    _events(platform, evidence)
    _bells(platform, evidence, people, tabs)
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


def _orders(platform: Platform, evidence: Evidence) -> None:
    evidence.orders = {row[0]: OrderRow(*row[1:]) for row in platform.rows("orders", ORDERS)}
    history = "SELECT order_id::text, version, from_status, to_status FROM order_history"
    evidence.history = [(row[0], row[1], row[2], row[3]) for row in platform.rows("orders", history)]


def _stock(platform: Platform, evidence: Evidence) -> None:
    evidence.stock = {row[0]: StockRow(*map(int, row[1:])) for row in platform.rows("catalog", STOCK)}
    for order, state in platform.rows("catalog", "SELECT order_id::text, state FROM reservations"):
        evidence.reservations.setdefault(order, set()).add(state)


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
    confirmed = """
        SELECT id::text, convert_from(body, 'UTF8')::jsonb #>> '{data,seller_id}' FROM outbox WHERE topic = %s
    """
    due = platform.rows("orders", confirmed, orders.OrderConfirmedV1.topic)
    evidence.bells_due = {(event, seller) for event, seller in due}
    rung = "SELECT event_id::text, user_id::text FROM notifications WHERE type = 'order.new'"
    evidence.bells = [(event, user) for event, user in platform.rows("notify", rung)]
    unread = "SELECT count(*) FROM notifications WHERE user_id = %s AND read_at IS NULL"
    for person in people:
        evidence.unread[person.user_id] = int(platform.rows("notify", unread, person.user_id)[0][0]), person.unread()
    evidence.streamed = {f"{tab.user_id} at {tab.url}, tab {n}": tab.seqs() for n, tab in enumerate(tabs, 1)}
    double = LineDouble(platform.values["line.url"])
    evidence.pushes = [(one["retry_key"], str(one["messages"]), str(one["to"])) for one in double.sends(kind="push")]
    double.close()
    evidence.delivered = {str(key) for (key,) in platform.rows("notify", DELIVERED)}
    evidence.stuck_deliveries = int(platform.rows("notify", FORGOTTEN)[0][0])


def _stale(platform: Platform, source: str, copy: str, what: str) -> list[str]:
    truth = {row[0]: row[1:] for row in platform.rows("catalog", source)}
    copies = {row[0]: row[1:] for row in platform.rows("orders", copy)}
    return [
        f"{what} of variant {variant}: {copies.get(variant)} in orders, {row} in catalog"
        for variant, row in truth.items()
        if copies.get(variant) != row
    ]
