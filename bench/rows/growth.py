"""Flat growth: what an order costs and how long a page takes, with a thousand orders there and with a million."""

import asyncio
import time

from bench.buying import check_out_only
from bench.client import Client
from bench.figures import Row, at_most, percentile
from bench.groups import averaged, spent
from bench.world import ROOT, World

SMALL, LARGE = 1_000, 1_000_000
STEP = 100_000
SECONDS, PAGES = 3, 200
FILL = (ROOT / "bench" / "raw" / "orders.sql").read_text()


def run(world: World, rounds: int) -> Row:
    """The orders are written straight into the tables, for one seller and one buyer with every status."""
    row = Row("growth", f"cost with {SMALL:,} and with {LARGE:,} orders")
    costs: dict[int, list[dict[str, float]]] = {SMALL: [], LARGE: []}
    pages: dict[tuple[int, str], list[float]] = {}
    rates: dict[int, list[float]] = {SMALL: [], LARGE: []}
    began = time.monotonic()
    for size in (SMALL, LARGE):
        _fill(world, size)
        for _ in range(rounds):
            world.market.renew()
            world.platform.settle()
            roots = world.roots()
            before = spent(roots)
            bought = asyncio.run(check_out_only(world.market, SECONDS))
            costs[size].append(spent(roots).since(before, max(1, bought.settled)))
            rates[size].append(bought.rate)
            world.quiet()  # a page is not asked for while the load's last bells and mirrors are under way
            for what, milliseconds in asyncio.run(_pages(world)).items():
                pages.setdefault((size, what), []).append(percentile(milliseconds, 99))
    for size in (SMALL, LARGE):
        row.add(f"orders/s with {size:,}", "orders/s", rates[size])
        row.add(f"PostgreSQL with {size:,}", "ms CPU/order", [one["postgres"] for one in costs[size]])
    for (size, what), values in pages.items():
        row.add(f"{what} with {size:,}, p99", "ms", values)
    row.cpu = {f"{size:,} orders": averaged(cost) for size, cost in costs.items()}
    row.notes.append(f"All of it took {time.monotonic() - began:.0f} s.")
    medians = {one.name: one.median for one in row.series}
    growth = medians[f"PostgreSQL with {LARGE:,}"] / medians[f"PostgreSQL with {SMALL:,}"]
    row.verdicts = [
        at_most("PostgreSQL's CPU per order, growth", growth, 1.25, " ×"),
        at_most("first page, p99", medians[f"first page with {LARGE:,}, p99"], 30, " ms"),
        at_most("page in the middle, p99", medians[f"page in the middle with {LARGE:,}, p99"], 30, " ms"),
        at_most("first page of a tab, p99", medians[f"first page of a tab with {LARGE:,}, p99"], 30, " ms"),
        at_most(
            "page in the middle of a tab, p99", medians[f"page in the middle of a tab with {LARGE:,}, p99"], 30, " ms"
        ),
    ]
    return row


def _fill(world: World, size: int) -> None:
    """So many orders of the first seller and the first buyer are there, the ids spread over the last year."""
    market = world.market
    with world.platform.database("orders") as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute("SELECT count(*) FROM orders WHERE shop_name = 'growth'")
        there = cursor.fetchone()[0]
        for first in range(there, size, STEP):
            values = {
                "first": first,
                "last": min(first + STEP, size) - 1,
                "shop": market.shops[0],
                "seller": market.sellers[0].user_id,
                "buyer": market.buyers[0].user_id,
            }
            cursor.execute(FILL, values)
        cursor.execute("VACUUM ANALYZE orders, order_lines, order_history")
    world.flush()


async def _pages(world: World) -> dict[str, list[float]]:
    """Milliseconds of pages of the seller's orders, asked one after the other."""
    client = Client(world.url, world.market.sellers[0].token)
    middle = (await asyncio.to_thread(world.platform.rows, "orders", MIDDLE, world.market.shops[0]))[0][0]
    asked = {
        "first page": "/v1/seller/orders?limit=20",
        "page in the middle": f"/v1/seller/orders?limit=20&cursor={middle}",
        "first page of a tab": "/v1/seller/orders?limit=20&status=completed",
        "page in the middle of a tab": f"/v1/seller/orders?limit=20&status=completed&cursor={middle}",
    }
    found: dict[str, list[float]] = {what: [] for what in asked}
    for _ in range(PAGES):
        for what, path in asked.items():
            began = time.monotonic()
            answer = await client.ask("GET", path)
            found[what].append((time.monotonic() - began) * 1000)
            if not answer["items"]:
                raise RuntimeError(f"{what} is empty")
    client.close()
    return found


MIDDLE = """
    SELECT order_id::text FROM orders WHERE shop_id = %s
     ORDER BY order_id OFFSET (SELECT count(*) / 2 FROM orders WHERE shop_name = 'growth') LIMIT 1
"""
