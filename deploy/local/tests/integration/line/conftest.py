"""A double of its own for each test module, and a shop's webhook address that remembers what it was sent."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from yeshi_local.line.client import LineDouble
from yeshi_local.ports import free_port


class Program:
    """The double as a process."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers."""
        command = [sys.executable, "-m", "yeshi_local.line", "--port", str(self.port), "--data", str(self.data)]
        environment = {"PATH": os.environ["PATH"], "PYTHONWARNINGS": "error"}
        self.process = subprocess.Popen(command, env=environment)
        deadline = time.monotonic() + 20
        while True:
            with contextlib.suppress(httpx.TransportError):
                if httpx.get(f"{self.url}/healthz", trust_env=False).status_code == 200:
                    return
            assert self.process.poll() is None, "the double ended while starting"
            assert time.monotonic() < deadline, "the double did not start"
            time.sleep(0.05)

    def stop(self, number: int = signal.SIGTERM) -> int:
        """End it; its exit code."""
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(timeout=10)


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """A running double."""
    started = Program(tmp_path_factory.mktemp("line"))
    started.start()
    yield started
    if started.process is not None and started.process.poll() is None:
        started.stop()


@pytest.fixture
def line(program: Program) -> Iterator[LineDouble]:
    """The module's double with nothing in it."""
    with LineDouble(program.url) as double:
        double.reset()
        yield double


@dataclass
class Shop:
    """A webhook receiver."""

    url: str
    bodies: list[bytes] = field(default_factory=list)
    signatures: list[str] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)  # answers to give first; then 200
    seconds: float = 0.0  # how long each answer takes


@pytest.fixture
def shop(line: LineDouble) -> Iterator[Shop]:
    """A shop whose webhook address is registered with the double."""
    received: Shop

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", "0")))
            received.bodies.append(body)
            received.signatures.append(self.headers.get("X-Line-Signature", ""))
            if received.seconds:
                time.sleep(received.seconds)
            with contextlib.suppress(OSError):
                self.send_response(received.statuses.pop(0) if received.statuses else 200)
                self.send_header("content-length", "0")
                self.end_headers()

        def do_GET(self) -> None:  # LINE Pay calls confirmUrl this way
            self.do_POST()

        def log_message(self, format: str, *args: object) -> None:
            """Stay quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    received = Shop(url=f"http://127.0.0.1:{server.server_address[1]}/hook")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    line.settings(webhook_url=received.url)
    yield received
    line.settings(webhook_url="")
    server.shutdown()
    server.server_close()


@pytest.fixture
def eventually() -> Callable[[Callable[[], bool]], None]:
    """Polls until a condition holds."""

    def wait(condition: Callable[[], bool], seconds: float = 10) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, "it never came true"
            time.sleep(0.02)

    return wait
