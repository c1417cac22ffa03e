"""Runs one nameko service as a process: patched, watched, drained on SIGTERM."""

import logging
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import eventlet
from eventlet import patcher
from nameko.containers import ServiceContainer
from nameko.extensions import DependencyProvider

from chassis import context, health, logs
from chassis.events import EventInbox
from chassis.settings import Settings

log = logging.getLogger(__name__)

GRACE = 9.0  # seconds a process may take to drain; a supervisor kills it a little later
WORKERS = 32
HEARTBEAT = 10


@dataclass
class Runtime:
    """What the extensions of one process share. Built by `run`; extensions find it in the container's config."""

    service: str
    amqp_url: str
    application: Any
    inbox: EventInbox | None
    readiness: health.Readiness = field(default_factory=health.Readiness)
    heartbeat: int = HEARTBEAT


class Application(DependencyProvider):
    """Hands every worker the application that bootstrap built. Never raises, so it cannot end the process."""

    def get_dependency(self, worker_ctx: Any) -> Any:
        """The application."""
        return self.container.config["runtime"].application

    def worker_setup(self, worker_ctx: Any) -> None:
        """The worker's greenlet takes over the caller's trace."""
        context.adopt(worker_ctx.data.get("work") or context.Context())


def run(
    service: type,
    *,
    settings: Settings,
    amqp_url: str,
    application: Any,
    inbox: EventInbox | None = None,
    checks: dict[str, health.Check] | None = None,
    workers: int = WORKERS,
    heartbeat: int = HEARTBEAT,
    on_stopped: Callable[[], None] = lambda: None,
) -> int:
    """Serves until SIGTERM, then drains: running work ends, its replies and acknowledgements go out, new work stays in
    its queue. Answers the exit status. `checks` join those of the queues in /readyz.
    """
    if not patcher.is_monkey_patched("socket"):
        raise RuntimeError("a green service must be started through chassis.cli, which patches the process first")
    name: str = service.name  # type: ignore[attr-defined]  # nameko's convention
    logs.configure(name, settings.log_level)
    logging.getLogger("nameko.containers").addFilter(_unexpected)
    runtime = Runtime(name, amqp_url, application, inbox, heartbeat=heartbeat)
    for check_name, check in (checks or {}).items():
        runtime.readiness.add(check_name, check)
    serving = eventlet.Event()  # until then the queues' checks are not all there
    runtime.readiness.add("start", lambda: None if serving.ready() else "starting")
    server = health.serve(settings.health_host, settings.health_port, runtime.readiness)
    container = ServiceContainer(service, config={"runtime": runtime, "max_workers": workers})
    stopping = eventlet.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.ready() or stopping.send(True))
    container.start()
    serving.send(True)
    log.info("%s serves", name)
    died = eventlet.spawn(_watch, container, stopping)
    stopping.wait()
    runtime.readiness.drain()
    status = _drain(container)
    died.kill()
    on_stopped()
    if server:
        server.stop()
    log.info("%s has stopped", name)
    return status


def _watch(container: ServiceContainer, stopping: eventlet.Event) -> None:
    """A container that dies by itself ends the process, with the reason in its log."""
    try:
        container.wait()
    except Exception:
        log.exception("the container died")
    if not stopping.ready():
        stopping.send(True)


def _drain(container: ServiceContainer) -> int:
    try:
        with eventlet.Timeout(GRACE):
            container.stop()
    except eventlet.Timeout:
        log.error("draining took longer than %s s: what is left goes back to its queues", GRACE)
        logging.shutdown()
        os._exit(1)
    return 0


def _unexpected(record: logging.LogRecord) -> bool:
    """Refusals are answers, not news."""
    return not str(record.msg).startswith("(expected)")
