"""Starting: servers, the steps that run once, the processes: each as soon as what it needs is there."""

import os
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from yeshi_local.commands.addresses import table
from yeshi_local.commands.here import Trouble, machine, say
from yeshi_local.commands.readiness import all_ready, await_process, await_server, in_parallel
from yeshi_local.machine import ROOT, Machine, Process
from yeshi_local.ports import is_taken
from yeshi_local.servers import RabbitMQ, Server
from yeshi_local.supervision import Supervisor
from yeshi_local.who import holder

DISK_NEEDED = 1 << 30  # bytes; RabbitMQ blocks publishers long before a disk is full


@dataclass(frozen=True)
class Standing:
    """The stack, and how many servers and processes had to be started for it."""

    here: Machine
    servers: int
    processes: int


def up() -> None:
    """Starts what does not run yet, in order, and shows where everything is."""
    started = time.monotonic()
    standing = bring_up()
    if not (standing.servers or standing.processes):
        say(table(standing.here))
        say("全部都已在執行 everything runs already")
        return
    say(
        f"啟動了 {standing.servers} 個伺服器、{standing.processes} 個程序 servers and processes started, "
        f"{time.monotonic() - started:.1f} s"
    )


def bring_up() -> Standing:
    """Starts what does not run yet, in order. Says what it starts, and then where everything is; nothing otherwise.

    Raises Trouble.
    """
    here = machine()
    supervisor = _supervisor(here)
    _check_port(here, supervisor)
    changed, fresh = _begin_servers(here, supervisor)
    processes, names = here.processes(), [process.name for process in here.processes()]
    changed = changed or supervisor.any_older_than(_newest_source(), names)
    steps = here.steps() if fresh or changed or not all_ready(processes) else []
    begun: list[Process] = []

    def without_the_bus() -> None:
        _await_servers(here, supervisor, fresh, bus=False)
        if steps:
            here.create_databases()
        _run_steps([step for step in steps if not step.needs_bus])
        supervisor.stop_older_than(_newest_source(), names)
        begun.extend(_start(supervisor, [process for process in processes if not process.needs_bus]))

    def the_bus() -> None:
        _await_servers(here, supervisor, fresh, bus=True)
        _run_steps([step for step in steps if step.needs_bus])

    # The broker takes longer to come up than everything else together: who does not need it does not wait for it.
    in_parallel([without_the_bus, the_bus], lambda side: side())
    begun.extend(_start(supervisor, [process for process in processes if process.needs_bus]))
    if fresh or begun:
        say(table(here))
    return Standing(here, len(fresh), len(begun))


def servers() -> None:
    """Starts the servers and the doubles alone: the processes run elsewhere, in containers, which may have the port."""
    here = machine()
    supervisor = _supervisor(here)
    _, fresh = _begin_servers(here, supervisor)
    for bus in (False, True):
        _await_servers(here, supervisor, fresh, bus=bus)
    here.create_databases()
    _start(supervisor, here.doubles())


def _start(supervisor: Supervisor, processes: list[Process]) -> list[Process]:
    """Starts those that do not run, and waits for all. Answers which were started."""
    begun = [process for process in processes if supervisor.ensure(process.name)]
    in_parallel(processes, lambda process: await_process(supervisor, process, told=process in begun))
    return begun


def _supervisor(here: Machine) -> Supervisor:
    """Whoever starts the rest; what an earlier one left behind is gone."""
    supervisor = Supervisor(here.run)
    _check_disk(here.run)
    if left := supervisor.end_orphans():
        say(f"  {left} processes that an earlier run had left behind were ended")
    return supervisor


def _begin_servers(here: Machine, supervisor: Supervisor) -> tuple[bool, list[Server]]:
    """Whether there is another configuration than before, and the servers that had to be started. Waits for none."""
    for server in here.servers:
        server.prepare()
    changed = supervisor.write(here)
    if supervisor.running and changed:
        supervisor.update()
    supervisor.start()
    return changed, [server for server in here.servers if supervisor.ensure(f"server-{server.name}")]


def _await_servers(here: Machine, supervisor: Supervisor, fresh: list[Server], *, bus: bool) -> None:
    """Returns when RabbitMQ serves, or when all others do."""
    awaited = [server for server in here.servers if isinstance(server, RabbitMQ) is bus]
    in_parallel(awaited, lambda server: await_server(supervisor, server, told=server in fresh))


def _newest_source() -> float:
    """When our code was last changed: a process that began before runs the code of then."""
    sources = (path for place in ("libs", "services", "gateway", "deploy") for path in (ROOT / place).rglob("src/**/*"))
    return max(path.stat().st_mtime for path in sources if path.suffix in (".py", ".sql", ".html", ".js", ".css"))


def _check_disk(run: Path) -> None:
    free = shutil.disk_usage(run).free
    if free < DISK_NEEDED:
        raise Trouble(f"only {free >> 20} MiB are free below {run}: at least {DISK_NEEDED >> 20} MiB are needed")


def _check_port(here: Machine, supervisor: Supervisor) -> None:
    """The gateway's port must be free, or ours."""
    ours = supervisor.running and supervisor.state("gateway") in ("RUNNING", "STARTING")
    if not ours and is_taken(here.gateway_port):
        who = holder(here.gateway_port) or "another program"
        raise Trouble(
            f"port {here.gateway_port} is held by {who}: stop it, or choose another: GATEWAY_PORT=8001 make up"
        )


def _run_steps(steps: list[Process]) -> None:
    """Beside each other: none of them needs another."""
    in_parallel(steps, _run_step)


def _run_step(step: Process) -> None:
    done = subprocess.run(step.argv, env={**os.environ, **step.settings}, capture_output=True, text=True, cwd=ROOT)
    if done.returncode:
        raise Trouble(f"{step.name} failed:\n{(done.stdout + done.stderr)[-2000:]}")
    say(f"  {step.name} done")
