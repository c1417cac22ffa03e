"""The rows of the budgets' table, in the order in which they run."""

from collections.abc import Callable

from bench.figures import Row
from bench.rows import orders, reads
from bench.world import World

ROWS: dict[str, Callable[[World, int], Row]] = {
    "reads": reads.run,
    "orders": orders.run,
}
#: What runs when nothing else is asked for.
USUAL = tuple(name for name in ROWS if name != "soak")
