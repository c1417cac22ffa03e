"""A platform whose processes are containers: what the fault runs do to processes, done to what compose started."""

import json
import os
import shutil
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from yeshi_local import front
from yeshi_local.containers import beside
from yeshi_local.containers.compose import HEALTH_PORT
from yeshi_local.machine import ROOT
from yeshi_local.platform import NotUp, Platform
from yeshi_local.testing import ready, until

STOPPING = 20  # seconds, as the compose file has it
SLOWLY = 180.0  # seconds until all are ready: they start beside each other


class ComposePlatform(Platform):
    """The compose file with `replicas` of some services, beside native servers below `run`.

    Containers are named as processes are: `orders`, `orders-2`. Killing takes the right to signal their processes: root
    on a Linux machine that runs the engine itself.
    """

    def __init__(self, run: Path, *, replicas: Mapping[str, int], settings: Mapping[str, str]) -> None:
        super().__init__(run, settings=settings, proxied=True)
        self._scale = dict(replicas)
        self._project = f"yeshi-{run.parent.name.rpartition('-')[2].lower()}"
        self._override = run / "compose.override.json"
        self._override.write_text(beside.override(settings))
        self._no_env = run / "empty.env"  # the checkout's own .env is another stack's
        self._no_env.touch()
        self._forwarder: subprocess.Popen[bytes] | None = None
        self._containers: dict[str, str] = {}
        self._restarted: Counter[str] = Counter()
        self._killed: Counter[str] = Counter()

    # -- the whole -------------------------------------------------------------------------------------------------

    def up(self) -> str:
        """Starts the native servers, runs the steps and starts the containers. Raises NotUp."""
        said = self._command("servers")
        running = [name for name in beside.ours() if name not in beside.steps()]
        if self._forwarder is None:
            self._compose("up", "--no-start", "--no-deps", *running, "proxy")  # makes the networks
            self._forwarder = subprocess.Popen(front.command(self.run, beside.forwarding(self.machine)))
            with ThreadPoolExecutor(2) as pool:
                list(pool.map(self._step, beside.steps()))
        scale = [word for name, count in self._scale.items() for word in ("--scale", f"{name}={count}")]
        self._compose("up", "-d", "--no-deps", "--no-recreate", *scale, *running, "proxy")
        self._containers = self._named()
        self.wait_all(SLOWLY)
        return said

    def change(self, *, replicas: Mapping[str, int], settings: Mapping[str, str], proxied: bool = False) -> None:
        """The containers stay what they were started as. Raises ValueError when others are wanted."""
        if not proxied or dict(replicas) != self._scale:
            raise ValueError("containers are played with their replicas behind their proxy only")

    def reset(self) -> None:
        """Removes the containers, their networks and volumes, and the native servers."""
        try:
            self._compose("down", "--volumes", "--timeout", str(STOPPING))
        finally:
            if self._forwarder is not None:
                self._forwarder.terminate()
                self._forwarder.wait()
            super().reset()

    def _step(self, name: str) -> None:
        self._compose("run", "--rm", "--no-deps", "-T", name)

    def _compose(self, *words: str) -> str:
        files = ("-f", str(ROOT / "docker-compose.yml"), "-f", str(self._override))
        where = ("--project-directory", str(ROOT), "--project-name", self._project, "--env-file", str(self._no_env))
        compose = ("docker-compose",) if shutil.which("docker-compose") else ("docker", "compose")
        return _run(*compose, *files, *where, *words, environment=beside.environment(self.machine))

    def _named(self) -> dict[str, str]:
        """The names of all running services' containers, with their ids."""
        labels = [f"label=com.docker.compose.{name}" for name in (f"project={self._project}", "oneoff=False")]
        form = '{{.ID}} {{.Label "com.docker.compose.service"}} {{.Label "com.docker.compose.container-number"}}'
        listed = _run("docker", "ps", "-a", "--filter", labels[0], "--filter", labels[1], "--format", form)
        found = {}
        for line in sorted(listed.splitlines(), key=lambda line: line.split()[1:]):
            container, service, number = line.split()
            found[service if number == "1" else f"{service}-{number}"] = container
        return found

    # -- one container ---------------------------------------------------------------------------------------------

    def names(self) -> list[str]:
        """Every container of ours, and the proxy."""
        return list(self._containers)

    def _state(self, name: str, form: str) -> str:
        return _run("docker", "inspect", "--format", form, self._containers[name]).strip()

    def pid(self, name: str) -> int:
        """The pid of its first process on this machine; 0 while it does not run."""
        return int(self._state(name, "{{.State.Pid}}")) if name in self._containers else super().pid(name)

    def kill(self, name: str) -> None:
        """SIGKILL from outside, as the kernel does. The engine starts it again; after `docker kill` it would not."""
        if name not in self._containers:
            super().kill(name)
        elif pid := self.pid(name):
            os.kill(pid, signal.SIGKILL)
            self._killed[name] += 1

    def stop(self, name: str) -> None:
        """SIGTERM, and it stays down."""
        if name not in self._containers:
            super().stop(name)
            return
        self._restarted[name] += int(self._state(name, "{{.RestartCount}}"))  # a start by hand counts from 0 again
        _run("docker", "stop", "--time", str(STOPPING), self._containers[name])

    def start(self, name: str, *, wait: bool = True) -> None:
        """Starts a stopped one, and waits until it is ready."""
        if name not in self._containers:
            super().start(name, wait=wait)
            return
        _run("docker", "start", self._containers[name])
        if wait:
            self.wait(name)

    def wait(self, name: str, patience: float = 60) -> None:
        """Returns when it says that it is ready. Raises AssertionError."""
        if name not in self._containers:
            super().wait(name, patience)
            return
        until(lambda: ready(self._page(name)), patience)

    def answers(self, name: str) -> bool:
        """Whether it runs."""
        return self.pid(name) > 0

    def wait_all(self, patience: float = 60) -> None:
        """Returns when every one is ready, `patience` seconds from now at the latest. Raises AssertionError."""
        deadline = time.monotonic() + patience
        for name in self.names():
            self.wait(name, max(1.0, deadline - time.monotonic()))

    def restarts(self, name: str) -> int:
        """How often the engine had to start it again."""
        return self._restarted[name] + int(self._state(name, "{{.RestartCount}}"))

    def killed(self, name: str) -> int:
        """How often it was killed here."""
        return self._killed[name]

    def tail(self, name: str, lines: int) -> str:
        """The end of its log, under its name."""
        return f"The end of {name}:\n{_run('docker', 'logs', '--tail', str(lines), self._containers[name])}"

    def _page(self, name: str) -> str:
        """Where it answers /readyz. Its address may be another one after each start."""
        if name == "proxy":
            return self.url
        networks = json.loads(self._state(name, "{{json .NetworkSettings.Networks}}"))
        address = next(one["IPAddress"] for one in networks.values() if one["IPAddress"])
        return f"http://{address}:{HEALTH_PORT}"


def _run(*command: str, environment: Mapping[str, str] | None = None) -> str:
    """What it said. Raises NotUp with that when it failed."""
    done = subprocess.run(command, env={**os.environ, **(environment or {})}, capture_output=True, text=True, cwd=ROOT)
    if done.returncode:
        raise NotUp(f"{' '.join(command[:2])} … {' '.join(command[-4:])}: {(done.stdout + done.stderr)[-3000:]}")
    return done.stdout + done.stderr if command[1] == "logs" else done.stdout
