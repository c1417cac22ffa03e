"""Fetches from the open world, and from nowhere else: a stranger chose the address.

A name is resolved once, every address it has is checked, and the connection goes to the very address that was checked,
so a name that changes its mind in between gains nothing. Each redirect is a new address. Nothing of ours is sent along.
"""

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as Late
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import SplitResult, urljoin, urlsplit

from media.adapters.public_addresses import all_public
from media.domain.fetch import FetchCode, NotFetched

MOST_REDIRECTS = 3
RESOLVE_WITHIN, CONNECT_WITHIN, SILENCE, WITHIN = 5.0, 4.0, 5.0, 20.0  # seconds; the last for all of it
LONGEST_URL = 2000
PORTS = {"http": 80, "https": 443}
CHUNK = 64 * 1024
HEADERS = {"User-Agent": "Yeshi-photos/1", "Accept": "image/*", "Accept-Encoding": "identity", "Connection": "close"}

Resolve = Callable[[str, int], list[str]]


@dataclass(frozen=True)
class Target:
    """Where a request goes: the name it asks for, and the one address that was checked."""

    scheme: str
    host: str
    port: int
    path: str
    address: str


class PublicFetcher:
    """`allowed` are `address:port` pairs that are let pass beside the open world, for a stack on loopback."""

    def __init__(
        self, allowed: frozenset[str] = frozenset(), *, resolve: Resolve | None = None, within: float = WITHIN
    ) -> None:
        self._allowed = allowed
        self._resolve = resolve or _addresses
        self._within = within
        self._names = ThreadPoolExecutor(8, thread_name_prefix="resolve")  # the resolver knows no deadline
        self._tls = ssl.create_default_context()

    def close(self) -> None:
        """Ends the resolver's threads."""
        self._names.shutdown(wait=False, cancel_futures=True)

    def fetch(self, url: str, most: int) -> bytes:
        """What lies at this address, at most `most` bytes. Raises NotFetched."""
        deadline = time.monotonic() + self._within
        for _ in range(MOST_REDIRECTS + 1):
            target = self._target(url)
            found = self._get(target, most, deadline)
            if isinstance(found, bytes):
                return found
            url = urljoin(url, found)
        raise NotFetched(FetchCode.REDIRECTS)

    def _target(self, url: str) -> Target:
        parts, host, port = _parsed(url)
        addresses = self._resolved(host, port)
        if not all_public(addresses) and not all(_pair(one, port) in self._allowed for one in addresses):
            raise NotFetched(FetchCode.ADDRESS, "not an address of the open world")
        if port != PORTS[parts.scheme] and not any(_pair(one, port) in self._allowed for one in addresses):
            raise NotFetched(FetchCode.ADDRESS, "no port of the web")
        path = parts.path or "/"
        return Target(parts.scheme, host, port, f"{path}?{parts.query}" if parts.query else path, addresses[0])

    def _resolved(self, host: str, port: int) -> list[str]:
        try:
            addresses = self._names.submit(self._resolve, host, port).result(RESOLVE_WITHIN)
        except Late:
            raise NotFetched(FetchCode.TIMEOUT, "the name was not resolved in time") from None
        except (OSError, UnicodeError):
            raise NotFetched(FetchCode.FAILED, "the name cannot be resolved") from None
        if not addresses:
            raise NotFetched(FetchCode.FAILED, "the name has no address")
        return addresses

    def _get(self, target: Target, most: int, deadline: float) -> bytes | str:
        """The body, or where it is said to be. Whatever is slow is cut off by closing the connection."""
        try:
            raw = socket.create_connection((target.address, target.port), timeout=CONNECT_WITHIN)
        except TimeoutError:
            raise NotFetched(FetchCode.TIMEOUT, "no connection in time") from None
        except OSError as error:
            raise NotFetched(FetchCode.FAILED, f"no connection: {type(error).__name__}") from None
        raw.settimeout(SILENCE)
        cut = threading.Timer(max(0.0, deadline - time.monotonic()), _cut, [raw])
        cut.daemon = True
        cut.start()
        try:
            found = self._ask(target, raw, most)
        except NotFetched:
            raise
        except (OSError, http.client.HTTPException, ValueError) as error:
            late = isinstance(error, TimeoutError) or time.monotonic() >= deadline
            code = FetchCode.TIMEOUT if late else FetchCode.FAILED
            raise NotFetched(code, f"the answer broke off: {type(error).__name__}") from None
        finally:
            cut.cancel()
            raw.close()
        if time.monotonic() >= deadline:  # what was cut off may look as if it had ended
            raise NotFetched(FetchCode.TIMEOUT, "not within the time")
        return found

    def _ask(self, target: Target, raw: socket.socket, most: int) -> bytes | str:
        wire = self._tls.wrap_socket(raw, server_hostname=target.host) if target.scheme == "https" else raw
        connection = http.client.HTTPConnection(target.host, target.port)
        connection.sock = wire  # it never connects by itself: that would resolve the name once more
        connection.auto_open = 0
        try:
            connection.request("GET", target.path, headers={"Host": _host_header(target), **HEADERS})
            with connection.getresponse() as answer:
                if answer.status in (301, 302, 303, 307, 308):
                    location = answer.getheader("Location")
                    if not location:
                        raise NotFetched(FetchCode.MISSING, "a redirect to nowhere")
                    return location
                return _body(answer, most)
        finally:
            connection.close()
            with suppress(OSError):
                wire.close()


