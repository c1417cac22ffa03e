"""Placing orders until their stock is settled, beside the raw transaction and the peer; and all after one product."""

import asyncio
import contextlib
import itertools
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

import psycopg2

from bench.buying import Bought, check_out_only, put_and_buy
from bench.client import Client
from bench.figures import Row, at_least, at_most, exactly, percentile
from bench.groups import averaged, spent
from bench.measure import interleave
from bench.tools import pgbench
from bench.world import ROOT, World

RAW = ROOT / "bench" / "raw"
SECONDS = 4
PEER_BUYERS = 64
HOT_STOCK, HOT_SECONDS = 800, 20
STANDING = "SELECT count(*) FROM orders JOIN order_lines USING (order_id) WHERE variant_id = %s AND status = 'to_ship'"

_keys = itertools.count()


@dataclass
class Loads:
    """The contestants, each of which buys for one round and remembers what it saw."""

    world: World
    raw_url: str
    bought: dict[str, list[Bought]] = field(default_factory=dict)
    costs: dict[str, list[dict[str, float]]] = field(default_factory=dict)
    sold: list[tuple[int, int, int]] = field(default_factory=list)  # stock, reserved pieces, orders that stand

    def ours(self) -> float:
        """Checkouts alone, of carts that others fill."""
        return self._measured("ours", lambda: asyncio.run(check_out_only(self.world.market, SECONDS)))

    def with_cart(self) -> float:
        """PUT cart item, then checkout: an order is both."""
        market = self.world.market
        market.empty_carts()
        return self._measured("with cart", lambda: asyncio.run(put_and_buy(market, market.products, SECONDS)))

    def hot(self, stock: int) -> float:
        """The same on one product, until it is sold out."""
        market = self.world.market
        market.empty_carts()
        product = market.add_product(stock)
        self.world.platform.settle()
        rate = self._measured("hot", lambda: asyncio.run(put_and_buy(market, [product], HOT_SECONDS)))
        self.world.platform.settle()
        standing = self.world.platform.rows("orders", STANDING, product.variant_id)[0][0]
        self.sold.append((stock, market.sold([product]), int(standing)))
        return rate

    def nameko(self) -> float:
        """The peer's orders."""
        world = self.world
        bought = self._run("nameko", world.peer_roots(), lambda: asyncio.run(_peer(world.peer.url, SECONDS)))
        return bought.rate

    def raw(self) -> float:
        """pgbench."""
        return pgbench(self.raw_url, RAW / "order.sql", 8, SECONDS)

    def _measured(self, name: str, load: Callable[[], Bought]) -> float:
        self.world.market.renew()
        self.world.platform.settle()
        return self._run(name, self.world.roots(), load).rate

    def _run(self, name: str, roots: dict[str, list[int]], load: Callable[[], Bought]) -> Bought:
        before, own = spent(roots), time.process_time()
        one = load()
        operations = max(1, one.settled)
        cost = spent(roots).since(before, operations)
        cost["(load generator)"] = round((time.process_time() - own) / operations * 1000, 4)
        self.costs.setdefault(name, []).append(cost)
        self.bought.setdefault(name, []).append(one)
        return one

    def p(self, name: str, percent: float) -> list[float]:
        """That percentile of each round, in ms."""
        return [percentile(one.latencies, percent) * 1000 for one in self.bought[name]]

    def statuses(self, names: Iterable[str]) -> list[str]:
        """What the answers were, for the notes."""
        lines = []
        for name in names:
            total: dict[str, int] = {}
            for one in self.bought[name]:
                for status, count in one.statuses.items():
                    total[status] = total.get(status, 0) + count
            lines.append(f"answers, {name}: " + ", ".join(f"{count} × {status}" for status, count in total.items()))
        return lines


def run(world: World, rounds: int) -> Row:
    """Ours, the full loop with the cart, one hot product, the peer and the raw transaction, in turn."""
    row = Row("orders", "place order until its stock is settled, 64 buyers, 1,000 products")
    loads = Loads(world, raw_database(world.database("raw")))
    asyncio.run(_peer(world.peer.url, 1))
    asyncio.run(check_out_only(world.market, 1))
    rates = interleave(
        rounds,
        ours=loads.ours,
        with_cart=loads.with_cart,
        hot=lambda: loads.hot(HOT_STOCK),
        nameko=loads.nameko,
        raw=loads.raw,
    )
    ours = row.add("ours: checkout, 201 and settled", "orders/s", rates["ours"])
    loop = row.add("ours: PUT cart item and checkout", "orders/s", rates["with_cart"])
    hot = row.add(f"the same on one product of {HOT_STOCK:,} pieces", "orders/s", rates["hot"])
    usual = row.add("plain nameko: POST order", "orders/s", rates["nameko"])
    raw = row.add("raw transaction, pgbench, 8 connections", "orders/s", rates["raw"])
    row.add("ours, p50", "ms", loads.p("ours", 50))
    p99 = row.add("ours, p99", "ms", loads.p("ours", 99))
    row.add("ours with cart, p99 of the checkout", "ms", loads.p("with cart", 99))
    row.add("plain nameko, p99", "ms", loads.p("nameko", 99))
    row.cpu = {name: averaged(cost) for name, cost in loads.costs.items()}
    row.notes = loads.statuses(("ours", "with cart", "hot"))
    row.verdicts = [
        at_least("of the raw transaction", ours.median / raw.median * 100, 30, " %"),
        at_least("times plain nameko", ours.median / usual.median, 15, " ×"),
        at_most("p99", p99.median, 150, " ms"),
        at_least("with the cart: of the raw transaction", loop.median / raw.median * 100, 30, " %"),
        at_least("one hot product: of 1,000 products", hot.median / loop.median * 100, 60, " %"),
        exactly("one hot product: rounds with more sold than there was", _oversold(loads.sold), 0),
        exactly("one hot product: rounds with reserved pieces unlike orders", _unlike(loads.sold), 0),
        exactly("one hot product: rounds sold out to the last piece", _sold_out(loads.sold), rounds),
    ]
    return row


def raw_database(url: str) -> str:
    """Makes the raw transaction's tables; answers the URL."""
    with contextlib.closing(psycopg2.connect(url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute(Path(RAW / "schema.sql").read_text())
    return url


def _oversold(sold: list[tuple[int, int, int]]) -> int:
    return sum(1 for stock, reserved, standing in sold if max(reserved, standing) > stock)


def _unlike(sold: list[tuple[int, int, int]]) -> int:
    return sum(1 for _, reserved, standing in sold if reserved != standing)


def _sold_out(sold: list[tuple[int, int, int]]) -> int:
    return sum(1 for stock, reserved, _ in sold if reserved == stock)


async def _peer(url: str, seconds: float) -> Bought:
    bought = Bought(time.monotonic())

    async def buy(number: int) -> None:
        client = Client(url)
        while time.monotonic() - bought.began < seconds:
            product = f"p-{next(_keys) * 7 % 1000}"
            body = {"buyer": f"b-{number}", "key": f"k-{next(_keys)}", "product_id": product, "quantity": 1}
            sent = time.monotonic()
            answer = await client.send("POST", "/orders", body)
            now = time.monotonic()
            bought.count("201 to_ship" if answer.status == 201 else str(answer.status))
            bought.latencies.append(now - sent)
            bought.ended = max(bought.ended, now)
        client.close()

    await asyncio.gather(*(buy(number) for number in range(PEER_BUYERS)))
    return bought
