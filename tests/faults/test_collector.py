"""What is read off the platform is what is there: wrongs planted in its databases and queues are seen, then put right.

Everything that a run found in order is spoiled at once, so that one look shows each plant.
"""

import json
import urllib.parse
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager

from yeshi_local.faults.checker import check
from yeshi_local.faults.run import Plan, Run
from yeshi_local.platform import Platform
from yeshi_local.testing import until

SEED = 4  # always the same: there are orders that stand, bells of buyers and something of every kind to spoil
STANDING = """
    SELECT order_id::text FROM orders WHERE status = 'to_ship' AND order_id = ANY(%s::uuid[]) ORDER BY 1
"""
RUNG_FOR = "SELECT event_id::text FROM notifications WHERE link = %s AND type = 'order.new'"
ANY_BELL = "SELECT notification_id::text, user_id::text FROM notifications WHERE user_id = ANY(%s::uuid[]) LIMIT 1"


@contextmanager
def changed(platform: Platform, name: str, table: str, row: str, **columns: str) -> Iterator[None]:
    """One row says something else for the block."""
    with platform.database(name) as cursor:
        cursor.execute(f"SELECT to_jsonb(t) FROM {table} t WHERE {row}")
        [(before,)] = cursor.fetchall()
        cursor.execute(
            f"UPDATE {table} SET {', '.join(f'{name} = {value}' for name, value in columns.items())} WHERE {row}"
        )
        try:
            yield
        finally:
            names = ", ".join(columns)
            was = f"SELECT {names} FROM jsonb_populate_record(NULL::{table}, %s)"
            cursor.execute(f"UPDATE {table} SET ({names}) = ({was}) WHERE {row}", (json.dumps(before),))


@contextmanager
def without(platform: Platform, name: str, table: str, row: str) -> Iterator[None]:
    """One row is not there for the block."""
    with platform.database(name) as cursor:
        cursor.execute(f"DELETE FROM {table} t WHERE {row} RETURNING to_jsonb(t)")
        [(before,)] = cursor.fetchall()
        try:
            yield
        finally:
            record = f"SELECT * FROM jsonb_populate_record(NULL::{table}, %s)"
            cursor.execute(f"INSERT INTO {table} {record}", (json.dumps(before),))


@contextmanager
def a_dead_message(platform: Platform) -> Iterator[None]:
    """Nobody could read it."""
    exchange = f"/api/exchanges/{urllib.parse.quote('yeshi', safe='')}/amq.default/publish"
    message = {"properties": {}, "routing_key": "dead", "payload": "planted", "payload_encoding": "string"}
    assert platform.rabbitmq.api("POST", exchange, message)["routed"]
    until(lambda: platform.queues().get("dead") == 1)
    try:
        yield
    finally:
        platform.purge("dead")


@contextmanager
def frozen(platform: Platform, name: str) -> Iterator[None]:
    """So that it does not act on what is planted."""
    platform.freeze(name)
    try:
        yield
    finally:
        platform.freeze(name, False)


def of_a_run(platform: Platform, run: Run) -> Iterator[tuple[str, AbstractContextManager[None]]]:
    """How the violation begins that must be seen, and what brings it about."""
    placed = list(run.look().placed)
    first, second, third = (order for (order,) in platform.rows("orders", STANDING, placed)[:3])
    one, another, *_ = run.market.stalls[0].variants
    buyers = [buyer.user_id for buyer in run.market.crowd]
    [(event,)] = platform.rows("notify", RUNG_FOR, f"/seller/orders/{first}")
    [(bell, listener)] = platform.rows("notify", ANY_BELL, buyers)
    [(delivery,)] = platform.rows("notify", "SELECT delivery_id::text FROM deliveries ORDER BY 1 DESC LIMIT 1")
    [(checkout,)] = platform.rows("orders", "SELECT checkout_id::text FROM orders WHERE order_id = %s", first)

    def spoilt(name: str, table: str, row: str, **columns: str) -> AbstractContextManager[None]:
        return changed(platform, name, table, row, **columns)

    yield "I2: buyer", spoilt("orders", "checkouts", f"checkout_id = '{checkout}'", idempotency_key="'planted'")
    yield f"I3: variant {one}: ", spoilt("catalog", "stock", f"variant_id = '{one}'", on_hand="on_hand + 1")
    yield f"I4: variant {another}: ", spoilt("catalog", "stock", f"variant_id = '{another}'", reserved="reserved - 1")
    yield f"I5: order {second}", spoilt("catalog", "reservations", _line(second), state="'released'")
    yield "I7: notify", without(platform, "notify", "inbox", f"event_id = '{event}'")
    yield "I8: Bell", without(platform, "notify", "notifications", f"notification_id = '{bell}'")
    yield f"I8: user {listener}", spoilt("notify", "bell_state", f"user_id = '{listener}'", unread="unread + 5")
    waiting = {"state": "'waiting'", "next_try_at": "now() - interval '2 minutes'"}
    yield "I9: 1 deliveries wait", spoilt("notify", "deliveries", f"delivery_id = '{delivery}'", **waiting)
    yield "I10: 1 messages", a_dead_message(platform)
    yield (
        f"I11: order {third}",
        spoilt("orders", "order_lines", _line(third), quantity="9"),
    )
    gap = f"order_id = '{third}' AND version = 2"
    yield f"I12: the history of order {third}", without(platform, "orders", "order_history", gap)
    yield f"I13: offer of variant {one}", spoilt("orders", "offers", f"variant_id = '{one}'", price="price + 1")


def test_wrongs_on_the_platform_are_seen_and_nothing_else_is(platform, logs, tmp_path):
    run = Run(platform, Plan(orders=24, rate=12, seed=SEED))
    assert run.play(tmp_path / "ledger.jsonl").bad() == []
    with ExitStack() as stack:
        stack.enter_context(frozen(platform, "notify-work"))
        planted = []
        for beginning, plant in list(of_a_run(platform, run)):
            planted.append(beginning)
            stack.enter_context(plant)
        seen = _found(run)
    assert [beginning for beginning in planted if not any(words.startswith(beginning) for words in seen)] == []
    assert _found(run) == []


def _line(order: str) -> str:
    return f"order_id = '{order}' AND line_id = '1'"


def _found(run: Run) -> list[str]:
    return [f"{name}: {words}" for name, found in check(run.ledger, run.look()).items() for words in found]
