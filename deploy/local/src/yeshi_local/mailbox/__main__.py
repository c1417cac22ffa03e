"""`python -m yeshi_local.mailbox`, with MAILBOX_SMTP_PORT, MAILBOX_HTTP_PORT and MAILBOX_DATA (a folder)."""

import asyncio
import os
import signal
import sys
from pathlib import Path

from granian.constants import HTTPModes, Interfaces
from granian.server.embed import Server

from yeshi_local.mailbox.box import Box
from yeshi_local.mailbox.pages import app
from yeshi_local.mailbox.smtp import LONGEST_LINE, Smtp

HOST = os.environ.get("MAILBOX_HOST", "127.0.0.1")


async def serve(smtp_port: int, http_port: int, data: Path) -> None:
    """Serves until SIGTERM or SIGINT."""
    box = Box(data)
    mail = await asyncio.start_server(Smtp(box.keep), HOST, smtp_port, limit=LONGEST_LINE)
    pages = Server(
        app(box),
        address=HOST,
        port=http_port,
        interface=Interfaces.ASGINL,
        http=HTTPModes.http1,
        websockets=False,
        log_enabled=False,
    )
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    running, waiting = asyncio.create_task(pages.serve()), asyncio.create_task(stopping.wait())
    await asyncio.wait({running, waiting}, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    mail.close()
    if running.done():
        running.result()
    pages.stop()
    await running


def main() -> int:
    """The process."""
    env = os.environ
    print(f"mailbox on http://{HOST}:{env['MAILBOX_HTTP_PORT']}/mailbox", flush=True)
    asyncio.run(serve(int(env["MAILBOX_SMTP_PORT"]), int(env["MAILBOX_HTTP_PORT"]), Path(env["MAILBOX_DATA"])))
    return 0


if __name__ == "__main__":
    sys.exit(main())
