"""supervisord, which starts, restarts and stops what runs: its configuration, and speaking to it."""

import hashlib
import os
import subprocess
import sys
import tempfile
import time
import xmlrpc.client
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from supervisor.xmlrpc import SupervisorTransport

from yeshi_local import orphans
from yeshi_local.machine import Machine, Process
from yeshi_local.orphans import lives
from yeshi_local.servers import Server

SOCKET_PATH_LIMIT = 100  # characters; the kernel's is 108


class Calls:
    """supervisord's methods by name; each call has a connection of its own."""

    def __init__(self, socket: Path) -> None:
        self._socket = socket

    def __getattr__(self, name: str) -> Any:
        def call(*arguments: Any) -> Any:
            transport = SupervisorTransport(None, None, f"unix://{self._socket}")
            with xmlrpc.client.ServerProxy("http://127.0.0.1", transport=transport) as proxy:
                return getattr(proxy.supervisor, name)(*arguments)

        return call


class Supervisor:
    """The supervisord of one run folder."""

    def __init__(self, run: Path) -> None:
        self.run = run
        self.conf = run / "supervisord.conf"
        self.log = run / "supervisord.log"
        self.logs = run / "logs"
        self.socket = run / "supervisor.sock"
        if len(str(self.socket)) > SOCKET_PATH_LIMIT:
            mark = hashlib.sha256(str(run.resolve()).encode()).hexdigest()[:12]
            self.socket = Path(tempfile.gettempdir()) / f"yeshi-{mark}.sock"

    @property
    def rpc(self) -> "Calls":
        """supervisord's own interface. Calls raise OSError when it does not run."""
        return Calls(self.socket)

    @property
    def running(self) -> bool:
        """Whether it answers."""
        try:
            return bool(self.rpc.getState()["statename"] == "RUNNING")
        except (OSError, xmlrpc.client.Error):
            return False

    def write(self, machine: Machine) -> bool:
        """Writes the configuration; answers whether it is another one than before."""
        self.logs.mkdir(parents=True, exist_ok=True)
        sections = [
            f"[unix_http_server]\nfile={self.socket}\nchmod=0700\n",
            f"[supervisord]\nlogfile={self.log}\nlogfile_maxbytes=5MB\nlogfile_backups=2\npidfile={self.run}/supervisord.pid\n"
            f"directory={self.run}\nchildlogdir={self.logs}\nminfds=4096\nsilent=true\n{_user()}",
            "[rpcinterface:supervisor]\n"
            "supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface\n",
            *(self._server(server) for server in machine.servers),
            *(self._process(process) for process in machine.processes()),
        ]
        text = "\n".join(sections)
        if self.conf.exists() and self.conf.read_text() == text:
            return False
        self.conf.touch(0o600)
        self.conf.write_text(text)
        return True

    def start(self) -> None:
        """Starts supervisord in the background. A socket that a dead one left behind is no hindrance."""
        if not self.running:
            self.socket.unlink(missing_ok=True)
            command = [sys.executable, "-W", "ignore", "-m", "supervisor.supervisord", "-c", str(self.conf)]
            subprocess.run(command, check=True, capture_output=True, text=True)
        deadline = time.monotonic() + 10
        while not self.running:
            if time.monotonic() > deadline:
                raise TimeoutError("supervisord did not start")
            time.sleep(0.05)

    def end_orphans(self) -> int:
        """Ends what a supervisord that was killed left behind. Answers how many processes that were."""
        return 0 if self.running else orphans.end(self.socket)

    def update(self) -> None:
        """Takes over a changed configuration: what changed or went away is stopped."""
        added, changed, removed = self.rpc.reloadConfig()[0]
        for name in (*changed, *removed):
            self.rpc.stopProcessGroup(name)
            self.rpc.removeProcessGroup(name)
        for name in (*added, *changed):
            self.rpc.addProcessGroup(name)

    def state(self, name: str) -> str:
        """RUNNING, STOPPED, BACKOFF, FATAL…"""
        return str(self.rpc.getProcessInfo(name)["statename"])

    def ensure(self, name: str) -> bool:
        """Starts a process unless it runs. Answers whether it had to."""
        if self.state(name) in ("RUNNING", "STARTING"):
            return False
        self.rpc.startProcess(name, False)
        return True

    def _older_than(self, moment: float, names: Sequence[str]) -> list[str]:
        running = (info for info in self.rpc.getAllProcessInfo() if info["statename"] == "RUNNING")
        return [info["name"] for info in running if info["name"] in names and info["start"] < moment]

    def any_older_than(self, moment: float, names: Sequence[str]) -> bool:
        """Whether one of these processes was started before that time (seconds since the epoch)."""
        return bool(self._older_than(moment, names))

    def stop_older_than(self, moment: float, names: Sequence[str]) -> None:
        """Stops those of these processes that were started before that time."""
        self._stop_all(self._older_than(moment, names))

    def stop(self) -> None:
        """Stops everything: our processes first, then the servers, then supervisord."""
        if not self.running:
            return
        servers = [info["name"] for info in self.rpc.getAllProcessInfo() if info["group"].startswith("server-")]
        ours = [info["name"] for info in self.rpc.getAllProcessInfo() if not info["group"].startswith("server-")]
        for names in (ours, servers):
            self._stop_all(names)
        pid = self.rpc.getPID()
        self.rpc.shutdown()
        deadline = time.monotonic() + 30
        while lives(pid) and time.monotonic() < deadline:
            time.sleep(0.05)

    def _stop_all(self, names: Iterable[str]) -> None:
        groups = {info["name"]: f"{info['group']}:{info['name']}" for info in self.rpc.getAllProcessInfo()}
        wanted = [name for name in names if self.rpc.getProcessInfo(groups[name])["statename"] != "STOPPED"]
        for name in wanted:
            try:
                self.rpc.stopProcess(groups[name], False)
            except xmlrpc.client.Fault:
                continue  # it ended by itself meanwhile
        deadline = time.monotonic() + 40
        while time.monotonic() < deadline:
            left = [n for n in wanted if self.rpc.getProcessInfo(groups[n])["statename"] in ("RUNNING", "STOPPING")]
            if not left:
                return
            time.sleep(0.1)

    def tail(self, name: str, lines: int = 15) -> str:
        """The end of a process's log, under its name."""
        log = self.logs / f"{name}.log"
        text = log.read_text(errors="replace").splitlines()[-lines:] if log.exists() else []
        return "\n".join([f"The end of {log}:", *text])

    def restarts(self, name: str) -> int:
        """How often a process ended without being asked to, as far as the log goes back."""
        return self._logged(f"exited: {name} (")

    def killed(self, name: str) -> int:
        """How often of these it was by SIGKILL."""
        return self._logged(f"exited: {name} (terminated by SIGKILL")

    def _logged(self, words: str) -> int:
        if not self.log.exists():
            return 0
        return sum(words in line for line in self.log.read_text(errors="replace").splitlines())

    def _server(self, server: Server) -> str:
        section = self._section(
            f"server-{server.name}", server.argv, dict(server.environment), server.stop_signal, priority=100
        )
        return section + (f"user={server.user}\n" if server.user else "")

    def _process(self, process: Process) -> str:
        return self._section(process.name, process.argv, dict(process.settings), "TERM", priority=500)

    def _section(
        self, name: str, argv: Iterable[str], environment: dict[str, str], signal: str, *, priority: int
    ) -> str:
        variables = ",".join(f"{key}={_quoted(value)}" for key, value in environment.items())
        return (
            f"[program:{name}]\ncommand={' '.join(_quoted(word) for word in argv)}\n"
            f"environment={variables}\nautostart=false\nautorestart=true\nstartsecs=1\nstartretries=1000000\n"
            f"stopsignal={signal}\nstopwaitsecs=15\nstopasgroup={'true' if priority == 100 else 'false'}\n"
            f"killasgroup=true\npriority={priority}\nredirect_stderr=true\n"
            f"stdout_logfile={self.logs}/{name}.log\nstdout_logfile_maxbytes=10MB\nstdout_logfile_backups=2\n"
        )


def _quoted(text: str) -> str:
    """For supervisord's shlex, in which `%` is special too."""
    return "'" + text.replace("%", "%%") + "'"


def _user() -> str:
    return "user=root\n" if os.geteuid() == 0 else ""
