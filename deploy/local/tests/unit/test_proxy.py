"""The proxy of the tests breaks connections when it is told to, and otherwise hands on what each side sends."""

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from yeshi_local.proxy import Proxy

MUCH = 8 * 1024 * 1024  # bytes: more than the buffers in between hold


@contextlib.contextmanager
def proxied(serve: Callable[[socket.socket], None]) -> Iterator[tuple[Proxy, socket.socket]]:
    """A proxy before a server of one connection, and the client's end of that."""

    def run() -> None:
        with contextlib.suppress(OSError):
            connection, _ = listener.accept()
            with connection:
                serve(connection)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        proxy = Proxy(listener.getsockname()[1])
        server = threading.Thread(target=run)
        server.start()
        try:
            with socket.create_connection(("127.0.0.1", proxy.port), timeout=10) as client:
                yield proxy, client
        finally:
            proxy.close()
            server.join(10)


def everything(side: socket.socket) -> int:
    """Reads to the end, slowly at first, and answers how many bytes there were."""
    time.sleep(0.2)
    count = 0
    while data := side.recv(65536):
        count += len(data)
    return count


def test_who_reads_slowly_gets_the_last_byte_of_a_server_that_closes():
    with proxied(lambda server: server.sendall(b"x" * MUCH)) as (_, client):
        assert everything(client) == MUCH


def test_a_client_that_has_said_everything_still_hears_the_answer():
    def serve(server: socket.socket) -> None:
        server.sendall(str(everything(server)).encode())

    with proxied(serve) as (_, client):
        client.sendall(b"x" * MUCH)
        client.shutdown(socket.SHUT_WR)
        assert client.recv(100) == str(MUCH).encode()
        assert client.recv(100) == b""


def test_a_cut_is_a_reset():
    with proxied(lambda server: everything(server) and None) as (proxy, client):
        client.sendall(b"x")
        time.sleep(0.1)
        proxy.cut()
        with pytest.raises(ConnectionResetError):
            client.recv(100)
