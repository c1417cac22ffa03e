"""Photographs from elsewhere: only from the open world, only so large, only so long. A listener counts who came."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from media.adapters.public_addresses import all_public, is_public
from media.adapters.public_fetch import PublicFetcher
from media.domain.fetch import NotFetched
from media.settings import WorkSettings

MOST = 100_000


class Site(ThreadingHTTPServer):
    """A web server on loopback that counts connections."""

    daemon_threads = True
    came = 0

    def get_request(self):
        self.came += 1
        return super().get_request()

    @property
    def pair(self) -> str:
        return f"127.0.0.1:{self.server_port}"


class Pages(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        name, _, rest = self.path.lstrip("/").partition("?")
        if name == "to":
            self.send_response(302)
            self.send_header("Location", rest)
            self.end_headers()
            return
        self.send_response(int(rest) if name == "status" else 200)
        if name == "packed":
            self.send_header("Content-Encoding", "gzip")
        if name == "short":
            self.send_header("Content-Length", "500")
        if name == "large":
            self.send_header("Content-Length", str(10**9))
        self.end_headers()
        if name == "endless":
            while True:
                self.wfile.write(b"x" * 65536)
        if name == "slow":
            while True:
                self.wfile.write(b"x")
                time.sleep(0.05)
        self.wfile.write(b"" if name == "empty" else b"picture " + self.headers["Host"].encode())

    def handle(self) -> None:
        try:
            super().handle()
        except (BrokenPipeError, ConnectionError):
            self.close_connection = True

    def log_message(self, *_args) -> None:
        """Silent."""


@contextmanager
def serving() -> Iterator[Site]:
    site = Site(("127.0.0.1", 0), Pages)
    threading.Thread(target=site.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield site
    finally:
        site.shutdown()
        site.server_close()


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as made:
        yield made


def refusal(fetcher: PublicFetcher, url: str) -> str:
    with pytest.raises(NotFetched) as refused:
        fetcher.fetch(url, MOST)
    return refused.value.code.value


NOT_PUBLIC = """
    127.0.0.1 127.1.2.3 0.0.0.0 10.0.0.1 172.16.0.1 192.168.1.1 169.254.169.254 100.64.0.1 192.0.0.8 198.18.0.1
    224.0.0.1 255.255.255.255 240.0.0.1 192.88.99.1 ::1 :: fe80::1 fe80::1%eth0 fd00::1 fc00::1 fec0::1 ff02::1
    ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::127.0.0.1 64:ff9b::7f00:1 64:ff9b:1::1 2002:7f00:1:: 2001:0:7f00:1::1
    2001:db8::1 100::1 nonsense
"""


@pytest.mark.parametrize("address", NOT_PUBLIC.split())
def test_no_address_that_is_not_of_the_open_world_is_public(address):
    assert not is_public(address)


def test_addresses_of_the_open_world_are_public_and_a_name_with_both_kinds_is_not():
    assert all(is_public(one) for one in ("1.1.1.1", "203.74.1.1", "2606:4700:4700::1111", "::ffff:1.1.1.1"))
    assert all_public(["1.1.1.1"])
    assert not all_public(["1.1.1.1", "127.0.0.1"])
    assert not all_public([])


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "[::1]", "localhost", "2130706433", "0x7f000001", "0177.0.0.1", "127.1", "0",
     "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "127.0.0.1.", "①②⑦.0.0.1"],
)  # fmt: skip
def test_no_way_of_writing_loopback_reaches_it(site, host):
    fetcher = PublicFetcher()
    assert refusal(fetcher, f"http://{host}:{site.server_port}/") in ("address_refused", "fetch_failed")
    assert site.came == 0


@pytest.mark.parametrize(
    "url",
    ["file:///etc/passwd", "gopher://127.0.0.1/", "ftp://example.com/x", "http://", "http://user:pw@example.com/",
     "http://example.com:99999/", "http://exa mple.com/", "http://example.com/\r\nX: y", "//example.com/", "x" * 3000],
)  # fmt: skip
def test_what_is_no_plain_address_of_the_web_is_refused(url):
    asked: list[str] = []
    fetcher = PublicFetcher(resolve=lambda host, port: asked.append(host) or ["1.1.1.1"])
    assert refusal(fetcher, url) == "address_refused"
    assert asked == []


def test_other_ports_than_the_webs_are_no_way_to_look_for_services():
    fetcher = PublicFetcher(resolve=lambda host, port: ["1.1.1.1"])
    for port in (22, 25, 5432, 6379, 8080):
        assert refusal(fetcher, f"http://example.com:{port}/") == "address_refused"


def test_a_name_is_resolved_once_and_the_checked_address_is_connected_to(site):
    answers = iter([["127.0.0.1"], ["10.0.0.1"]])
    asked: list[str] = []

    def rebinding(host: str, port: int) -> list[str]:
        asked.append(host)
        return next(answers)

    fetcher = PublicFetcher(frozenset({site.pair}), resolve=rebinding)
    body = fetcher.fetch(f"http://pictures.example:{site.server_port}/a", MOST)
    assert body == f"picture pictures.example:{site.server_port}".encode()
    assert asked == ["pictures.example"]
    assert site.came == 1


def test_each_redirect_is_checked_anew(site):
    with serving() as secret:
        fetcher = PublicFetcher(frozenset({site.pair}))
        here = f"http://{site.pair}"
        for target in (
            f"http://{secret.pair}/",
            f"http://localhost:{secret.server_port}/",
            "http://169.254.169.254/",
            "file:///x",
        ):
            assert refusal(fetcher, f"{here}/to?{target}") == "address_refused"
        assert secret.came == 0
        assert fetcher.fetch(f"{here}/to?/a", MOST).startswith(b"picture")
        circle = f"{here}/to?/to?/to?/to?/to?/a"
        assert refusal(fetcher, circle) == "too_many_redirects"
        assert refusal(fetcher, f"{here}/to?") == "fetch_not_found"


@pytest.mark.parametrize(
    ("page", "code"),
    [
        ("status?404", "fetch_not_found"),
        ("status?403", "fetch_not_found"),
        ("status?500", "fetch_failed"),
        ("status?429", "fetch_failed"),
        ("packed", "fetch_not_found"),
        ("short", "fetch_failed"),
        ("empty", "fetch_not_found"),
        ("large", "image_too_large"),
        ("endless", "image_too_large"),
    ],
)
def test_an_answer_that_is_no_bounded_picture_is_refused_by_code(site, page, code):
    assert refusal(PublicFetcher(frozenset({site.pair})), f"http://{site.pair}/{page}") == code


def test_a_trickle_is_cut_off_at_the_deadline(site):
    assert refusal(PublicFetcher(frozenset({site.pair}), within=0.4), f"http://{site.pair}/slow") == "fetch_timeout"


def test_nobody_there_is_a_failure_that_passes():
    with socket.create_server(("127.0.0.1", 0)) as closed:
        pair = f"127.0.0.1:{closed.getsockname()[1]}"
    assert refusal(PublicFetcher(frozenset({pair})), f"http://{pair}/") == "fetch_failed"


def test_the_allowance_is_refused_in_production():
    needed = {"mongo_url": "m" * 20, "s3_bucket": "b", "s3_access_key_id": "k" * 20, "s3_secret_access_key": "s" * 20}
    allowed = WorkSettings(yeshi_env="production", fetch_allow=("127.0.0.1:80",), **needed)
    assert allowed.problems() == ["FETCH_ALLOW is for tests and refused in production"]
    assert WorkSettings(yeshi_env="production", **needed).problems() == []
