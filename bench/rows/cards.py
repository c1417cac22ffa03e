"""From a committed product change to the card of every gateway, and what cards say once the bus is dead."""

import asyncio
import time

from bench.client import Client
from bench.figures import Row, at_most, percentile
from bench.world import World
from yeshi_local.testing import until

CHANGES = 100  # in each round
EVERY = 0.03  # seconds between changes
LOOK_EVERY = 0.001
FROZEN = 2.5  # seconds


def run(world: World, rounds: int) -> Row:
    """Two gateways. Times begin with the transaction that changed the product, on the database's clock."""
    row = Row("cards", "product change committed → the card of each of two gateways; a dead bus")
    world.both()
    world.market.renew()
    try:
        delays = [asyncio.run(_changes(world)) for _ in range(rounds)]
        late = [asyncio.run(_frozen(world)) * 1000 for _ in range(rounds)]
    finally:
        world.alone()
    row.add("change to card, p50", "ms", [percentile(one, 50) for one in delays])
    p99 = row.add("change to card, p99", "ms", [percentile(one, 99) for one in delays])
    row.add("change to card, slowest", "ms", [max(one) for one in delays])
    stale = row.add("bus frozen to the last answer without a mark", "ms", late)
    row.notes.append(f"{CHANGES} changes a round, seen at both gateways by asking every {LOOK_EVERY * 1000:g} ms.")
    row.samples["change to card, ms"] = [round(value, 2) for one in delays for value in one]
    row.verdicts = [
        at_most("change to card, p99", p99.median, 50, " ms"),
        at_most("answers are marked stale or 503 after", max(stale.values), 1000, " ms"),
    ]
    return row


async def _changes(world: World) -> list[float]:
    """Milliseconds of each change at each gateway."""
    market = world.market
    product = market.products[-1]
    path = f"/v1/products/{product.product_id}"
    seller = Client(world.url, market.sellers[market.shops.index(product.shop_id)].token)
    first = (await seller.ask("GET", path))["version"]
    seen: list[dict[int, float]] = [{} for _ in world.platform.gateways]
    last = first + CHANGES
    watching = [
        asyncio.create_task(_watch(url, path, last, found))
        for url, found in zip(world.platform.gateways, seen, strict=True)
    ]
    for number in range(CHANGES):
        await seller.ask("PATCH", path, {"desc": f"量測用，第 {number} 次改寫，{time.time_ns()}。"})
        await asyncio.sleep(EVERY)
    async with asyncio.timeout(20):
        await asyncio.gather(*watching)
    seller.close()
    query = """
        SELECT (convert_from(body, 'UTF8')::json -> 'data' ->> 'version')::integer, extract(epoch FROM created_at)
          FROM outbox WHERE topic = 'catalog.product_changed.v1' AND id > %s
           AND convert_from(body, 'UTF8')::json ->> 'subject' = %s
    """
    since = _an_id_of(time.time() - 60 - CHANGES)
    committed = {
        version: float(at)
        for version, at in world.platform.rows("catalog", query, since, product.product_id)
        if first < version <= last
    }
    if len(committed) != CHANGES:
        raise RuntimeError(f"{len(committed)} of {CHANGES} changes were committed")
    return [(_first_with(found, version) - at) * 1000 for found in seen for version, at in committed.items()]


async def _watch(url: str, path: str, last: int, seen: dict[int, float]) -> None:
    """Remembers when each version was first answered."""
    client = Client(url)
    version = 0
    while version < last:
        answer = await client.send("GET", path)
        etag = (answer.header(b"etag") or b'"c0').decode()
        found = int(etag.lstrip('w/"').removeprefix("c").partition(".")[0])
        if found > version:
            version = found
            seen[version] = time.time()
        await asyncio.sleep(LOOK_EVERY)
    client.close()


async def _frozen(world: World) -> float:
    """Seconds until no unmarked answer was given any more, counted from the broker's last breath."""
    path = f"/v1/products/{world.market.products[0].product_id}"
    client = Client(world.url)
    unmarked = 0.0
    await client.ask("GET", path)
    world.platform.freeze("server-rabbitmq")
    began = time.monotonic()
    try:
        while time.monotonic() - began < FROZEN:
            answer = await client.send("GET", path)
            if answer.status != 503 and answer.header(b"warning") is None:
                unmarked = time.monotonic() - began
            await asyncio.sleep(LOOK_EVERY * 5)
    finally:
        world.platform.freeze("server-rabbitmq", frozen=False)
        client.close()
    await asyncio.to_thread(world.platform.wait_all)
    await asyncio.to_thread(until, lambda: _fresh(world, path), 30)
    return unmarked


def _fresh(world: World, path: str) -> bool:
    async def ask() -> bool:
        client = Client(world.url)
        answer = await client.send("GET", path)
        client.close()
        return answer.status == 200 and answer.header(b"warning") is None

    return asyncio.run(ask())


def _first_with(seen: dict[int, float], version: int) -> float:
    """When this version or a newer one was there."""
    return min(at for found, at in seen.items() if found >= version)


def _an_id_of(seconds: float) -> str:
    """The smallest UUIDv7 of a moment. Source: RFC 9562, section 5.7."""
    digits = f"{int(seconds * 1000):012x}"
    return f"{digits[:8]}-{digits[8:]}-7000-8000-000000000000"
