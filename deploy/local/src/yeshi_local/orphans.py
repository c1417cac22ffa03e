"""Processes of a supervisord that was killed: they go on without it, and hold the ports of its successor.

supervisord tells each of its children where it is, in SUPERVISOR_SERVER_URL, and their children inherit it. Source:
proc(5), supervisord.org's page on subprocess environment.
"""

import os
import signal
import time
from contextlib import suppress
from pathlib import Path

GRACE = 15.0  # seconds from SIGTERM to SIGKILL


def lives(pid: int) -> bool:
    """Whether a process goes on. One that ended and whom nobody asked about, as in a container, does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def find(socket: Path) -> list[int]:
    """The pids of this machine, or container, whose supervisord listened on this socket."""
    mark = f"SUPERVISOR_SERVER_URL=unix://{socket}".encode()
    here = os.stat("/proc/self/ns/pid").st_ino  # another container may have the same path
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            same = (process / "ns" / "pid").stat().st_ino == here
            if same and mark in (process / "environ").read_bytes().split(b"\0"):
                found.append(int(process.name))
    return [pid for pid in found if pid not in _ancestors() and lives(pid)]


def end(socket: Path) -> int:
    """Ends them, by SIGKILL when SIGTERM is not enough. Answers how many there were."""
    found = find(socket)
    _signal(found, signal.SIGTERM)
    deadline = time.monotonic() + GRACE
    while find(socket) and time.monotonic() < deadline:
        time.sleep(0.1)
    _signal(find(socket), signal.SIGKILL)
    while find(socket) and time.monotonic() < deadline + 5:
        time.sleep(0.1)
    return len(found)


def _signal(pids: list[int], number: int) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)


def _ancestors() -> set[int]:
    """This process, its parent and so on: what a supervised process started may ask, too."""
    pid, found = os.getpid(), set()
    while pid > 0:
        found.add(pid)
        pid = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    return found
