"""What runs, and what it says."""

import subprocess
import sys
from pathlib import Path

from yeshi_local.commands.here import Trouble, machine, say
from yeshi_local.commands.readiness import ask
from yeshi_local.supervision import Supervisor


def status() -> int:
    """A line per process: state, how long, restarts, ready."""
    here = machine()
    supervisor = Supervisor(here.run)
    if not supervisor.running:
        say("nothing runs: make up")
        return 1
    pages = {process.name: process.health for process in here.processes()}
    good = True
    say(f"  {'process':<20} {'state':<10} {'up':>10} {'restarts':>9}  ready")
    for info in supervisor.rpc.getAllProcessInfo():
        name, state = info["name"], info["statename"]
        seconds = info["now"] - info["start"] if state == "RUNNING" else 0
        readiness = _readiness(pages.get(name)) if name in pages else ""
        good = good and state == "RUNNING" and readiness in ("", "yes")
        say(f"  {name:<20} {state:<10} {seconds:>8} s {supervisor.restarts(name):>9}  {readiness}")
    return 0 if good else 1


def _readiness(url: str | None) -> str:
    try:
        ask(url)
    except OSError as error:
        return f"no: {error}"
    return "yes"


def logs() -> int:
    """Follows the logs of all our processes, or of the one named."""
    supervisor = Supervisor(machine().run)
    names = sys.argv[2:] or [info["name"] for info in supervisor.rpc.getAllProcessInfo()]
    files = [str(supervisor.logs / f"{name}.log") for name in names]
    missing = [file for file in files if not Path(file).exists()]
    if missing:
        raise Trouble(
            f"no log {missing[0]}; processes: {', '.join(sorted(p.stem for p in supervisor.logs.glob('*.log')))}"
        )
    return subprocess.run(["tail", "-n", "50", "-F", *files]).returncode
