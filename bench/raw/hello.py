"""The gateway's HTTP server with nothing behind it: `hello.py PORT` answers every request alike, in bare ASGI."""

import asyncio
import sys

from granian.constants import HTTPModes, Interfaces
from granian.server.embed import Server

BODY = b'{"hello":"world"}'
START = {
    "type": "http.response.start",
    "status": 200,
    "headers": [(b"content-type", b"application/json"), (b"content-length", b"17")],
}
END = {"type": "http.response.body", "body": BODY, "more_body": False}


async def hello(scope, receive, send):
    """ASGI."""
    await send(START)
    await send(END)


if __name__ == "__main__":
    port = int(sys.argv[1])
    server = Server(
        hello, "127.0.0.1", port, interface=Interfaces.ASGINL, http=HTTPModes.http1, websockets=False, log_enabled=False
    )
    asyncio.run(server.serve())
