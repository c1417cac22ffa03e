"""Search: two Chinese characters among 100,000 products, through the gateway, beside a scan with LIKE."""

import asyncio
import random
import time
from collections.abc import Callable
from urllib.parse import quote

from bench.client import Client
from bench.figures import Row, at_least, at_most, exactly, percentile
from bench.groups import averaged, spent
from bench.measure import interleave
from bench.world import ROOT, World
from catalog.adapters.postgres_reader import PostgresReader
from catalog.adapters.postgres_search import SETTINGS
from catalog.adapters.product_rows import FROM, LIVE_VARIANTS, product_of
from catalog.domain.search import Query, Sort
from chassis.postgres import Pool

PRODUCTS, STEP = 100_000, 10_000
RATE, SECONDS = 50, 6  # questions a second, and how long
LANES = 16  # connections
STATEMENTS = 20  # of one round, one after the other
FILL = (ROOT / "bench" / "raw" / "products.sql").read_text()
FIRST = [
    "高山",
    "凍頂",
    "手工",
    "日式",
    "北歐",
    "復古",
    "經典",
    "輕量",
    "防水",
    "無線",
    "智慧",
    "純棉",
    "有機",
    "特級",
    "大容",
    "迷你",
    "可愛",
    "質感",
    "限量",
    "台灣",
]
SECOND = [
    "烏龍",
    "紅茶",
    "咖啡",
    "餅乾",
    "外套",
    "長褲",
    "洋裝",
    "背包",
    "皮夾",
    "耳機",
    "手機",
    "鍵盤",
    "水壺",
    "茶壺",
    "枕頭",
    "毛巾",
    "檯燈",
    "書桌",
    "玩具",
    "帽子",
]
WORDS = [*FIRST, *SECOND, *(one[0] + other[1] for one, other in zip(FIRST, reversed(SECOND), strict=True))]
WORDS += [one[1] + other[0] for one in FIRST[:12] for other in SECOND[:14]]

# The same page in the same order, found as one would without an index of characters, and read as ours is.
SCAN = f"""
    WITH hits AS MATERIALIZED (
        SELECT found.product_id FROM products found JOIN shops open USING (shop_id)
         WHERE found.state = 'listed' AND NOT (open.closed OR open.suspended)
           AND found.name LIKE '%%' || %(word)s || '%%'
         ORDER BY (found.name = %(word)s)::int * 2 + (left(found.name, 2) = %(word)s)::int DESC, found.product_id DESC
         LIMIT 21)
    SELECT {LIVE_VARIANTS} {FROM} JOIN hits USING (product_id)
"""


def run(world: World, rounds: int) -> Row:
    """Products are written straight into the tables; every question is one of their words."""
    row = Row("search", f"two Chinese characters among {PRODUCTS:,} products")
    fill(world)
    pool = Pool(world.platform.values["postgres.catalog"], size=1, name="bench-search", settings=SETTINGS)
    reader = PostgresReader(pool)
    late: list[list[float]] = []
    costs: list[dict[str, float]] = []
    failed = 0
    with world.platform.database("catalog") as cursor:

        def ours() -> float:
            return _median(lambda word: reader.search(Query((word,), sort=Sort.RELEVANCE), None, 21))

        def scan() -> float:
            def page(word: str) -> None:
                cursor.execute(SCAN, {"word": word})
                for row in cursor.fetchall():
                    product_of(row)

            return _median(page)

        for _ in range(rounds):
            world.quiet()
            roots = world.roots()
            before = spent(roots)
            milliseconds, refused = asyncio.run(_ask(world.url))
            costs.append(spent(roots).since(before, max(1, len(milliseconds))))
            late.append(milliseconds)
            failed += refused
        alone = interleave(rounds, ours=ours, scan=scan)
    pool.close()
    for percent in (50, 99):
        row.add(f"{RATE} questions/s through the gateway, p{percent}", "ms", [percentile(one, percent) for one in late])
    found = row.add("the page from the database alone", "ms", alone["ours"])
    scanned = row.add("the page by a scan with LIKE", "ms", alone["scan"])
    row.cpu = {"question": averaged(costs)}
    row.samples["ms"] = [round(value, 1) for value in late[-1]]
    medians = {one.name: one.median for one in row.series}
    row.verdicts = [
        at_most("p99", medians[f"{RATE} questions/s through the gateway, p99"], 50, " ms"),
        at_least("times as fast as the scan", scanned.median / found.median, 20, " ×"),
        exactly("questions refused", failed, 0),
    ]
    return row


def fill(world: World) -> None:
    """So many products are there."""
    market = world.market
    with world.platform.database("catalog") as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute("SELECT count(*) FROM products")
        there = cursor.fetchone()[0]
        cursor.execute("SELECT category_id FROM products LIMIT 1")
        category = cursor.fetchone()[0]
        for first in range(there, PRODUCTS, STEP):
            last = min(first + STEP, PRODUCTS) - 1
            values = {"first": first, "last": last, "words": WORDS, "shops": market.shops, "category": category}
            cursor.execute(FILL, values)
        cursor.execute("VACUUM ANALYZE shops, products, variants, stock, product_sales")
    world.flush()


def _median(question: Callable[[str], object]) -> float:
    """Milliseconds of a question about one word after another."""
    taken = []
    for word in random.Random(7).sample(WORDS, STATEMENTS):
        began = time.monotonic()
        question(word)
        taken.append((time.monotonic() - began) * 1000)
    return percentile(taken, 50)


async def _ask(url: str) -> tuple[list[float], int]:
    """Milliseconds from when each question was due, and how many were refused. Open loop."""
    free: asyncio.Queue[Client] = asyncio.Queue()
    for _ in range(LANES):
        free.put_nowait(Client(url))
    taken: list[float] = []
    refused = 0
    chance = random.Random(11)

    async def one(due: float, path: str) -> None:
        nonlocal refused
        client = await free.get()
        answer = await client.send("GET", path)
        free.put_nowait(client)
        taken.append((time.monotonic() - due) * 1000)
        refused += answer.status != 200 or not answer.json()["items"]

    began = time.monotonic()
    async with asyncio.TaskGroup() as group:
        for number in range(RATE * SECONDS):
            due = began + number / RATE
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            group.create_task(one(due, f"/v1/products?q={quote(chance.choice(WORDS))}&limit=20"))
    while not free.empty():
        free.get_nowait().close()
    return taken, refused
