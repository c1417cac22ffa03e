"""A process of ours in a test, and what it said for whoever reads of a failure."""

import sys
import urllib.request
from collections.abc import Mapping
from pathlib import Path

from yeshi_local.ports import free_port
from yeshi_local.servers.process import DidNotStart, Program
from yeshi_local.testing import ready, until

SHOWN = 6000  # bytes of each log

_logs: dict[Path, int] = {}  # of the processes that have run, and how long each was when the test began


class ServiceProcess(Program):
    """Python with some arguments and a health port of its own; `health` is where its pages are."""

    def __init__(self, arguments: list[str], *, log: Path, environment: Mapping[str, object]) -> None:
        port = free_port()
        values = {"HEALTH_PORT": port, **environment}
        super().__init__(
            [sys.executable, *arguments],
            log=log,
            environment={name: str(value) for name, value in values.items()},
        )
        self.health = f"http://127.0.0.1:{port}"

    def start(self) -> None:
        """Starts it; its log is shown when the test that runs fails."""
        _logs.setdefault(self.log, 0)
        super().start()

    def until_ready(self, patience: float = 60) -> None:
        """Waits until it says so. Raises DidNotStart with the end of its log when it ended instead."""
        until(lambda: self._ended() or ready(self.health), patience)
        if not self.running:
            raise DidNotStart(f"{self.argv[1:]} ended\n{self.tail()}")

    def metrics(self, name: str) -> dict[str, float]:
        """The values of a metric now, by its labels as they are printed."""
        with urllib.request.urlopen(f"{self.health}/metrics", timeout=5) as answer:
            lines = answer.read().decode().splitlines()
        rows = [line.rpartition(" ") for line in lines if line.startswith((f"{name} ", f"{name}{{"))]
        return {labels.removeprefix(name): float(value) for labels, _, value in rows}

    def _ended(self) -> bool:
        return not self.running


def begin_test() -> None:
    """What is said from now on belongs to the next test. Logs that are gone are forgotten."""
    sizes = {log: log.stat().st_size for log in _logs if log.exists()}
    _logs.clear()
    _logs.update(sizes)


def said() -> list[tuple[str, str]]:
    """What each process has said during this test, by the name of its log; the end of it when it is much."""
    return [(log.name, text) for log, start in _logs.items() if (text := _rest(log, start))]


def _rest(log: Path, start: int) -> str:
    if not log.exists():
        return ""
    with log.open("rb") as lines:
        lines.seek(max(start, log.stat().st_size - SHOWN))
        return lines.read().decode(errors="replace")
