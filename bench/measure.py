"""What every bench shares: rounds, medians, CPU and memory of process groups, and the machine's description."""

import os
import platform
import statistics
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")  # bytes


@dataclass
class Series:
    """Figures of one thing over the rounds of a run. The unit is the same for all of them."""

    name: str
    unit: str
    values: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        """The middle figure."""
        return statistics.median(self.values)

    def as_dict(self) -> dict[str, object]:
        """Plain JSON: median, least, greatest and every round."""
        return {
            "name": self.name,
            "unit": self.unit,
            "median": round(self.median, 3),
            "least": round(min(self.values), 3),
            "greatest": round(max(self.values), 3),
            "rounds": [round(value, 3) for value in self.values],
        }


def interleave(rounds: int, **contestants: Callable[[], float]) -> dict[str, list[float]]:
    """Runs the contestants in turn, `rounds` times, every second round in reverse, so that drift hits all alike."""
    figures: dict[str, list[float]] = {name: [] for name in contestants}
    for number in range(rounds):
        order = list(contestants.items())
        for name, contestant in reversed(order) if number % 2 else order:
            figures[name].append(contestant())
    return figures


def cpu_seconds(pids: Iterable[int]) -> float:
    """User and system CPU seconds these processes have used so far."""
    total = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total / TICKS


def pss_mib(pids: Iterable[int]) -> float:
    """Proportional set size of these processes together, in MiB. One that has ended meanwhile has none."""
    kib = 0
    for pid in pids:
        try:
            told = Path(f"/proc/{pid}/smaps_rollup").read_text()
        except (FileNotFoundError, ProcessLookupError):
            continue
        kib += sum(int(line.split()[1]) for line in told.splitlines() if line.startswith("Pss:"))
    return kib / 1024


def cpu_percent(pids: list[int], seconds: float) -> float:
    """CPU these processes use while nothing is asked of them, in percent of one core."""
    before = cpu_seconds(pids)
    time.sleep(seconds)
    return (cpu_seconds(pids) - before) / seconds * 100


def machine() -> dict[str, object]:
    """What a figure has to be read with."""
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    memory_kib = int(Path("/proc/meminfo").read_text().split()[1])
    return {
        "cpu": model,
        "cores": os.cpu_count(),
        "memory_gib": round(memory_kib / 2**20, 1),
        "python": platform.python_version(),
        "system": platform.platform(),
        "load_before": os.getloadavg()[0],
    }
