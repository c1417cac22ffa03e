"""Photographs by address: nobody makes us connect to ourselves, to our neighbours, or to a cloud's own pages."""

import http.server
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from media.adapters.public_addresses import is_public
from media.adapters.public_fetch import PublicFetcher
from media.domain.fetch import FetchCode, NotFetched

MOST = 1 << 20
PICTURE = b"\xff\xd8\xff picture"


@dataclass
class Listener:
    """A server on loopback that counts who connects; `moved` are its redirects."""

    port: int = 0
    connections: list[str] = field(default_factory=list)
    moved: dict[str, str] = field(default_factory=dict)


@pytest.fixture(scope="module")
def listener() -> Iterator[Listener]:
    """What must not be reached, unless it was let."""
    made = Listener()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            made.connections.append(self.path)
            if self.path in made.moved:
                self.send_response(302)
                self.send_header("Location", made.moved[self.path])
                self.end_headers()
                return
            self.send_response(200)
            self.send_header("Content-Length", str(len(PICTURE)))
            self.end_headers()
            self.wfile.write(PICTURE)

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.port = server.server_address[1]
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield made
    server.shutdown()
    server.server_close()


@pytest.fixture
def fetcher() -> Iterator[PublicFetcher]:
    made = PublicFetcher()
    yield made
    made.close()


LOOPBACKS = [
    "http://127.0.0.1:{port}/",
    "http://localhost:{port}/",
    "http://LOCALHOST:{port}/",
    "http://127.1:{port}/",
    "http://127.0.1:{port}/",
    "http://2130706433:{port}/",
    "http://0x7f000001:{port}/",
    "http://0x7f.0.0.1:{port}/",
    "http://0177.0.0.1:{port}/",
    "http://017700000001:{port}/",
    "http://0.0.0.0:{port}/",
    "http://0:{port}/",
    "http://[::1]:{port}/",
    "http://[::]:{port}/",
    "http://[::ffff:127.0.0.1]:{port}/",
    "http://[::ffff:7f00:1]:{port}/",
    "http://[::127.0.0.1]:{port}/",
    "http://[64:ff9b::127.0.0.1]:{port}/",
    "http://[2002:7f00:1::]:{port}/",
    "http://127.0.0.1.:{port}/",
    "http://①②⑦.⓪.⓪.①:{port}/",
    "http://127。0。0。1:{port}/",
    "http://example.com@127.0.0.1:{port}/",
    "http://user:pw@127.0.0.1:{port}/",
    "http://127.0.0.1:{port}#@example.com/",
    "http://127.0.0.1:{port}\\@example.com/",
    "http://127.0.0.1%00.example.com:{port}/",
    "http://127.0.0.1%2eexample.com:{port}/",
    "http://127.0.0.1\t:{port}/",
    "http://127.0.0.1\r\nHost: x:{port}/",
    "http:127.0.0.1:{port}/",
    "http:///127.0.0.1:{port}/",
    "//127.0.0.1:{port}/",
    "https://127.0.0.1:{port}/",
]
ELSEWHERE = [
    "http://169.254.169.254/latest/meta-data/",
    "http://169.254.170.2/v2/credentials",
    "http://[fd00:ec2::254]/latest/meta-data/",
    "http://100.100.100.200/latest/meta-data/",
    "http://10.0.0.1/",
    "http://172.16.0.1/",
    "http://192.168.1.1/",
    "http://100.64.0.1/",
    "http://198.18.0.1/",
    "http://224.0.0.1/",
    "http://255.255.255.255/",
    "http://[fe80::1]/",
    "http://[fe80::1%25lo]/",
    "http://[fc00::1]/",
    "http://[ff02::1]/",
    "http://93.184.216.34:22/",
    "http://93.184.216.34:6379/",
    "file:///etc/passwd",
    "file://127.0.0.1/etc/passwd",
    "gopher://127.0.0.1:6379/_FLUSHALL",
    "ftp://127.0.0.1/",
    "dict://127.0.0.1:11211/",
    "ldap://127.0.0.1/",
    "data:image/png;base64,AAAA",
    "javascript:alert(1)",
    "jar:http://127.0.0.1!/",
    "netdoc:///etc/passwd",
    "",
    "/etc/passwd",
    "http://",
    "http://:80/",
    "http://x:99999/",
    "http://" + "a" * 3000,
]


