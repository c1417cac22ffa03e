"""Buyers: in a closed loop, each waiting for its answer, or in an open one, each at its scheduled time."""

import asyncio
import itertools
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import msgspec

from bench.client import Client
from bench.market import Market, Product, checkout_bytes

LINES = 6  # in each cart while the load runs
MOST_LINES = 8  # in each cart before a load that needs no more
FILL_EVERY = 0.02  # seconds

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


class Carts:
    """Keeps buyers' carts filled by SQL: a few lines in each, every one of another shop. So a checkout can be measured
    alone.

    A load of `checkouts` in all that a few lines in each cart suffice for finds them there and is not disturbed. Any
    other is refilled while it runs, and what that costs PostgreSQL is counted against us.
    """

    def __init__(self, market: Market, checkouts: int | None = None) -> None:
        self._market = market
        needed = MOST_LINES + 1 if checkouts is None else -(-checkouts // len(market.buyers))
        self._refills = needed > MOST_LINES
        self._lines = LINES if self._refills else needed
        self._ready: list[asyncio.Queue[str]] = [asyncio.Queue() for _ in market.buyers]
        self._next = [_round_from(market.products, number * 17) for number in range(len(market.buyers))]
        self._wanted: list[int] = []
        self._work: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Empties all carts, fills them, and goes on filling if need be."""
        await asyncio.to_thread(self._market.empty_carts)
        self._wanted = [number for number in range(len(self._ready)) for _ in range(self._lines)]
        await self._fill()
        if self._refills:
            self._work = asyncio.create_task(self._go_on())

    async def close(self) -> None:
        """Stops filling."""
        if self._work is not None:
            self._work.cancel()
            await asyncio.gather(self._work, return_exceptions=True)

    async def take(self, buyer: int) -> str:
        """A shop of which something lies in the cart. Where carts are refilled, another line will be put in."""
        shop = await self._ready[buyer].get()
        self._wanted.append(buyer)
        return shop

    async def _go_on(self) -> None:
        while True:
            await asyncio.sleep(FILL_EVERY)
            await self._fill()

    async def _fill(self) -> None:
        wanted, self._wanted = self._wanted, []
        if not wanted:
            return
        lines = [(buyer, next(self._next[buyer])) for buyer in wanted]
        await asyncio.to_thread(self._market.fill_carts, lines)
        for buyer, product in lines:
            self._ready[buyer].put_nowait(product.shop_id)


async def check_out_only(market: Market, seconds: float) -> Bought:
    """Every buyer checks out one shop of the cart after another, for so long."""
    bodies = {shop: checkout_bytes(shop) for shop in market.shops}
    carts = Carts(market)
    await carts.open()
    bought = Bought(time.monotonic())
    until = bought.began + seconds

    async def buy(number: int) -> None:
        client = Client(market.platform.url, market.buyers[number].token)
        while time.monotonic() < until:
            shop = await carts.take(number)
            await check_out(client, bodies[shop], time.monotonic(), bought)
        client.close()

    await asyncio.gather(*(buy(number) for number in range(len(market.buyers))))
    await carts.close()
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


async def on_schedule(market: Market, number: int, rate: float) -> Bought:
    """Sends each checkout at its time, `rate` a second, buyers in turn, whether earlier ones are answered or not."""
    bodies = {shop: checkout_bytes(shop) for shop in market.shops}
    carts = Carts(market, number)
    await carts.open()
    bought = Bought(time.monotonic() + 0.2, keep_orders=True)
    idle: dict[int, list[Client]] = {}

    async def one(buyer: int, due: float) -> None:
        shop = await carts.take(buyer)
        waiting = idle.setdefault(buyer, [])
        client = waiting.pop() if waiting else Client(market.platform.url, market.buyers[buyer].token)
        await check_out(client, bodies[shop], due, bought)
        waiting.append(client)

    tasks: list[asyncio.Task[None]] = []
    for at in range(number):
        due = bought.began + at / rate
        if (left := due - time.monotonic()) > 0:
            await asyncio.sleep(left)
        tasks.append(asyncio.create_task(one(at % len(market.buyers), due)))
    await asyncio.gather(*tasks)
    await carts.close()
    for clients in idle.values():
        for client in clients:
            client.close()
    return bought


def _round_from(products: Sequence[Product], start: int) -> Iterator[Product]:
    return itertools.islice(itertools.cycle(products), start % len(products), None)
