"""The outbox relay: rows that are committed and wait, until the broker has confirmed them."""

import asyncio
import time
from collections.abc import Sequence

import aio_pika
from psycopg2.extras import execute_values

from bench import small
from bench.figures import Row, at_least
from bench.groups import averaged, spent
from bench.measure import interleave
from bench.world import World
from chassis import outbox
from chassis.aio.link import Link
from chassis.aio.publisher import Publisher
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
        rate = asyncio.run(_publisher(world.bus, small.news(ROWS)))
        purge()
        return rate

    def one_by_one() -> float:
        rate = asyncio.run(_pipelined(world.bus, small.news(ROWS // 4)))
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


async def _publisher(url: str, rows: Sequence[outbox.Row]) -> float:
    link = Link(url, "bench")
    publisher = Publisher(link)
    link.start()
    await link.ready(5)
    began = time.monotonic()
    for start in range(0, len(rows), BATCH):
        outcome = await publisher.publish(rows[start : start + BATCH])
        if len(outcome.confirmed) != len(rows[start : start + BATCH]):
            raise RuntimeError(f"not confirmed: {outcome.returned}")
    rate = len(rows) / (time.monotonic() - began)
    await link.close()
    return rate


async def _pipelined(url: str, rows: Sequence[outbox.Row]) -> float:
    """aio-pika as one would: persistent, mandatory, confirmed, so many under way."""
    connection = await aio_pika.connect(url)
    async with connection:
        channel = await connection.channel(publisher_confirms=True, on_return_raises=True)
        exchange = await channel.get_exchange(event_exchange("users"), ensure=False)
        began = time.monotonic()
        for start in range(0, len(rows), BATCH):
            messages = [
                (aio_pika.Message(one.body, delivery_mode=aio_pika.DeliveryMode.PERSISTENT), one.topic)
                for one in rows[start : start + BATCH]
            ]
            await asyncio.gather(*(exchange.publish(message, topic, mandatory=True) for message, topic in messages))
        return len(rows) / (time.monotonic() - began)
