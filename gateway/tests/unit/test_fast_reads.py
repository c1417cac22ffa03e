"""The fast path: what it answers itself, with which headers, and what it leaves to the framework."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from chassis.errors import Refusal, Unavailable
from gateway.adapters.fast_reads import FastReads
from gateway.adapters.object_store import Picture
from gateway.application.addresses import Addresses
from gateway.application.cards import Card

PRODUCT = "01900000-0000-7000-8000-000000000001"
DRAFT = "01900000-0000-7000-8000-000000000002"
PATH = f"/v1/products/{PRODUCT}"
BODY, ETAG = b'{"name":"tea"}', b'"c3.m2.s4"'
TOKEN = (b"authorization", b"Bearer x")


class FakeCards:
    """Holds one card, or fetches it; `refusal` is raised instead of fetching."""

    def __init__(self) -> None:
        self.alive = True
        self.held: Card | None = Card(BODY, ETAG.decode(), "s-1")
        self.fetched: Card | None = None
        self.refusal: Refusal | None = None

    def peek(self, product_id: str) -> Card | None:
        return self.held if product_id == PRODUCT else None

    async def get(self, product_id: str) -> Card | None:
        if self.refusal:
            raise self.refusal
        return self.fetched


class FakeStore:
    def __init__(self) -> None:
        self.refusal: Refusal | None = None
        self.closed = False

    def kept(self, key: str) -> Picture | None:
        return Picture("image/webp", 4, b"webp") if key == "kept.webp" else None

    async def open(self, key: str) -> Picture | None:
        if self.refusal:
            raise self.refusal
        return Picture("image/jpeg", 6, None, self) if key == "large.jpg" else None

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield b"abc"
        yield b"def"

    async def aclose(self) -> None:
        self.closed = True


class FakeLimits:
    def __init__(self) -> None:
        self.wait = 0.0
        self.keys: list[str] = []

    def take(self, key: str) -> float:
        self.keys.append(key)
        return self.wait


class Front:
    """FastReads with everything around it in memory."""

    def __init__(self) -> None:
        self.cards, self.store, self.limits = FakeCards(), FakeStore(), FakeLimits()
        self.passed: list[str] = []
        self.draining = False
        self.app = FastReads(
            self.inner,
            self.cards,
            self.store,
            self.limits,
            addresses=Addresses(["127.0.0.1"]),
            refused=lambda refusal: (
                {"not_found": 404, "too_many_requests": 429}.get(refusal.code, 503),
                {"content-type": "application/problem+json"},
                refusal.code.encode(),
            ),
            origins=["https://shop.test"],
            draining=lambda: self.draining,
        )

    async def inner(self, scope, receive, send) -> None:
        self.passed.append(f"{scope.get('method', scope['type'])} {scope['path']}")
        await send({"type": "http.response.start", "status": 299, "headers": []})
        await send({"type": "http.response.body", "body": b"inner"})

    def ask(self, path: str, *headers: tuple[bytes, bytes], method: str = "GET", query: bytes = b"") -> "Answer":
        answer = Answer()
        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "query_string": query,
            "headers": list(headers),
            "client": ("127.0.0.1", 5),
        }

        async def receive() -> dict[str, Any]:
            raise AssertionError("a read has no body")

        asyncio.run(self.app(scope, receive, answer.send))
        return answer


class Answer:
    def __init__(self) -> None:
        self.status, self.headers, self.body, self.ended = 0, {}, b"", False

    async def send(self, message) -> None:
        if message["type"] == "http.response.start":
            self.status, self.headers = message["status"], dict(message["headers"])
            assert len(self.headers) == len(message["headers"])
        else:
            assert not self.ended
            self.body += message["body"]
            self.ended = not message.get("more_body", False)


@pytest.fixture
def front() -> Front:
    return Front()


def test_a_card_is_answered_with_its_bytes_and_its_tag(front):
    answer = front.ask(PATH)
    assert (answer.status, answer.body, answer.ended) == (200, BODY, True)
    assert answer.headers[b"content-type"] == b"application/json"
    assert answer.headers[b"content-length"] == b"%d" % len(BODY)
    assert answer.headers[b"etag"] == ETAG
    assert answer.headers[b"cache-control"] == b"public, no-cache"
    assert answer.headers[b"x-content-type-options"] == b"nosniff"
    assert b"warning" not in answer.headers
    assert front.passed == []


def test_head_has_the_headers_and_no_body(front):
    answer = front.ask(PATH, method="HEAD")
    assert (answer.status, answer.body) == (200, b"")
    assert answer.headers == front.ask(PATH).headers


@pytest.mark.parametrize("asked", [ETAG, b"*", b'"old", ' + ETAG, b"W/" + ETAG])
def test_who_has_the_version_gets_304(front, asked):
    answer = front.ask(PATH, (b"if-none-match", asked))
    assert (answer.status, answer.body, answer.headers[b"etag"]) == (304, b"", ETAG)
    assert b"content-length" not in answer.headers


def test_who_has_another_version_gets_the_card(front):
    assert front.ask(PATH, (b"if-none-match", b'"c2.m2.s4"')).status == 200


@pytest.mark.parametrize("headers", [(), ((b"if-none-match", ETAG),)])
def test_a_card_shown_while_no_events_arrive_is_marked_stale(front, headers):
    front.cards.alive = False
    assert front.ask(PATH, *headers).headers[b"warning"] == b'110 - "Response is Stale"'
    front.cards.alive = True
    assert b"warning" not in front.ask(PATH, *headers).headers


def test_a_card_not_held_is_fetched(front):
    front.cards.held, front.cards.fetched = None, Card(BODY, ETAG.decode(), "s-1")
    assert front.ask(PATH).body == BODY


def test_what_is_not_public_is_missing_for_strangers(front):
    answer = front.ask(f"/v1/products/{DRAFT}")
    assert (answer.status, answer.body) == (404, b"not_found")
    assert answer.headers[b"content-type"] == b"application/problem+json"
    assert front.passed == []


@pytest.mark.parametrize("credentials", [TOKEN, (b"cookie", b"a=b")])
def test_what_is_not_public_is_left_to_the_framework_when_somebody_known_asks(front, credentials):
    assert front.ask(f"/v1/products/{DRAFT}", credentials).status == 299


def test_a_public_card_is_answered_to_somebody_known_too(front):
    assert front.ask(PATH, TOKEN).body == BODY


def test_without_catalog_a_miss_is_refused(front):
    front.cards.held, front.cards.refusal = None, Unavailable("away")
    assert front.ask(PATH, TOKEN).status == 503


@pytest.mark.parametrize(
    ("method", "path", "query"),
    [
        ("PATCH", PATH, b""),
        ("DELETE", PATH, b""),
        ("OPTIONS", PATH, b""),
        ("GET", PATH, b"view=shop"),
        ("GET", PATH + "/list", b""),
        ("GET", "/v1/products/short", b""),
        ("GET", "/v1/products", b""),
        ("GET", "/media", b""),
        ("POST", "/media/kept.webp", b""),
        ("GET", "/", b""),
    ],
)
def test_everything_else_is_passed_on_untouched(front, method, path, query):
    assert front.ask(path, method=method, query=query).status == 299
    assert front.passed == [f"{method} {path}"]
    assert front.limits.keys == []


def test_what_is_no_request_is_passed_on(front):
    asyncio.run(front.app({"type": "lifespan", "path": ""}, None, Answer().send))
    assert front.passed == ["lifespan "]


@pytest.mark.parametrize("path", [PATH, "/media/kept.webp"])
def test_reads_are_limited_by_the_callers_address(front, path):
    front.ask(path, (b"x-forwarded-for", b"203.0.113.9"))
    assert front.limits.keys == ["203.0.113.9"]
    front.limits.wait = 0.5
    assert front.ask(path).status == 429


def test_pages_of_known_origins_may_read_cards(front):
    assert front.ask(PATH, (b"origin", b"https://shop.test")).headers[b"access-control-allow-origin"] == (
        b"https://shop.test"
    )
    assert b"access-control-allow-origin" not in front.ask(PATH, (b"origin", b"https://evil.test")).headers


@pytest.mark.parametrize("path", [PATH, "/media/kept.webp", "/media/large.jpg", f"/v1/products/{DRAFT}"])
def test_a_process_that_drains_ends_its_connections(front, path):
    assert b"connection" not in front.ask(path).headers
    front.draining = True
    assert front.ask(path).headers[b"connection"] == b"close"


def test_a_picture_is_immutable_and_has_a_fixed_type(front):
    answer = front.ask("/media/kept.webp")
    assert (answer.status, answer.body) == (200, b"webp")
    assert answer.headers[b"content-type"] == b"image/webp"
    assert answer.headers[b"content-length"] == b"4"
    assert answer.headers[b"cache-control"] == b"public, max-age=31536000, immutable"
    assert answer.headers[b"x-content-type-options"] == b"nosniff"
    assert answer.headers[b"cross-origin-resource-policy"] == b"cross-origin"
    assert answer.headers[b"content-security-policy"].startswith(b"default-src 'none'")


def test_a_large_picture_is_streamed(front):
    answer = front.ask("/media/large.jpg")
    assert (answer.status, answer.body, answer.ended) == (200, b"abcdef", True)
    assert answer.headers[b"content-length"] == b"6"
    assert front.store.closed


def test_who_has_a_picture_gets_304(front):
    etag = front.ask("/media/large.jpg").headers[b"etag"]
    answer = front.ask("/media/large.jpg", (b"if-none-match", etag))
    assert (answer.status, answer.body) == (304, b"")
    assert front.store.closed


def test_head_of_a_picture_has_no_body(front):
    answer = front.ask("/media/large.jpg", method="HEAD")
    assert (answer.status, answer.body, answer.headers[b"content-length"]) == (200, b"", b"6")


def test_a_picture_that_is_not_there_is_missing(front):
    assert front.ask("/media/none.webp", TOKEN).status == 404


def test_without_the_store_a_picture_is_refused(front):
    front.store.refusal = Unavailable("away")
    assert front.ask("/media/large.jpg").status == 503
    assert front.ask("/media/kept.webp").status == 200
