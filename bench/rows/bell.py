"""From a checkout's scheduled moment to the bell on the seller's open stream: every order once."""

import asyncio
import time

import msgspec

from bench.buying import Bought, on_schedule
from bench.client import Stream
from bench.figures import Row, at_most, exactly, percentile
from bench.groups import averaged, spent
from bench.world import World

PATIENCE = 15.0  # seconds for the last bell
RATES = {50: 400, 400: 2000}  # orders a second: orders in a round


def run(world: World, rounds: int) -> Row:
    """All hops: gateway, orders, relay, catalog, relay, orders, relay, notify, relay, gateway."""
    row = Row("bell", "checkout due → bell on the seller's SSE stream, open loop, all hops")
    delays: dict[int, list[list[float]]] = {rate: [] for rate in RATES}
    accepted = missing = twice = refused = 0
    costs: dict[str, list[dict[str, float]]] = {}
    for number in range(rounds):
        for rate in list(RATES) if number % 2 == 0 else reversed(list(RATES)):
            world.market.renew()
            world.platform.settle()
            roots = world.roots()
            before = spent(roots)
            bought, heard = asyncio.run(_one(world, rate))
            costs.setdefault(f"{rate}/s", []).append(spent(roots).since(before, max(1, len(bought.orders))))
            accepted += len(bought.orders)
            refused += sum(count for status, count in bought.statuses.items() if not status.startswith("20"))
            missing += sum(1 for order_id in bought.orders if order_id not in heard)
            twice += sum(1 for order_id in bought.orders if len(heard.get(order_id, ())) > 1)
            delays[rate].append(
                [(heard[order_id][0] - due) * 1000 for order_id, due in bought.orders.items() if order_id in heard]
            )
    figures = {}
    for rate in RATES:
        for percent in (50, 99):
            values = [percentile(one, percent) for one in delays[rate]]
            figures[rate, percent] = row.add(f"{rate} orders/s, p{percent}", "ms", values)
        row.samples[f"{rate} orders/s, ms"] = [round(value, 1) for value in delays[rate][-1]]
    row.cpu = {name: averaged(cost) for name, cost in costs.items()}
    row.notes.append(f"{accepted:,} orders accepted, {refused} requests refused.")
    row.verdicts = [
        at_most("50 orders/s, p50", figures[50, 50].median, 25, " ms"),
        at_most("50 orders/s, p99", figures[50, 99].median, 60, " ms"),
        at_most("400 orders/s, p99", figures[400, 99].median, 150, " ms"),
        exactly("requests refused", refused, 0),
        exactly("bells missing", missing, 0),
        exactly("bells rung twice", twice, 0),
    ]
    return row


async def _all_heard(bought: Bought, heard: dict[str, list[float]]) -> None:
    """Returns when every order was heard of, or after some patience."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if all(order_id in heard for order_id in bought.orders):
            return
        await asyncio.sleep(0.05)


async def _one(world: World, rate: int) -> tuple[Bought, dict[str, list[float]]]:
    """One load, and when each order's bell was heard."""
    market = world.market
    heard: dict[str, list[float]] = {}

    def hear(event: bytes, data: bytes) -> None:
        if event == b"notification":
            order_id = msgspec.json.decode(data)["item"]["link"].rpartition("/")[2]
            heard.setdefault(order_id, []).append(time.monotonic())

    streams = [Stream(hear) for _ in market.sellers]
    for stream, seller in zip(streams, market.sellers, strict=True):
        await stream.open(world.url, "/v1/notifications/stream", seller.token)
    try:
        bought = await on_schedule(market, RATES[rate], rate)
        await _all_heard(bought, heard)
        await asyncio.sleep(0.3)  # what would ring twice has its time
        if any(stream.ended for stream in streams):
            raise RuntimeError("a stream ended under the load")
    finally:
        for stream in streams:
            stream.close()
    return bought, heard
