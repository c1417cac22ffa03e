"""`python -m yeshi_local.line --port N --data DIR`."""

import asyncio
import contextlib
import logging
import os
import signal
import socket
import sys

from granian.constants import HTTPModes, Interfaces
from granian.server.embed import Server

from yeshi_local.line.app import Double
from yeshi_local.line.config import Config, read
from yeshi_local.line.store import DataInUse

STOP_WITHIN = 3.0  # seconds for the answers under way


async def serve(config: Config) -> None:
    """Serve until SIGTERM or SIGINT. A call held by a fault does not hold the stop for more than 3 seconds."""
    double = Double(config)
    server = Server(
        double.app,
        address=config.host,
        port=config.port,
        interface=Interfaces.ASGINL,
        http=HTTPModes.http1,
        websockets=False,
        backlog=1024,
        log_enabled=False,
    )
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    double.start()
    running = asyncio.create_task(server.serve())
    waiting = asyncio.create_task(stopping.wait())
    await asyncio.wait({running, waiting}, return_when=asyncio.FIRST_COMPLETED)
    if running.done():
        waiting.cancel()
        await double.stop()
        running.result()
        return
    server.stop()
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(running, STOP_WITHIN)
    await double.stop()


def main() -> int:
    """The command line; its exit code."""
    config = read()
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((config.host, config.port))
        except OSError as error:
            print(f"cannot listen on {config.host}:{config.port}: {error.strerror}", file=sys.stderr)
            return 1
    print(f"LINE double on http://{config.host}:{config.port}/phone", flush=True)
    try:
        asyncio.run(serve(config))
    except DataInUse as error:
        print(error, file=sys.stderr)
        return 1
    sys.stdout.flush()
    os._exit(0)  # the server's own threads may still hold an answer back


if __name__ == "__main__":
    sys.exit(main())
