"""Buyers: in a closed loop, each waiting for its answer, or in an open one, each at its scheduled time."""

import asyncio
import itertools
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import msgspec

from bench.client import Client
from bench.market import Market, Product, checkout_bytes

_keys = itertools.count(time.time_ns())


@dataclass
class Bought:
    """What a load came to. Seconds; `orders` by id, with the time their request was due."""

    began: float
    ended: float = 0.0
    latencies: list[float] = field(default_factory=list)
    statuses: dict[str, int] = field(default_factory=dict)
    orders: dict[str, float] = field(default_factory=dict)
    keep_orders: bool = False

    @property
    def settled(self) -> int:
        """Checkouts answered 201 with an order to be shipped."""
        return self.statuses.get("201 to_ship", 0)

    @property
    def rate(self) -> float:
        """Settled orders a second."""
        return self.settled / (self.ended - self.began)

    def count(self, what: str) -> None:
        """One more of these."""
        self.statuses[what] = self.statuses.get(what, 0) + 1


async def check_out(client: Client, body: bytes, due: float, bought: Bought) -> bool:
    """One checkout; answers whether its order is settled."""
    answer = await client.send("POST", "/v1/checkout", body, f"Idempotency-Key: bench-{next(_keys)}\r\n")
    now = time.monotonic()
    if answer.status not in (201, 202):
        code = msgspec.json.decode(answer.body).get("code", "") if answer.body else ""
        bought.count(f"{answer.status} {code}")
        return False
    order = answer.json()["orders"][0]
    bought.count(f"{answer.status} {order['status']}")
    bought.latencies.append(now - due)
    bought.ended = max(bought.ended, now)
    if bought.keep_orders:
        bought.orders[order["order_id"]] = due
    return bool(order["status"] == "to_ship")


async def from_full_carts(market: Market, wanted: Sequence[tuple[int, str]], seconds: float) -> Bought:
    """Every buyer checks out one shop of a full cart after another, for so long or until the carts are empty."""
    bought = Bought(time.monotonic())
    until = bought.began + seconds
    bodies = {shop: checkout_bytes(shop) for shop in market.shops}
    shops: dict[int, list[str]] = {}
    for buyer, shop in wanted:
        shops.setdefault(buyer, []).append(shop)

    async def buy(number: int) -> None:
        client = Client(market.platform.url, market.buyers[number].token)
        for shop in shops[number]:
            if time.monotonic() > until:
                break
            await check_out(client, bodies[shop], time.monotonic(), bought)
        client.close()

    await asyncio.gather(*(buy(number) for number in shops))
    return bought


async def put_and_buy(market: Market, products: Sequence[Product], seconds: float) -> Bought:
    """Every buyer puts a product into the cart and checks out, again and again, until `seconds` are over or the
    product is sold out.
    """
    bought = Bought(time.monotonic())
    until = bought.began + seconds
    bodies = {shop: checkout_bytes(shop) for shop in market.shops}

    async def buy(number: int) -> None:
        client = Client(market.platform.url, market.buyers[number].token)
        chosen = _round_from(products, number * 17)
        while time.monotonic() < until:
            product = next(chosen)
            put = await client.send("PUT", f"/v1/cart/items/{product.variant_id}", b'{"quantity":1}')
            if put.status != 200:
                code = msgspec.json.decode(put.body).get("code", "")
                bought.count(f"PUT {put.status} {code}")
                if code == "out_of_stock":
                    break
                continue
            await check_out(client, bodies[product.shop_id], time.monotonic(), bought)
        client.close()

    await asyncio.gather(*(buy(number) for number in range(len(market.buyers))))
    return bought


async def on_schedule(
    market: Market, wanted: Sequence[tuple[int, str]], rate: float, begin: Callable[[], float] = time.monotonic
) -> Bought:
    """Sends each checkout at its time, `rate` a second, whether earlier ones are answered or not."""
    bought = Bought(begin() + 0.2, keep_orders=True)
    bodies = {shop: checkout_bytes(shop) for shop in market.shops}
    idle: dict[int, list[Client]] = {}

    async def one(buyer: int, shop: str, due: float) -> None:
        waiting = idle.setdefault(buyer, [])
        client = waiting.pop() if waiting else Client(market.platform.url, market.buyers[buyer].token)
        await check_out(client, bodies[shop], due, bought)
        waiting.append(client)

    tasks: list[asyncio.Task[None]] = []
    for number, (buyer, shop) in enumerate(wanted):
        due = bought.began + number / rate
        if (left := due - time.monotonic()) > 0:
            await asyncio.sleep(left)
        tasks.append(asyncio.create_task(one(buyer, shop, due)))
    await asyncio.gather(*tasks)
    for clients in idle.values():
        for client in clients:
            client.close()
    return bought


def _round_from(products: Sequence[Product], start: int) -> Iterator[Product]:
    return itertools.islice(itertools.cycle(products), start % len(products), None)
