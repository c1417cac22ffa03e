"""The outbox relay: rows that are committed and wait, until the broker has confirmed them."""

import time
from collections.abc import Sequence

import amqp
import kombu
from psycopg2.extras import execute_values

from bench import small
from bench.figures import Row, at_least
from bench.groups import averaged, spent
from bench.measure import interleave
from bench.world import World
from chassis import outbox
from chassis.plain.publisher import Publisher
from chassis.relay import BATCH
from contracts import users
from contracts.naming import event_exchange, event_queue
from yeshi_local.testing import until

ROWS = 20_000
INSERT = "INSERT INTO outbox (id, topic, body) VALUES %s"


def run(world: World, rounds: int) -> Row:
    """The relay, its own publisher given rows from memory, and its client one message an event."""
    row = Row("relay", "outbox rows committed → confirmed by the broker")
    dsn = small.database(world, "relay")
    costs: list[dict[str, float]] = []

    def purge() -> None:
        for consumer in users.SellerChangedV1.heard_by:
            small.purge(world, event_queue(consumer))

    def ours() -> float:
        small.rows(dsn, "TRUNCATE outbox")
        _insert(dsn, small.news(ROWS))
        began = time.monotonic()
        relay = small.relay(world, world.bus, dsn)
        first = until(lambda: small.rows(dsn, "SELECT min(published_at) FROM outbox")[0][0])
        until(lambda: not small.rows(dsn, "SELECT 1 FROM outbox WHERE published_at IS NULL LIMIT 1"), 60)
        last, late = small.rows(
            dsn, "SELECT max(published_at), count(*) FILTER (WHERE published_at > %s) FROM outbox", first
        )[0]
        roots = {"relay": [relay.pid]}
        costs.append({name: seconds / ROWS * 1000 for name, seconds in spent(roots).seconds.items()})
        assert time.monotonic() > began
        relay.kill()
        purge()
        return float(late) / (last - first).total_seconds()  # the first batch marks the start

    def from_memory() -> float:
        rate = _publisher(world.bus, small.news(ROWS))
        purge()
        return rate

    def one_by_one() -> float:
        rate = _pipelined(world.bus, small.news(ROWS // 4))
        purge()
        return rate

    rates = interleave(rounds, ours=ours, from_memory=from_memory, one_by_one=one_by_one)
    relay = row.add("relay", "rows/s", rates["ours"])
    memory = row.add("its publisher, rows from memory, bundled", "rows/s", rates["from_memory"])
    single = row.add("its client, pipelined, a message an event", "rows/s", rates["one_by_one"])
    row.cpu = {"relay": averaged(costs)}
    row.verdicts = [
        at_least("rows confirmed", relay.median, 5000, "/s"),
        at_least("of its client's pipelined publish", relay.median / single.median * 100, 50, " %"),
        at_least("of its publisher with bundles, rows from memory", relay.median / memory.median * 100, 50, " %"),
    ]
    return row


def _insert(dsn: str, rows: Sequence[outbox.Row]) -> None:
    import contextlib

    import psycopg2

    with contextlib.closing(psycopg2.connect(dsn)) as connection, connection, connection.cursor() as cursor:
        execute_values(cursor, INSERT, [(str(one.id), one.topic, one.body) for one in rows], page_size=1000)


def _publisher(url: str, rows: Sequence[outbox.Row]) -> float:
    publisher = Publisher(url, "bench")
    publisher.connect()
    began = time.monotonic()
    for start in range(0, len(rows), BATCH):
        outcome = publisher.publish(rows[start : start + BATCH])
        if len(outcome.confirmed) != len(rows[start : start + BATCH]):
            raise RuntimeError(f"not confirmed: {outcome.returned}")
    rate = len(rows) / (time.monotonic() - began)
    publisher.close()
    return rate


def _pipelined(url: str, rows: Sequence[outbox.Row]) -> float:
    """py-amqp as one would: persistent, mandatory, confirmed, so many under way."""
    with kombu.Connection(url) as connection:
        channel = connection.channel()
        channel.confirm_select()
        confirmed = 0

        def count(tag: int, _multiple: bool) -> None:
            nonlocal confirmed
            confirmed = max(confirmed, tag)

        channel.events["basic_ack"].add(count)
        began = time.monotonic()
        for start in range(0, len(rows), BATCH):
            batch = rows[start : start + BATCH]
            for one in batch:
                channel.basic_publish(
                    amqp.Message(one.body, delivery_mode=2), event_exchange("users"), one.topic, mandatory=True
                )
            while confirmed < start + len(batch):
                connection.drain_events(timeout=5)
        return len(rows) / (time.monotonic() - began)
