"""`/metrics`, `/healthz` and `/readyz` of a process, answered beside its work and never behind it.

The same code serves green, async and plain processes: a threading server in a thread, which is a greenlet where the
process is patched.
"""

import logging
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import msgspec
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from chassis import metrics

log = logging.getLogger(__name__)

Check = Callable[[], str | None]


class Readiness:
    """Named checks; each answers None, or a sentence that says what is missing. Checks must be quick."""

    def __init__(self) -> None:
        self._checks: dict[str, Check] = {}
        self._draining = False

    def add(self, name: str, check: Check) -> None:
        """Another thing that has to be there."""
        self._checks[name] = check

    def drain(self) -> None:
        """From now on not ready: the process is about to end."""
        self._draining = True

    def problems(self) -> dict[str, str]:
        """What is missing now, by check."""
        found = {"process": "draining"} if self._draining else {}
        asked: set[str] = set()
        # Those that join while another is asked are asked as well, or a process would be ready before its queues are.
        while waiting := [name for name in self._checks if name not in asked]:
            for name in waiting:
                if problem := _asked(self._checks[name]):
                    found[name] = problem
            asked.update(waiting)
        metrics.ready.set(0 if found else 1)
        return found


def _asked(check: Check) -> str | None:
    try:
        return check()
    except Exception as error:  # noqa: BLE001 - a check that fails is a problem to report, whatever it raised
        return f"{type(error).__name__}: {error}"


class _Handler(BaseHTTPRequestHandler):
    server: "_Server"
    server_version = "yeshi"
    sys_version = ""
    timeout = 5

    def do_GET(self) -> None:
        if self.path == "/healthz":
            self._answer(200, "application/json", b'{"status":"alive"}')
        elif self.path == "/readyz":
            problems = self.server.readiness.problems()
            body = msgspec.json.encode({"status": "not ready" if problems else "ready", "problems": problems})
            self._answer(503 if problems else 200, "application/json", body)
        elif self.path == "/metrics":
            self._answer(200, CONTENT_TYPE_LATEST, generate_latest())
        else:
            self._answer(404, "application/json", b'{"code":"not_found"}')

    def do_HEAD(self) -> None:
        self.do_GET()

    def _answer(self, status: int, content_type: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Probes come every second; they are not news."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    readiness: Readiness


class HealthServer:
    """Serves the three pages on its own port until `stop`. Port 0 in the settings means: no server."""

    def __init__(self, host: str, port: int, readiness: Readiness) -> None:
        self._server = _Server((host, port), _Handler)
        self._server.readiness = readiness
        self._host = host
        self.port = self._server.server_address[1]
        self._stopping = False
        self._thread = threading.Thread(target=self._serve, name="health", daemon=True)

    def start(self) -> None:
        """Begins to answer, in a thread of its own."""
        self._thread.start()

    def stop(self) -> None:
        """Ends the answers and frees the port."""
        self._stopping = True
        with suppress(OSError), socket.create_connection((self._host, self.port), timeout=1):
            pass  # wakes the thread: it sleeps until somebody comes, where serve_forever would look around all day
        self._thread.join(1)  # a port that is closed under it would be its error
        self._server.server_close()

    def _serve(self) -> None:
        while not self._stopping:
            self._server.handle_request()


def serve(host: str, port: int, readiness: Readiness) -> HealthServer | None:
    """Starts the health server of a process, if it has a port."""
    if not port:
        return None
    server = HealthServer(host, port, readiness)
    server.start()
    log.info("health on %s:%s", host, server.port)
    return server
