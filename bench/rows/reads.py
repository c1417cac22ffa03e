"""GET product: the card from memory, beside the same server's bare hello and the peer."""

import sys
import time

from bench.figures import Row, at_least, at_most
from bench.groups import averaged, spent
from bench.measure import interleave
from bench.tools import Hammered, wrk
from bench.world import ROOT, World
from yeshi_local.ports import free_port
from yeshi_local.testing import until

CONNECTIONS, SECONDS = 64, 3
HELLO = str(ROOT / "bench" / "raw" / "hello.py")


def run(world: World, rounds: int) -> Row:
    """One gateway process; the load generator has the other core to itself as far as the machine allows."""
    row = Row("reads", "GET product, 64 connections, one gateway process")
    port = free_port()
    hello = world.program([sys.executable, HELLO, str(port)], "hello", {})
    product = f"{world.url}/v1/products/{world.market.products[0].product_id}"
    peer = f"{world.peer.url}/products/p-0"
    bare = f"http://127.0.0.1:{port}/v1/products/{world.market.products[0].product_id}"
    until(lambda: wrk(bare, 1, 1).requests > 0)
    seen: dict[str, list[Hammered]] = {"ours": [], "hello": [], "nameko": []}
    costs: dict[str, list[dict[str, float]]] = {name: [] for name in seen}

    def hammer(name: str, url: str) -> float:
        roots = {"ours": world.roots, "hello": lambda: {"gateway": [hello.pid]}, "nameko": world.peer_roots}[name]()
        before = spent(roots)
        one = wrk(url, CONNECTIONS, SECONDS)
        costs[name].append(spent(roots).since(before, one.requests))
        seen[name].append(one)
        if one.failed:
            raise RuntimeError(f"{name}: {one.failed} of {one.requests} requests failed")
        time.sleep(0.2)
        return one.rate

    rates = interleave(
        rounds,
        ours=lambda: hammer("ours", product),
        hello=lambda: hammer("hello", bare),
        nameko=lambda: hammer("nameko", peer),
    )
    hello.kill()
    ours = row.add("ours", "requests/s", rates["ours"])
    limit = row.add("bare hello of the same server", "requests/s", rates["hello"])
    usual = row.add("plain nameko", "requests/s", rates["nameko"])
    p99 = row.add("ours, p99", "ms", [one.p99_ms for one in seen["ours"]])
    row.add("bare hello, p99", "ms", [one.p99_ms for one in seen["hello"]])
    row.add("plain nameko, p99", "ms", [one.p99_ms for one in seen["nameko"]])
    row.cpu = {name: averaged(cost) for name, cost in costs.items()}
    row.verdicts = [
        at_least("of the bare hello", ours.median / limit.median * 100, 60, " %"),
        at_most("p99", p99.median, 15, " ms"),
        at_least("times plain nameko", ours.median / usual.median, 60, " ×"),
    ]
    return row