def _body(answer: http.client.HTTPResponse, most: int) -> bytes:
    if answer.status != 200:
        passing = answer.status >= 500 or answer.status in (408, 425, 429)
        raise NotFetched(FetchCode.FAILED if passing else FetchCode.MISSING, f"status {answer.status}")
    if answer.getheader("Content-Encoding", "identity").strip().lower() != "identity":
        raise NotFetched(FetchCode.MISSING, "a packed answer was not asked for")
    announced = answer.length
    if announced is not None and announced > most:
        raise NotFetched(FetchCode.TOO_LARGE)
    parts, size = [], 0
    while chunk := answer.read(CHUNK):
        size += len(chunk)
        if size > most:
            raise NotFetched(FetchCode.TOO_LARGE)
        parts.append(chunk)
    if announced is not None and size != announced:
        raise NotFetched(FetchCode.FAILED, "the answer broke off")
    if not size:
        raise NotFetched(FetchCode.MISSING, "an empty answer")
    return b"".join(parts)


def _parsed(url: str) -> tuple[SplitResult, str, int]:
    """The parts of an address, its host in ASCII, and its port. Raises NotFetched for what is no address of the web."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
        host = host.encode("idna").decode() if not host.isascii() else host
    except (ValueError, UnicodeError):
        raise NotFetched(FetchCode.ADDRESS, "no address") from None
    plain = url.isascii() and url.isprintable() and " " not in url
    if parts.scheme not in PORTS or not host or len(url) > LONGEST_URL or not plain:
        raise NotFetched(FetchCode.ADDRESS, "no address of the web")
    if parts.username is not None or parts.password is not None:
        raise NotFetched(FetchCode.ADDRESS, "an address with a name and password")
    return parts, host, PORTS[parts.scheme] if port is None else port


def _addresses(host: str, port: int) -> list[str]:
    """All addresses of a name. The C library also reads 2130706433, 0x7f.1 and 0177.0.0.1, as a connection would."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    return list(dict.fromkeys(str(one[4][0]) for one in found))


def _pair(address: str, port: int) -> str:
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def _host_header(target: Target) -> str:
    host = f"[{target.host}]" if ":" in target.host else target.host
    return host if target.port == PORTS[target.scheme] else f"{host}:{target.port}"


def _cut(raw: socket.socket) -> None:
    with suppress(OSError):
        raw.shutdown(socket.SHUT_RDWR)
