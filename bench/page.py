"""`python -m bench page`: docs/performance.md and its charts, from the newest results."""

from pathlib import Path
from typing import Any

from bench import chart, results
from bench.figures import number

DOCS = Path(__file__).resolve().parent.parent / "docs"
RATES = (
    ("reads", {"ours": 0, "bare hello of the same server": 1, "plain nameko": 2}, "GET product"),
    (
        "orders",
        {
            "ours: checkout, 201 and settled": 0,
            "ours: PUT cart item and checkout": 0,
            "raw transaction, pgbench, 8 connections": 1,
            "plain nameko: POST order": 2,
        },
        "order",
    ),
    ("relay", {"relay": 0, "its client, pipelined, a message an event": 1}, "relay"),
    ("events", {"ours, bundles": 0, "ours, a message an event": 0, "plain nameko, nothing done": 2}, "events"),
    ("calls", {"ours, one by one": 0, "ours, coalesced": 0, "plain nameko on both sides": 2}, "RPC"),
)
INTRO = """# What it does in a second

Measured by `make bench` (`python -m bench [row …] [--rounds N]`), written by `python -m bench page` from
`bench/results/`. A platform of its own runs with everything synced to disk; each row runs beside its limit or beside
the plain nameko peer of `bench/peer/`, in turn, within one run, on the same servers and the same cores. So ratios and
CPU per operation can be believed, and absolute rates are this machine's on that day. What stands in the way of the
budgets that are missed: [where an order's time goes](performance-profile.md).
"""
WAYS = """## How it is counted

- **GET product**: `wrk`, 64 connections, one gateway process, a card that is held. The hello is the same HTTP server
  with three lines of ASGI behind it.
- **Place order**: 64 buyers in a closed loop; an order counts when its checkout was answered 201 with the order
  `to_ship`, so its stock is held. Latency is the checkout's. For the checkout alone, carts are filled by SQL while the
  load runs; the other figure puts the item through the API first and counts one order for both requests.
- **Raw transaction**: `bench/raw/order.sql`, one statement with everything an order writes, by `pgbench` with eight
  connections on the same PostgreSQL.
- **Bell**: open loop. Time runs from the moment a checkout was due, whether or not it could be sent then.
- **Plain nameko**: the peer does less for an order: no cart, no idempotency, no history, no login, and its stock can be
  oversold.
- CPU is what the kernel counted for each process group, children and ended ones included.
"""


def write(docs: Path = DOCS, folder: Path = results.FOLDER) -> Path:
    """Writes the page and answers its path. Raises FileNotFoundError when nothing was measured."""
    kept = results.newest(folder)
    docs.mkdir(exist_ok=True)
    parts = [INTRO, _machine(kept["machine"])]
    if groups := _groups(kept["rows"]):
        (docs / "performance.svg").write_text(chart.bars("Operations a second", groups, "1/s"))
        parts.append("![Operations a second, ours beside limits and the peer](performance.svg)\n")
    parts += [_verdicts(kept["rows"]), *(_row(row) for row in kept["rows"].values())]
    if (soak := kept["rows"].get("soak")) and len(soak["samples"]["seconds"]) > 1:
        memory = {
            one["name"].partition(":")[0]: one["rounds"]
            for one in soak["series"]
            if one["name"].endswith("memory (PSS)")
        }
        (docs / "performance-soak.svg").write_text(chart.lines("Memory", soak["samples"]["seconds"], memory, "MiB"))
        parts.append("![Memory of each process group during the soak](performance-soak.svg)\n")
    page = docs / "performance.md"
    page.write_text("\n".join([*parts, WAYS]))
    return page


def _machine(about: dict[str, Any]) -> str:
    return (
        f"{about['cpu']}, {about['cores']} cores, {about['memory_gib']} GiB, Python {about['python']}.\n"
        "Each row says the machine's load: far above its cores, everything waits, and latencies say little.\n"
    )


def _groups(rows: dict[str, Any]) -> list[list[chart.Bar]]:
    groups = []
    for name, wanted, what in RATES:
        if name in rows:
            medians = {one["name"]: one["median"] for one in rows[name]["series"]}
            groups.append(
                [
                    chart.Bar(_label(what, series), medians[series], colour)
                    for series, colour in wanted.items()
                    if medians.get(series, 0) > 0
                ]
            )
    return groups


def _label(what: str, series: str) -> str:
    text = f"{what}: {series}"
    return text if len(text) <= 34 else text[:33] + "…"


def _verdicts(rows: dict[str, Any]) -> str:
    lines = ["## Budgets", "", "| row | | budget | seen | |", "|---|---|---|---|---|"]
    lines += [
        f"| {name} | {one['what']} | {one['budget']} | {one['figure']} | {'met' if one['met'] else '**missed**'} |"
        for name, row in rows.items()
        for one in row["verdicts"]
    ]
    return "\n".join(lines) + "\n"


def _row(row: dict[str, Any]) -> str:
    load = f", load {row['load']:.0f}" if "load" in row else ""
    when = f"{row['measured_at']}, {len(row['series'][0]['rounds'])} rounds{load}."
    lines = [f"## {row['title']}", "", when, "", "| | median | least | greatest | |", "|---|---|---|---|---|"]
    lines += [
        "| "
        + " | ".join([one["name"], *(number(one[what]) for what in ("median", "least", "greatest")), one["unit"]])
        + " |"
        for one in row["series"]
    ]
    for contestant, cost in row["cpu_ms_per_operation"].items():
        spent = ", ".join(f"{group} {number(value)}" for group, value in cost.items())
        lines.append(f"\nCPU ms per operation, {contestant}: {spent}")
    lines += [f"\n{note}" for note in row["notes"]]
    return "\n".join(lines) + "\n"
