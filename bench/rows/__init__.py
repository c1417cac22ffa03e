"""The rows of the budgets' table, in the order in which they run."""

from collections.abc import Callable

from bench.figures import Row
from bench.rows import (
    abuse,
    bell,
    calls,
    cards,
    events,
    growth,
    idle,
    imports,
    orders,
    photos,
    reads,
    relay,
    search,
    soak,
    start,
    where,
)
from bench.world import World

#: Idle processes are looked at before anything has used them; tables are filled and processes stopped at the end.
ROWS: dict[str, Callable[[World, int], Row]] = {
    "idle": idle.run,
    "reads": reads.run,
    "cards": cards.run,
    "orders": orders.run,
    "bell": bell.run,
    "photos": photos.run,
    "relay": relay.run,
    "events": events.run,
    "calls": calls.run,
    "imports": imports.run,
    "start": start.run,
    "search": search.run,
    "abuse": abuse.run,
    "growth": growth.run,
    "where": where.run,
    "soak": soak.run,
}
#: What runs when nothing else is asked for.
USUAL = tuple(name for name in ROWS if name not in ("where", "soak"))
