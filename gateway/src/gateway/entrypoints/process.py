"""The process: one event loop for the HTTP server and the bus, and an orderly end."""

import asyncio
import logging
import signal
import sys

from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.server.embed import Server

from chassis import health, logs
from chassis.settings import load_or_exit
from gateway.bootstrap import Gateway, build
from gateway.entrypoints.app import build_app
from gateway.settings import GatewaySettings

log = logging.getLogger(__name__)

BACKLOG = 2048
MOST_AT_ONCE = 12_000  # requests under way, open streams among them
HEADER_PATIENCE = 25_000  # milliseconds for a request's head, and for the next one on an idle connection
GRACE = 8.0  # seconds for requests under way


def start(_arguments: list[str]) -> int:
    """The process. Answers the exit status."""
    settings = load_or_exit(GatewaySettings)
    if problems := settings.problems():
        for problem in problems:
            print(f"settings: {problem}", file=sys.stderr)  # noqa: T201 - logging is not configured yet
        return 2
    logs.configure("gateway", settings.log_level)
    asyncio.run(serve(settings))
    return 0


async def serve(settings: GatewaySettings) -> None:
    """Serves until SIGTERM, then says that it goes, answers what is under way, ends the streams and goes."""
    gateway = build(settings)
    server = Server(
        build_app(gateway.door),
        settings.http_host,
        settings.http_port,
        interface=Interfaces.ASGINL,
        http=HTTPModes.http1,
        websockets=False,
        backlog=BACKLOG,
        backpressure=MOST_AT_ONCE,
        log_enabled=False,
        http1_settings=HTTP1Settings(header_read_timeout=HEADER_PATIENCE, max_buffer_size=64 * 1024),
    )
    pages = health.serve(settings.health_host, settings.health_port, gateway.door.readiness)
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    gateway.start()
    serving = asyncio.create_task(server.serve())
    stopped = asyncio.create_task(stopping.wait())
    log.info("the door is open on %s:%s", settings.http_host, settings.http_port)
    try:
        await asyncio.wait([serving, stopped], return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopped.cancel()
        await _drain(gateway, server, serving, settings.drain_seconds)
        await gateway.close()
        if pages:
            pages.stop()
        log.info("gateway has stopped")


async def _drain(gateway: Gateway, server: Server, serving: "asyncio.Task[None]", notice: float) -> None:
    """For `notice` seconds it serves on, not ready and ending each connection with its answer: a proxy in front sees
    that and sends its requests elsewhere, so that none is on its way when the listener closes.
    """
    door = gateway.door
    door.draining = True
    door.readiness.drain()
    await asyncio.wait([serving], timeout=notice)
    door.hub.close()
    server.stop()
    try:
        async with asyncio.timeout(GRACE):
            await serving
    except TimeoutError:
        log.warning("some requests did not end in time")
