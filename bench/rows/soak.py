"""A soak: 70 % of the peak for as long as is asked, with the memory of every group looked at every five seconds."""

import asyncio
import time

from bench.buying import Bought, check_out_only, on_schedule
from bench.figures import Row, at_most, exactly, percentile
from bench.groups import memory
from bench.world import World

LOOK_EVERY = 5.0
SHARE = 0.7
SEGMENT = 60.0  # seconds between looks at tokens
WARM = 0.25  # of the samples, left out of the slope: caches and pools fill first
MOST_GROWTH = 1.0  # MiB a minute and group


def run(world: World, rounds: int) -> Row:
    """Open loop, in segments of a minute; tokens are made anew between them."""
    minutes = world.minutes
    row = Row("soak", f"{minutes:g} minutes at 70 % of the peak")
    peak = asyncio.run(check_out_only(world.market, 5)).rate
    rate = peak * SHARE
    samples: dict[str, list[float]] = {}
    at: list[float] = []
    tails: list[float] = []
    refused = 0
    began = time.monotonic()
    while time.monotonic() - began < minutes * 60:
        world.market.renew()
        segment = min(SEGMENT, minutes * 60 - (time.monotonic() - began))
        bought = asyncio.run(_segment(world, rate, segment, samples, at, began))
        refused += sum(count for status, count in bought.statuses.items() if status != "201 to_ship")
        tails.append(percentile(bought.latencies, 99) * 1000)
    world.platform.settle()
    row.add("peak, closed loop", "orders/s", [peak])
    row.add("asked for", "orders/s", [rate])
    row.add("p99 of each minute", "ms", tails)
    growth = {group: slope(at, values) * 60 for group, values in samples.items()}
    for group, values in samples.items():
        row.add(f"{group}: memory (PSS)", "MiB", values)
    row.samples["seconds"] = [round(value, 1) for value in at]
    row.samples["MiB a minute"] = {group: round(value, 3) for group, value in growth.items()}
    ours = {group: value for group, value in growth.items() if group not in ("rabbitmq", "postgres")}
    row.notes.append("MiB a minute: " + ", ".join(f"{group} {value:+.2f}" for group, value in growth.items()))
    row.verdicts = [
        *(at_most(f"{group}: growth", value, MOST_GROWTH, " MiB/min") for group, value in ours.items()),
        exactly("answers other than 201 and settled", refused, 0),
    ]
    return row


def slope(at: list[float], values: list[float]) -> float:
    """Units a second, by least squares, without the beginning."""
    skip = int(len(at) * WARM)
    x, y = at[skip:], values[skip:]
    if len(x) < 2:
        return 0.0
    middle_x, middle_y = sum(x) / len(x), sum(y) / len(y)
    spread = sum((one - middle_x) ** 2 for one in x)
    return sum((one - middle_x) * (other - middle_y) for one, other in zip(x, y, strict=True)) / spread


async def _segment(
    world: World, rate: float, seconds: float, samples: dict[str, list[float]], at: list[float], began: float
) -> Bought:
    """One stretch of the load, memory sampled beside it."""
    roots = world.roots()
    load = asyncio.create_task(on_schedule(world.market, max(1, int(rate * seconds)), rate))
    while not load.done():
        found = await asyncio.to_thread(memory, roots)
        at.append(time.monotonic() - began)
        for group, value in found.items():
            samples.setdefault(group, []).append(value)
        await asyncio.wait([load], timeout=LOOK_EVERY)
    return await load
