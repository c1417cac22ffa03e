"""`python -m yeshi_local COMMAND`: the whole platform on this machine; without a command, which there are."""

import os
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
import xmlrpc.client
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import psycopg2

from yeshi_local.machine import ROOT, Machine, Process
from yeshi_local.ports import is_taken
from yeshi_local.servers import Server, ServerMissing
from yeshi_local.supervision import Supervisor
from yeshi_local.who import holder

DISK_NEEDED = 1 << 30  # bytes; RabbitMQ blocks publishers long before a disk is full
PATIENCE = 90.0  # seconds for one server or process


T = TypeVar("T")


class Trouble(RuntimeError):
    """Something a person has to know. The text says what to do."""


def machine() -> Machine:
    """This checkout's stack.

    GATEWAY_PORT, YESHI_RUN (folder), YESHI_REPLICAS (`orders=3,gateway=2`), YESHI_SETTINGS (`NAME=value,…` for every
    process), YESHI_PROXY=yes (a proxy in front of the gateways) and YESHI_DURABLE=no (tests) say where it differs from
    the usual one.
    """
    env = os.environ
    try:
        replicas = {name: int(count) for name, count in _pairs(env.get("YESHI_REPLICAS", "")).items()}
        return Machine(
            Path(env.get("YESHI_RUN") or ROOT / ".run"),
            gateway_port=int(env.get("GATEWAY_PORT") or 8000),
            outside=env,
            durable=env.get("YESHI_DURABLE") != "no",
            replicas=replicas,
            overrides=_pairs(env.get("YESHI_SETTINGS", "")),
            proxied=env.get("YESHI_PROXY") == "yes",
        )
    except ValueError as error:
        raise Trouble(f"GATEWAY_PORT, YESHI_REPLICAS or YESHI_SETTINGS: {error}") from error


def _pairs(text: str) -> dict[str, str]:
    return {name.strip(): value.strip() for name, _, value in (word.partition("=") for word in text.split(",") if word)}


def say(text: str) -> None:
    """A line of progress, at once."""
    print(text, flush=True)


def up() -> None:
    """Starts what does not run yet, in order, and shows where everything is."""
    started = time.monotonic()
    here = machine()
    supervisor, changed, fresh = _servers(here)
    changed = changed or supervisor.any_older_than(_newest_source(), [process.name for process in here.processes()])
    if fresh or changed or not _all_ready(here.processes()):
        here.create_databases()
        _run_steps(here)
    supervisor.stop_older_than(_newest_source(), [process.name for process in here.processes()])
    begun = _start(supervisor, here.processes())
    say(_table(here))
    say(f"{fresh} servers and {begun} processes started, {time.monotonic() - started:.1f} s")


def servers() -> None:
    """Starts the servers and the doubles alone: the processes run elsewhere, in containers."""
    here = machine()
    supervisor, _, _ = _servers(here)
    here.create_databases()
    _start(supervisor, here.doubles())


def _start(supervisor: Supervisor, processes: list[Process]) -> int:
    """Starts those that do not run, and waits for all. Answers how many were started."""
    begun = [process for process in processes if supervisor.ensure(process.name)]
    _in_parallel(processes, lambda process: _await_process(supervisor, process))
    return len(begun)


def _servers(here: Machine) -> tuple[Supervisor, bool, int]:
    """Whoever starts the rest, whether it has another configuration than before, and how many servers it started."""
    supervisor = Supervisor(here.run)
    _check_disk(here.run)
    if left := supervisor.end_orphans():
        say(f"  {left} processes that an earlier run had left behind were ended")
    _check_port(here, supervisor)
    for server in here.servers:
        server.prepare()
    changed = supervisor.write(here)
    if supervisor.running and changed:
        supervisor.update()
    supervisor.start()
    fresh = [server for server in here.servers if supervisor.ensure(f"server-{server.name}")]
    _in_parallel(here.servers, lambda server: _await_server(supervisor, server))
    return supervisor, changed, len(fresh)


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


def _await_server(supervisor: Supervisor, server: Server) -> None:
    name = f"server-{server.name}"
    _await(name, supervisor, server.probe)
    server.settle()
    say(f"  {server.name} serves")


def _await_process(supervisor: Supervisor, process: Process) -> None:
    _await(process.name, supervisor, lambda: _ask(process.health))
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


def _ask(url: str | None) -> None:
    """Raises unless the page answers 200, with what it says is missing."""
    if url is None:
        return
    try:
        urllib.request.urlopen(url, timeout=2).close()
    except urllib.error.HTTPError as error:
        with error:
            raise ConnectionError(error.read().decode(errors="replace")) from error


def _all_ready(processes: list[Process]) -> bool:
    try:
        for process in processes:
            _ask(process.health)
    except OSError:
        return False
    return True


def _run_steps(here: Machine) -> None:
    """Migrations beside each other, and the topology: none of them needs another."""
    _in_parallel(here.steps(), _run_step)


def _run_step(step: Process) -> None:
    done = subprocess.run(step.argv, env={**os.environ, **step.settings}, capture_output=True, text=True, cwd=ROOT)
    if done.returncode:
        raise Trouble(f"{step.name} failed:\n{(done.stdout + done.stderr)[-2000:]}")
    say(f"  {step.name} done")


