"""A server started by a test: stopped, killed, frozen and started again at will, and never left behind."""

import contextlib
import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

from yeshi_local.servers.base import Server

STOPS_WITHIN = 10  # seconds, for a process that is asked to stand still
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)


def _die_with_parent() -> None:
    """The kernel ends the child when its parent dies, however it dies. Source: prctl(2)."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


class DidNotStart(RuntimeError):
    """The program ended, or did not serve in time. The text holds the end of its log."""


class Program:
    """A process group with a log, started and ended by this process."""

    def __init__(
        self, argv: list[str], *, log: Path, environment: Mapping[str, str] | None = None, user: str | None = None
    ) -> None:
        self.argv = argv
        self.log = log
        self.environment = dict(environment or {})
        self.user = user
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The first process of the group."""
        if self.process is None:
            raise DidNotStart(f"{self.argv[0]} does not run")
        return self.process.pid

    @property
    def running(self) -> bool:
        """Whether the first process is alive."""
        return self.process is not None and self.process.poll() is None

    def start(self) -> None:
        """Starts the program; its output is appended to the log."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                self.argv,
                env={**os.environ, **self.environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_die_with_parent,
                user=self.user,
                group=self.user,
                extra_groups=[] if self.user else None,
                cwd="/" if self.user else None,
            )

    def send(self, number: int) -> None:
        """Sends a signal to the whole group."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, number)

    def stop(self, number: int = signal.SIGTERM, grace: float = 20) -> int:
        """Asks the group to end, kills it after `grace` seconds, and answers the exit status."""
        if self.process is None:
            return 0
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(number)
        try:
            status = self.process.wait(grace)
        except subprocess.TimeoutExpired:
            self.kill()
            status = self.process.wait()
        self.send(signal.SIGKILL)  # children it left
        return status

    def kill(self) -> None:
        """Ends the whole group as a power cut would."""
        self.send(signal.SIGKILL)
        if self.process is not None:
            self.process.wait()

    def pause(self) -> None:
        """Freezes the program with all its children: connections stay up and nothing answers.

        Returns when every thread stands still: a signal stops one at once, and the others when that one has its turn.
        """
        family = _family(self.pid)
        for pid in family:
            _signal(pid, signal.SIGSTOP)
        deadline = time.monotonic() + STOPS_WITHIN
        while not all(map(_stands_still, family)):
            if time.monotonic() > deadline:
                raise RuntimeError(f"{self.argv[0]} does not stand still")
            time.sleep(0.005)

    def resume(self) -> None:
        """Lets it go on."""
        for pid in _family(self.pid):
            _signal(pid, signal.SIGCONT)

    def said(self) -> str:
        """The whole log."""
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def tail(self, lines: int = 20) -> str:
        """The end of the log, for people."""
        return "\n".join(self.said().splitlines()[-lines:])


def _family(pid: int) -> list[int]:
    """A process and all that descend from it: PostgreSQL's servers of connections are groups of their own."""
    parents: dict[int, list[int]] = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = status.read_text().rpartition(")")[2].split()
            parents.setdefault(int(fields[1]), []).append(int(status.parent.name))
    found, waiting = [], [pid]
    while waiting:
        found.append(waiting.pop())
        waiting += parents.get(found[-1], [])
    return found


def _stands_still(pid: int) -> bool:
    """Whether all threads of a process are stopped, or it is gone."""
    for status in Path(f"/proc/{pid}/task").glob("*/stat"):
        with contextlib.suppress(OSError):
            if status.read_text().rpartition(")")[2].split()[0] not in "TtZX":
                return False
    return True


def _signal(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


class Running(Program):
    """A Server as a Program."""

    def __init__(self, server: Server) -> None:
        server.prepare()
        super().__init__(server.argv, log=server.home / "log", environment=server.environment, user=server.user)
        self.server = server

    def start(self, patience: float = 60) -> None:
        """Starts it and waits until it serves. Raises DidNotStart with the end of its log."""
        super().start()
        self.wait(patience)
        self.server.settle()

    def wait(self, patience: float = 60) -> None:
        """Waits until the server answers."""
        deadline = time.monotonic() + patience
        while True:
            try:
                self.server.probe()
                return
            except Exception as error:
                if not self.running or time.monotonic() > deadline:
                    raise DidNotStart(f"{self.server.name}: {error}\n{self.tail()}") from error
            time.sleep(0.05)
