"""Waiting until servers and processes are ready."""

import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from yeshi_local.commands.here import Trouble, say
from yeshi_local.machine import Process
from yeshi_local.servers import Server
from yeshi_local.supervision import Supervisor

PATIENCE = 90.0  # seconds for one server or process

T = TypeVar("T")


def await_server(supervisor: Supervisor, server: Server, *, told: bool) -> None:
    """Returns once the server serves, and says so if it is told. Raises Trouble with the end of its log when it does
    not in time.
    """
    name = f"server-{server.name}"
    _await(name, supervisor, server.probe)
    server.settle()
    if told:
        say(f"  {server.name} serves")


def await_process(supervisor: Supervisor, process: Process, *, told: bool) -> None:
    """Returns once the process is ready, and says so if it is told. Raises Trouble with the end of its log when it is
    not in time.
    """
    _await(process.name, supervisor, lambda: ask(process.health))
    if told:
        say(f"  {process.name} is ready")


def _await(name: str, supervisor: Supervisor, probe: Callable[[], None]) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            probe()
            return
        except Exception as error:
            if time.monotonic() > deadline:
                log = supervisor.logs / f"{name}.log"
                tail = "\n".join(log.read_text(errors="replace").splitlines()[-15:]) if log.exists() else ""
                raise Trouble(
                    f"{name} did not come up in {PATIENCE:.0f} s: {error}\nThe end of {log}:\n{tail}"
                ) from error
        time.sleep(0.1)


def ask(url: str | None) -> None:
    """Raises unless the page answers 200, with what it says is missing."""
    if url is None:
        return
    try:
        urllib.request.urlopen(url, timeout=2).close()
    except urllib.error.HTTPError as error:
        with error:
            raise ConnectionError(error.read().decode(errors="replace")) from error


def all_ready(processes: list[Process]) -> bool:
    """Whether every process says so now."""
    try:
        for process in processes:
            ask(process.health)
    except OSError:
        return False
    return True


def in_parallel(items: Sequence[T], work: Callable[[T], None]) -> None:
    """Does the work for all items at once; the first failure is raised when all are done."""
    with ThreadPoolExecutor(max_workers=max(1, len(items))) as pool:
        for future in [pool.submit(work, item) for item in items]:
            future.result()