@pytest.mark.parametrize("url", LOOPBACKS)
def test_no_spelling_of_loopback_is_connected_to(fetcher, listener, url):
    with pytest.raises(NotFetched):
        fetcher.fetch(url.format(port=listener.port), MOST)
    assert listener.connections == []


@pytest.mark.parametrize("url", ELSEWHERE)
def test_nothing_but_the_open_web_is_asked(fetcher, monkeypatch, url):
    def connect(*_: object, **__: object) -> None:
        raise AssertionError("a connection was tried")

    monkeypatch.setattr(socket, "create_connection", connect)
    with pytest.raises(NotFetched) as refused:
        fetcher.fetch(url, MOST)
    assert refused.value.code in (FetchCode.ADDRESS, FetchCode.FAILED)


def allowed(listener: Listener, answers: list[list[str]], port: int | None = None) -> PublicFetcher:
    """One that takes the listener for public, and a resolver that answers so in turn."""
    waiting = list(answers)

    def resolve(_host: str, _port: int) -> list[str]:
        return waiting.pop(0) if len(waiting) > 1 else waiting[0]

    return PublicFetcher(frozenset({f"127.0.0.1:{port or listener.port}"}), resolve=resolve)


def test_the_listener_would_be_reached_if_it_were_let(listener):
    fetcher = allowed(listener, [["127.0.0.1"]])
    assert fetcher.fetch(f"http://pictures.example:{listener.port}/a.jpg", MOST) == PICTURE
    assert listener.connections == ["/a.jpg"]
    listener.connections.clear()
    fetcher.close()


@pytest.mark.parametrize(
    "target",
    [
        "http://127.0.0.2:{port}/secret",
        "http://localhost:1/secret",
        "http://169.254.169.254/",
        "file:///etc/passwd",
        "//[::1]:{port}/",
    ],
)
def test_a_redirect_is_an_address_like_any_other(listener, target):
    fetcher = PublicFetcher(frozenset({f"127.0.0.1:{listener.port}"}))
    listener.moved["/moved"] = target.format(port=listener.port)
    with pytest.raises(NotFetched) as refused:
        fetcher.fetch(f"http://127.0.0.1:{listener.port}/moved", MOST)
    assert refused.value.code in (FetchCode.ADDRESS, FetchCode.FAILED)
    assert listener.connections == ["/moved"]
    listener.connections.clear()
    fetcher.close()


def test_redirects_come_to_an_end(listener):
    fetcher = allowed(listener, [["127.0.0.1"]])
    listener.moved["/round"] = "/round"
    with pytest.raises(NotFetched) as refused:
        fetcher.fetch(f"http://pictures.example:{listener.port}/round", MOST)
    assert refused.value.code is FetchCode.REDIRECTS
    assert len(listener.connections) < 10
    listener.connections.clear()
    fetcher.close()


def test_a_name_that_changes_its_mind_gains_nothing(monkeypatch):
    """It is resolved once, and the connection goes to the very address that was checked."""
    asked: list[tuple[str, int]] = []

    def connect(address: tuple[str, int], **_: object) -> None:
        asked.append(address)
        raise OSError("not in this test")

    monkeypatch.setattr(socket, "create_connection", connect)
    answers = iter([["93.184.216.34"], ["127.0.0.1"]])
    fetcher = PublicFetcher(resolve=lambda host, port: next(answers))
    with pytest.raises(NotFetched):
        fetcher.fetch("http://rebind.example/", MOST)
    assert asked == [("93.184.216.34", 80)]
    fetcher.close()


def test_a_name_with_a_public_and_a_private_address_is_a_trap(listener):
    fetcher = PublicFetcher(resolve=lambda host, port: ["93.184.216.34", "127.0.0.1"])
    with pytest.raises(NotFetched) as refused:
        fetcher.fetch("http://both.example/", MOST)
    assert refused.value.code is FetchCode.ADDRESS
    assert listener.connections == []
    fetcher.close()


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "2001:4860:4860::8888", "2400:cb00:2048:1::c629:d7a2"])
def test_the_open_world_is_public(address):
    assert is_public(address)
