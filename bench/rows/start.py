"""How long it takes until the shop is open again."""

import asyncio
import secrets
import time
from concurrent.futures import ThreadPoolExecutor

from bench.client import Client
from bench.figures import Row, at_most
from bench.market import checkout_bytes
from bench.world import SECOND_GATEWAY, World


def run(world: World, rounds: int) -> Row:
    """Everything from nothing with its data; then our processes alone, their servers running, to a settled order."""
    row = Row("start", "from stopped to open")
    world.market.renew()
    again, first = [], []
    for _ in range(rounds):
        world.platform.settle()
        world.market.hang_up()
        world.platform.supervisor.stop()
        began = time.monotonic()
        world.platform.up()
        again.append(time.monotonic() - began)
        world.alone()
        first.append(_first_order(world))
    row.add("everything, servers too, with its data", "s", again)
    row.add("our processes alone, to the first settled order", "s", first)
    row.notes.append(f"This bench's own first start, databases and topology made: {world.boot_seconds:.1f} s.")
    row.notes.append("A fresh machine is not measured here: it depends on what has to be downloaded.")
    row.verdicts = [
        at_most("up again", row.series[0].median, 20, " s"),
        at_most("our processes to the first order", row.series[1].median, 5, " s"),
    ]
    return row


def _first_order(world: World) -> float:

    platform, market = world.platform, world.market
    names = [name for name in platform.names() if name != SECOND_GATEWAY]
    market.empty_carts()
    market.fill_carts([(0, market.products[0])])
    with ThreadPoolExecutor(len(names)) as pool:
        list(pool.map(platform.stop, names))
    began = time.monotonic()
    for name in names:
        platform.supervisor.ensure(name)
    asyncio.run(_until_settled(world.url, market.buyers[0].token, market.products[0].shop_id))
    return time.monotonic() - began


async def _until_settled(url: str, token: str, shop_id: str) -> None:

    key = f"Idempotency-Key: {secrets.token_hex(8)}\r\n"
    body = checkout_bytes(shop_id)
    client = Client(url, token)
    async with asyncio.timeout(60):
        while True:
            try:
                answer = await client.send("POST", "/v1/checkout", body, key)
            except OSError:
                client.close()
            else:
                if answer.status == 201:
                    break
            await asyncio.sleep(0.02)
    client.close()
