"""An event consumer with inbox and a real write, while events wait, beside plain nameko's handler that does nothing."""

import asyncio
import json
import signal
import time
from collections.abc import Sequence

import aio_pika

import contracts
from bench import small
from bench.figures import Row, at_least
from bench.groups import averaged, spent
from bench.measure import interleave
from bench.world import World
from chassis.plain.publisher import bundles
from contracts.naming import event_exchange, event_queue
from yeshi_local.testing import until

EVENTS = {"bundles": 20_000, "singles": 6000, "nameko": 4000}
QUEUE = event_queue("notify")
PEER_EXCHANGE, PEER_TOPIC, PEER_QUEUE = "bench.events", "happened", "evt-bench-happened--echo.happened"


def run(world: World, rounds: int) -> Row:
    """The consumer is stopped while events are published, then let go: what is timed is events that wait."""
    row = Row("events", "event consumer with inbox and a real write, events waiting")
    dsn = small.database(world, "events")
    ours = small.example(world, world.bus, dsn)
    peer_vhost = world.vhost("echo-events")
    peer = small.echo(world, peer_vhost)
    costs: dict[str, list[dict[str, float]]] = {name: [] for name in EVENTS}

    def consume(name: str) -> float:
        small.rows(dsn, "TRUNCATE effects")
        ours.send(signal.SIGSTOP)
        asyncio.run(_publish(world.bus, EVENTS[name], single=name == "singles"))
        small.purge(world, event_queue("catalog"))
        roots = {"service": [ours.pid]} | {key: world.roots()[key] for key in ("rabbitmq", "postgres")}
        before, began = spent(roots), time.monotonic()
        ours.send(signal.SIGCONT)
        until(lambda: small.rows(dsn, "SELECT count(*) FROM effects")[0][0] == EVENTS[name], 60)
        took = time.monotonic() - began
        costs[name].append(spent(roots).since(before, EVENTS[name]))
        return EVENTS[name] / took

    def nameko() -> float:
        peer.send(signal.SIGSTOP)
        asyncio.run(_publish_plain(peer_vhost, EVENTS["nameko"]))
        roots = {"service": [peer.pid]} | {key: world.roots()[key] for key in ("rabbitmq", "postgres")}
        before, began = spent(roots), time.monotonic()
        peer.send(signal.SIGCONT)
        asyncio.run(_empty(peer_vhost))
        took = time.monotonic() - began
        costs["nameko"].append(spent(roots).since(before, EVENTS["nameko"]))
        return EVENTS["nameko"] / took

    rates = interleave(rounds, bundles=lambda: consume("bundles"), singles=lambda: consume("singles"), nameko=nameko)
    ours.kill()
    peer.kill()
    bundled = row.add("ours, bundles", "events/s", rates["bundles"])
    row.add("ours, a message an event", "events/s", rates["singles"])
    usual = row.add("plain nameko, nothing done", "events/s", rates["nameko"])
    row.cpu = {name: averaged(cost) for name, cost in costs.items()}
    row.verdicts = [at_least("bundles: times plain nameko", bundled.median / usual.median, 2, " ×")]
    return row


async def _publish(url: str, number: int, *, single: bool) -> None:
    rows = small.news(number)
    messages = [(one.body, contracts.EVENT_CONTENT_TYPE) for one in rows]
    if not single:
        together = bundles(rows)
        messages = [
            (contracts.encode_bundle(one.body for one in bundle.rows), contracts.BUNDLE_CONTENT_TYPE)
            for bundle in together
        ]
    await _send(url, event_exchange("users"), rows[0].topic, messages)


async def _publish_plain(url: str, number: int) -> None:
    body = json.dumps({"name": "量" * 80, "user_id": "0" * 36, "state": "approved"}).encode()
    await _send(url, PEER_EXCHANGE, PEER_TOPIC, [(body, "application/json")] * number)


async def _send(url: str, exchange_name: str, topic: str, messages: Sequence[tuple[bytes, str]]) -> None:
    async with await aio_pika.connect(url) as connection:
        channel = await connection.channel(publisher_confirms=True, on_return_raises=True)
        exchange = await channel.get_exchange(exchange_name, ensure=False)
        for start in range(0, len(messages), 500):
            sent = [
                exchange.publish(
                    aio_pika.Message(body, content_type=kind, content_encoding="utf-8", delivery_mode=2),
                    topic,
                    mandatory=True,
                )
                for body, kind in messages[start : start + 500]
            ]
            await asyncio.gather(*sent)


async def _empty(url: str) -> None:
    """Returns when the peer's queue holds nothing ready; the few messages in its hands are its prefetch."""
    async with await aio_pika.connect(url) as connection:
        channel = await connection.channel()
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            queue = await channel.declare_queue(PEER_QUEUE, passive=True)
            if not queue.declaration_result.message_count:
                return
            await asyncio.sleep(0.01)
    raise AssertionError("the peer did not take its events")
