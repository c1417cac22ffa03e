"""A server of pictures, as a seller has them somewhere in the world: what imports name as 圖片網址."""

import io
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from PIL import Image


class Gallery(ThreadingHTTPServer):
    """A picture of each shade at `/<shade>` (0 to 255), no picture at `/text`, and how often each was asked for."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Page)
        self.asked: list[str] = []
        self.address = f"127.0.0.1:{self.server_port}"
        self.url = f"http://{self.address}"


class _Page(BaseHTTPRequestHandler):
    server: Gallery

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        body = b"no picture" if self.path == "/text" else picture(int(self.path[1:]))
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    log_message: Callable[..., None] = lambda *_: None  # silent


def picture(shade: int) -> bytes:
    """A JPEG of 40 by 30 pixels."""
    written = io.BytesIO()
    Image.new("RGB", (40, 30), (shade, 90, 20)).save(written, "JPEG")
    return written.getvalue()


@contextmanager
def gallery() -> Iterator[Gallery]:
    """One that is open for the block."""
    made = Gallery()
    threading.Thread(target=made.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield made
    finally:
        made.shutdown()
        made.server_close()
