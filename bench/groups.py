"""Process groups of a platform: what each costs in CPU and memory."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.measure import TICKS, pss_mib

#: Every process of ours by group; servers have their own names.
GROUPS = {
    "gateway": ("gateway", "gateway-2"),
    "service": ("users", "catalog", "orders", "media", "notify", "edge-gateway"),
    "work": ("catalog-work", "orders-work", "media-work", "notify-work"),
    "relay": ("relay", "media-relay"),
    "rabbitmq": ("server-rabbitmq",),
    "postgres": ("server-postgres",),
}


def tree(pid: int) -> list[int]:
    """A process and all its descendants that are there now."""
    found, waiting = [], [pid]
    while waiting:
        one = waiting.pop()
        try:
            children = Path(f"/proc/{one}/task/{one}/children").read_text().split()
        except (FileNotFoundError, ProcessLookupError):
            continue  # ended while we looked
        found.append(one)
        waiting.extend(map(int, children))
    return found


def cpu_of_tree(pid: int) -> float:
    """CPU seconds of a process and its descendants, those that have ended included."""
    ticks = 0
    for one in tree(pid):
        try:
            fields = Path(f"/proc/{one}/stat").read_text().rpartition(") ")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue  # its parent has its time now, or will have it with the next look
        ticks += sum(map(int, fields[11:15]))
    return ticks / TICKS


@dataclass(frozen=True)
class Spent:
    """CPU seconds by group, as a counter that only grows."""

    seconds: Mapping[str, float]

    def since(self, before: "Spent", operations: float) -> dict[str, float]:
        """Milliseconds for each operation, by group."""
        return {
            name: round((now - before.seconds[name]) / operations * 1000, 4)
            for name, now in self.seconds.items()
            if operations and now - before.seconds[name] > 0
        }


def spent(roots: Mapping[str, Iterable[int]]) -> Spent:
    """What the groups have used until now. `roots` are the first processes of each."""
    return Spent({name: sum(cpu_of_tree(pid) for pid in pids if pid) for name, pids in roots.items()})


def memory(roots: Mapping[str, Iterable[int]]) -> dict[str, float]:
    """PSS in MiB by group."""
    return {name: sum(pss_mib(tree(pid)) for pid in pids if pid) for name, pids in roots.items()}


def averaged(costs: Iterable[Mapping[str, float]]) -> dict[str, float]:
    """The mean by group over rounds."""
    listed = list(costs)
    names = sorted({name for cost in listed for name in cost})
    return {name: round(sum(cost.get(name, 0) for cost in listed) / len(listed), 4) for name in names}