def _in_parallel(items: Sequence[T], work: Callable[[T], None]) -> None:
    """Does the work for all items at once; the first failure is raised when all are done."""
    with ThreadPoolExecutor(max_workers=max(1, len(items))) as pool:
        for future in [pool.submit(work, item) for item in items]:
            future.result()


def _table(here: Machine) -> str:
    values = here.addresses()
    rows = [
        ("商店 API  gateway", here.public_url),
        ("API 文件  API pages", f"{here.public_url}/docs"),
        ("LINE 手機  LINE double's phone", f"{values['line.url']}/phone"),
        ("信箱  mailbox", "(outside)" if "SMTP_URL" in here.outside else f"{here.mailbox_url}/mailbox"),
        ("RabbitMQ 管理  management", _management(here)),
        ("PostgreSQL", values["postgres.users"].rpartition("@")[2].partition("/")[0]),
        ("MongoDB", values["mongo.url"].removeprefix("mongodb://").partition("/")[0]),
        ("S3", values["s3.url"]),
        ("MQTT", values["mqtt.url"].removeprefix("mqtt://")),
        ("SNS", values["sns.url"]),
        ("紀錄檔  logs", f"{here.run / 'logs'}  (make logs)"),
        ("密碼  secrets", str(here.run / "secrets.json")),
    ]
    return "\n" + "\n".join(f"  {name:<34} {where}" for name, where in rows) + "\n"


def _management(here: Machine) -> str:
    if "RABBITMQ_URL" in here.outside:
        return "(outside)"
    return f"http://127.0.0.1:{here.ports['management']}  (admin)"


def down() -> None:
    """Stops everything; data stays."""
    supervisor = Supervisor(machine().run)
    if not supervisor.running:
        left = supervisor.end_orphans()
        say(f"{left} processes that an earlier run had left behind were ended" if left else "nothing runs")
        return
    supervisor.stop()
    say("stopped")


def reset() -> None:
    """Stops everything and deletes its data and secrets."""
    here = machine()
    down()
    postgres = here.server("postgres")
    for folder in {here.run, getattr(postgres, "data", here.run)}:
        shutil.rmtree(folder, ignore_errors=True)
    say(f"deleted {here.run}")


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
        _ask(url)
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


def dlq() -> int:
    """Hands over to the dead queue's own command, as the broker's administrator."""
    environment = {**os.environ, "AMQP_URL": machine().addresses()["amqp.admin"]}
    arguments = sys.argv[2:] or ["list"]
    return subprocess.run([sys.executable, "-m", "chassis.dlq", *arguments], env=environment).returncode


def mirror_check() -> int:
    """Hands over to media's own command: what differs between the metadata and its mirror."""
    work = next(process for process in machine().processes() if process.name == "media-work")
    command = [sys.executable, "-m", "media", "mirror-check", *sys.argv[2:]]
    return subprocess.run(command, env={**os.environ, **work.settings}, cwd=ROOT).returncode


def demo() -> int:
    """Plays one order's story on the stack that runs here."""
    from yeshi_local.story import demo as story

    return _told(lambda: story.play(machine()))


def seed() -> int:
    """Fills the market that runs here."""
    from yeshi_local.story import seed as market

    return _told(lambda: market.fill(machine()))


def _told(story: Callable[[], int]) -> int:
    """A story that breaks off says where."""
    from httpx import TransportError

    from yeshi_local.story.api import ApiError

    try:
        return story()
    except (ApiError, AssertionError) as broken:
        raise Trouble(f"the story broke off: {broken}") from broken
    except TransportError as error:
        raise Trouble(f"nothing answers at {machine().public_url} ({error}): make up") from error


COMMANDS: dict[str, Callable[[], int | None]] = {
    "up": up,
    "servers": servers,
    "down": down,
    "status": status,
    "logs": logs,
    "reset": reset,
    "dlq": dlq,
    "mirror-check": mirror_check,
    "demo": demo,
    "seed": seed,
}


def main() -> int:
    """The command line. What a person can mend is a sentence, not a traceback."""
    command = COMMANDS.get(sys.argv[1] if len(sys.argv) > 1 else "")
    if command is None:
        print(f"usage: python -m yeshi_local {{{' | '.join(COMMANDS)}}}", file=sys.stderr)
        return 2
    try:
        return command() or 0
    except (Trouble, ServerMissing) as trouble:
        print(f"\n{trouble}", file=sys.stderr)
    except psycopg2.OperationalError as error:
        print(f"\nPostgreSQL cannot be used: {error}", file=sys.stderr)
    except (ConnectionRefusedError, FileNotFoundError) as error:
        print(f"\nnothing runs here ({error}): make up", file=sys.stderr)
    except (OSError, xmlrpc.client.Error, subprocess.SubprocessError) as error:
        print(f"\n{type(error).__name__}: {error}", file=sys.stderr)
    except KeyboardInterrupt:
        print("\nstopped waiting; what was started goes on (make status, make down)", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
