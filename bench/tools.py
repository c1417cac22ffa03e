"""The load generators and limits that are programs of their own: wrk and pgbench."""

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from yeshi_local.servers.base import program
from yeshi_local.servers.postgres import PLACES

UNITS = {"us": 0.001, "ms": 1.0, "s": 1000.0, "m": 60_000.0}


@dataclass(frozen=True)
class Hammered:
    """What wrk saw: requests a second, the 99th percentile in ms, and answers that were no 2xx or 3xx."""

    rate: float
    p99_ms: float
    requests: int
    failed: int


def wrk(url: str, connections: int, seconds: int) -> Hammered:
    """Keeps so many connections busy. Raises ServerMissing without wrk, ValueError for output it cannot read."""
    command = [program("wrk", package="wrk"), "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", url]
    return read_wrk(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def read_wrk(text: str) -> Hammered:
    """Reads wrk's report. Raises ValueError."""
    rate = re.search(r"Requests/sec:\s+([\d.]+)", text)
    p99 = re.search(r"\s99%\s+([\d.]+)(us|ms|s|m)\b", text)
    requests = re.search(r"(\d+) requests in", text)
    if not (rate and p99 and requests):
        raise ValueError(f"wrk said: {text}")
    refused = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    errors = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", text)
    failed = (int(refused[1]) if refused else 0) + (sum(map(int, errors.groups())) if errors else 0)
    return Hammered(float(rate[1]), float(p99[1]) * UNITS[p99[2]], int(requests[1]), failed)


def pgbench(url: str, script: Path, connections: int, seconds: int) -> float:
    """Transactions a second. Raises ServerMissing without pgbench."""
    tool = program("pgbench", *(f"{place}/pgbench" for place in PLACES), package="postgresql-contrib")
    command = [tool, "-n", "-M", "prepared", f"-c{connections}", "-j1", f"-T{seconds}", "-f", str(script), url]
    return read_pgbench(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def read_pgbench(text: str) -> float:
    """Reads pgbench's report. Raises ValueError, also when transactions failed."""
    found = re.search(r"tps = ([\d.]+)", text)
    failed = re.search(r"number of failed transactions: (\d+)", text)
    if not found or (failed and int(failed[1])):
        raise ValueError(f"pgbench said: {text}")
    return float(found[1])
