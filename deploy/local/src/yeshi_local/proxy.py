"""A TCP proxy that breaks connections the way networks do: refused, aborted, half open, frozen."""

import contextlib
import select
import socket
import struct
import threading
from urllib.parse import urlsplit, urlunsplit

_ABORT = struct.pack("ii", 1, 0)  # SO_LINGER with no time: close() sends a reset


class Proxy:
    """Forwards a free port of loopback to another one. A thread of its own moves the bytes."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._pairs: dict[socket.socket, socket.socket] = {}
        self._silent: set[socket.socket] = set()  # sides that have said everything, and may still hear
        self._frozen = threading.Event()
        self._refusing = False
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = int(self._listener.getsockname()[1])
        self._closed = False
        threading.Thread(target=self._run, name=f"proxy-{self.port}", daemon=True).start()

    def way_to(self, url: str) -> str:
        """The same address by way of this proxy."""
        parts = urlsplit(url)
        login = f"{parts.username}:{parts.password}@" if parts.username else ""
        return urlunsplit(parts._replace(netloc=f"{login}127.0.0.1:{self.port}"))

    def cut(self) -> None:
        """Resets every connection, on both sides. New ones are forwarded."""
        with self._lock:
            for side in list(self._pairs):
                self._end(side)

    def half_open(self) -> None:
        """Resets the client's side only: the server goes on believing in it."""
        with self._lock:
            for client, server in list(self._pairs.items()):
                if client.getsockname()[1] == self.port:
                    self._pairs.pop(client, None)
                    self._pairs.pop(server, None)
                    self._silent -= {client, server}
                    self._orphans.append(server)
                    _reset(client)

    def strand(self) -> None:
        """Keeps every connection of now up and forwards nothing on it any more, as a dead middlebox does. New ones
        work.
        """
        with self._lock:
            self._orphans.extend(self._pairs)
            self._pairs.clear()
            self._silent.clear()

    _orphans: list[socket.socket] = []  # noqa: RUF012 - kept open on purpose for as long as the process lives

    def refuse(self, refusing: bool = True) -> None:
        """Cuts, and turns new connections away until called with False."""
        self._refusing = refusing
        if refusing:
            self.cut()

    def freeze(self, frozen: bool = True) -> None:
        """Keeps connections up and forwards nothing until called with False; what came meanwhile then arrives."""
        if frozen:
            self._frozen.set()
        else:
            self._frozen.clear()

    def close(self) -> None:
        """Ends the proxy."""
        self._closed = True
        self.cut()
        self._listener.close()

    def _run(self) -> None:
        while not self._closed:
            with contextlib.suppress(OSError, ValueError):
                self._turn()

    def _turn(self) -> None:
        if self._frozen.wait(0):
            self._frozen.wait(0.02)
            select.select([], [], [], 0.02)
            return
        with self._lock:
            watched = [self._listener, *(self._pairs.keys() - self._silent)]
        for ready in select.select(watched, [], [], 0.05)[0]:
            if ready is self._listener:
                self._accept()
            else:
                self._forward(ready)

    def _accept(self) -> None:
        client, _ = self._listener.accept()
        if self._refusing:
            _reset(client)
            return
        try:
            server = socket.create_connection(("127.0.0.1", self._target), timeout=2)
        except OSError:
            _reset(client)
            return
        server.settimeout(None)
        with self._lock:
            self._pairs[client], self._pairs[server] = server, client

    def _forward(self, side: socket.socket) -> None:
        other = self._pairs.get(side)
        if other is None:
            return
        try:
            data = side.recv(65536)
            if data:
                other.sendall(data)
            else:
                self._hand_on_the_end(side, other)
        except OSError:
            with self._lock:
                self._end(side)

    def _hand_on_the_end(self, side: socket.socket, other: socket.socket) -> None:
        """The other hears that there is no more when it has read what there was, as without a proxy."""
        other.shutdown(socket.SHUT_WR)
        with self._lock:
            self._silent.add(side)
            if other in self._silent:
                self._pairs.pop(side, None)
                self._pairs.pop(other, None)
                self._silent -= {side, other}
                side.close()
                other.close()

    def _end(self, side: socket.socket) -> None:
        other = self._pairs.pop(side, None)
        if other is not None:
            self._pairs.pop(other, None)
            self._silent -= {side, other}
            _reset(other)
        _reset(side)


def _reset(side: socket.socket) -> None:
    with contextlib.suppress(OSError):
        side.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _ABORT)
    side.close()
