"""Calls across the bus: one by one and coalesced, beside plain nameko on both sides."""

import asyncio
import subprocess
import sys
import time
from pathlib import Path

from bench import small
from bench.figures import Row, at_least
from bench.groups import averaged, spent
from bench.measure import interleave
from bench.world import World
from chassis.aio import Bus
from chassis.aio.coalesce import Coalescer

IN_FLIGHT = 50
CALLS = {"single": 3000, "coalesced": 40_000, "nameko": 1500}
CALLER = str(Path(small.PEER).with_name("caller.py"))


def run(world: World, rounds: int) -> Row:
    """The called method does nothing; 50 calls are under way, 1,000 of those that are coalesced."""
    row = Row("calls", "RPC, one by one and coalesced")
    ours = small.example(world, world.bus, small.database(world, "calls"))
    peer_vhost = world.vhost("echo-calls")
    peer = small.echo(world, peer_vhost)
    costs: dict[str, list[dict[str, float]]] = {name: [] for name in CALLS}

    def measured(name: str, pid: int) -> float:
        roots = {"service": [pid], "rabbitmq": world.roots()["rabbitmq"]}
        before = spent(roots)
        if name == "nameko":
            command = [sys.executable, CALLER, str(CALLS[name]), str(IN_FLIGHT)]
            environment = {"AMQP_URL": peer_vhost, "PATH": ""}
            done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
            rate = float(done.stdout)
        else:
            rate = asyncio.run(_calls(world.bus, CALLS[name], coalesced=name == "coalesced"))
        costs[name].append(spent(roots).since(before, CALLS[name]))
        return rate

    rates = interleave(
        rounds,
        single=lambda: measured("single", ours.pid),
        coalesced=lambda: measured("coalesced", ours.pid),
        nameko=lambda: measured("nameko", peer.pid),
    )
    ours.kill()
    peer.kill()
    single = row.add("ours, one by one", "calls/s", rates["single"])
    coalesced = row.add("ours, coalesced", "calls/s", rates["coalesced"])
    usual = row.add("plain nameko on both sides", "calls/s", rates["nameko"])
    row.cpu = {name: averaged(cost) for name, cost in costs.items()}
    row.verdicts = [
        at_least("one by one: times plain nameko", single.median / usual.median, 2.4, " ×"),
        at_least("coalesced: times plain nameko", coalesced.median / usual.median, 25, " ×"),
    ]
    return row


async def _calls(url: str, number: int, *, coalesced: bool) -> float:
    bus = Bus(url, "bench")
    bus.start()
    await bus.consuming.ready(5)
    await bus.publishing.ready(5)
    many = Coalescer(bus, "notify", "echo_many")
    left = iter(range(number))

    async def caller() -> None:
        for at in left:
            payload = {"number": at * 2}
            answer = await (many.call(None, payload) if coalesced else bus.rpc("notify", "echo", None, payload))
            if answer != payload:
                raise RuntimeError(f"{answer} instead of {payload}")

    began = time.monotonic()
    await asyncio.gather(*(caller() for _ in range(IN_FLIGHT * 20 if coalesced else IN_FLIGHT)))
    rate = number / (time.monotonic() - began)
    await bus.close()
    return rate
