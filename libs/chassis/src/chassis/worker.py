"""The `work` process of a service: plain threads that claim work and do what takes long. No nameko, no eventlet.

A task's step does one bounded piece of work in claimed rows or under a lease, so any number of such processes may run.
"""

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from chassis import context, health, logs
from chassis.ending import Ending
from chassis.errors import Unavailable
from chassis.settings import Settings

log = logging.getLogger(__name__)

GRACE = 9.0  # seconds the steps under way may take after SIGTERM
LONGEST_PAUSE = 10.0

Step = Callable[[], bool]


@dataclass(frozen=True)
class Task:
    """`step` answers whether there was work: then it is called again at once, otherwise after `every` seconds.

    `threads` is how many threads call it side by side; those without work take turns, so that together they look every
    `every` seconds. A step must return within seconds, or by its own deadline.
    """

    name: str
    step: Step
    every: float = 1.0
    threads: int = 1


class Worker:
    """Runs tasks until `stop`."""

    def __init__(self, tasks: Sequence[Task]) -> None:
        self._tasks = tasks
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Begins all tasks."""
        for task in self._tasks:
            for number in range(task.threads):
                name = f"{task.name}-{number}"
                self._threads.append(threading.Thread(target=self._run, args=(task, number), name=name, daemon=True))
        for thread in self._threads:
            thread.start()

    def stop(self, grace: float = GRACE) -> bool:
        """Begins no new step, waits for those under way, and answers whether all ended within `grace` seconds."""
        self._stopping.set()
        ends = time.monotonic() + grace
        for thread in self._threads:
            thread.join(max(0.0, ends - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def problem(self) -> str | None:
        """The name of a task whose thread is gone, or that none has begun; None while all live."""
        if not self._threads:
            return "starting"
        dead = [thread.name for thread in self._threads if not thread.is_alive()]
        return f"not running: {', '.join(dead)}" if dead else None

    def _run(self, task: Task, number: int) -> None:
        pause, turn = task.every, number + 1
        while not self._stopping.is_set():
            try:
                with context.bind(context.new()):
                    worked = task.step()
                pause = task.every
            except Unavailable as error:
                log.warning("%s waits: %s", task.name, error)
                worked, pause = False, min(max(pause, task.every, 0.2) * 2, LONGEST_PAUSE)
            except Exception:
                log.exception("%s failed; it goes on", task.name)
                worked, pause = False, min(max(pause, task.every, 0.2) * 2, LONGEST_PAUSE)
            if not worked:
                self._stopping.wait(pause * turn)
                turn = task.threads  # the first pause has set the threads apart


def run(
    name: str,
    *,
    settings: Settings,
    tasks: Sequence[Task],
    checks: Mapping[str, health.Check],
    on_stopped: Callable[[], None] = lambda: None,
) -> int:
    """Works until SIGTERM, then ends the steps under way. Answers the exit status. `checks` make up /readyz."""
    logs.configure(name, settings.log_level)
    worker = Worker(tasks)
    readiness = health.Readiness()
    for check_name, check in checks.items():
        readiness.add(check_name, check)
    readiness.add("tasks", worker.problem)
    server = health.serve(settings.health_host, settings.health_port, readiness)
    ending = Ending()
    worker.start()
    log.info("%s works", name)
    ending.wait()
    readiness.drain()
    clean = worker.stop()
    on_stopped()
    if server:
        server.stop()
    log.info("%s has stopped", name)
    return 0 if clean else 1
