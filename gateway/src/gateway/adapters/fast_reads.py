"""The hottest reads, answered before any framework: product cards and pictures, bytes in and bytes out."""

import logging
from collections.abc import Awaitable, Callable, Iterable, MutableMapping, Sequence
from typing import Any, Protocol

from chassis.errors import Kind, Missing, Refusal
from gateway import measures
from gateway.adapters.object_store import Chunks, Picture
from gateway.application.cards import Card, CardCache

log = logging.getLogger(__name__)

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

PRODUCTS, MEDIA = "/v1/products/", "/media/"
PRODUCT_LENGTH = len(PRODUCTS) + 36
PRODUCT_ROUTE, MEDIA_ROUTE = "/v1/products/{product_id}", "/media/{key}"
STALE = (b"warning", b'110 - "Response is Stale"')
CLOSE = (b"connection", b"close")
ACROSS = ((b"vary", b"origin"), (b"access-control-expose-headers", b"etag"))
COMMON = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"strict-transport-security", b"max-age=31536000; includeSubDomains"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"server", b"yeshi"),
)
CARD = ((b"content-type", b"application/json"), (b"cache-control", b"public, no-cache"), *COMMON)
PICTURE = (
    (b"cache-control", b"public, max-age=31536000, immutable"),
    (b"cross-origin-resource-policy", b"cross-origin"),
    *COMMON,
)


class Pictures(Protocol):
    """Where pictures come from."""

    def kept(self, key: str) -> Picture | None:
        """If it is in memory."""

    async def open(self, key: str) -> Picture | None:
        """None when there is none. Raises Unavailable."""


class Limits(Protocol):
    """How often one address may read."""

    def take(self, key: str) -> float:
        """0, or the seconds to wait."""


class Addresses(Protocol):
    """Who asks, as far as trusted proxies tell."""

    def of(self, peer: str, forwarded_for: str | None) -> str:
        """The caller's address."""


class TooMany(Refusal):
    """Too often; `retry_after` in seconds."""

    code = "too_many_requests"
    kind = Kind.TOO_MANY


#: Status, headers and body of a refusal.
Refused = Callable[[Refusal], tuple[int, dict[str, str], bytes]]


class FastReads:
    """An ASGI application around another one.

    It answers GET and HEAD of a public product and of a picture; everything else is passed on, and so are reads by
    somebody with credentials of products that are not public: the owner's, and drafts. `refused` words an error;
    pages of `origins` may read answers across sites; while the process is `draining` connections are ended.
    """

    def __init__(
        self,
        app: App,
        cards: CardCache,
        store: Pictures,
        limits: Limits,
        *,
        addresses: Addresses,
        refused: Refused,
        origins: Sequence[str] = (),
        draining: Callable[[], bool] = lambda: False,
    ) -> None:
        self._app = app
        self._cards = cards
        self._store = store
        self._limits = limits
        self._addresses = addresses
        self._refused = refused
        self._origins = frozenset(origin.encode("ascii") for origin in origins)
        self._draining = draining
        self._counters: dict[tuple[str, str, int], Any] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] == "http" and scope["method"] in ("GET", "HEAD") and not scope["query_string"]:
            path: str = scope["path"]
            if len(path) == PRODUCT_LENGTH and path.startswith(PRODUCTS):
                await self._product(scope, receive, send, path[len(PRODUCTS) :])
                return
            if path.startswith(MEDIA):
                await self._picture(scope, send, path[len(MEDIA) :])
                return
        await self._app(scope, receive, send)

    async def _product(self, scope: Scope, receive: Receive, send: Send, product_id: str) -> None:
        matches, forwarded, origin, credentials = _asked(scope["headers"])
        if wait := self._wait(scope, forwarded):
            await self._refuse(scope, send, PRODUCT_ROUTE, TooMany("too many requests", retry_after=wait))
            return
        card = self._cards.peek(product_id)
        if card is None:
            try:
                card = await self._cards.get(product_id)
            except Refusal as refusal:
                await self._refuse(scope, send, PRODUCT_ROUTE, refusal)
                return
            if card is None:
                if credentials:
                    await self._app(scope, receive, send)
                else:
                    await self._refuse(scope, send, PRODUCT_ROUTE, Missing("there is no such product"))
                return
        full, bare, etag = card.dressed or _dress(card)
        unchanged = matches is not None and _matches(matches, etag)
        headers = bare if unchanged else full
        if not self._cards.alive:
            headers = [*headers, STALE]
        if origin in self._origins:
            headers = [*headers, (b"access-control-allow-origin", origin), *ACROSS]
        body = b"" if unchanged or scope["method"] == "HEAD" else card.body
        await self._send(scope, send, PRODUCT_ROUTE, 304 if unchanged else 200, headers, body)

    async def _picture(self, scope: Scope, send: Send, key: str) -> None:
        matches, forwarded, _, _ = _asked(scope["headers"])
        if wait := self._wait(scope, forwarded):
            await self._refuse(scope, send, MEDIA_ROUTE, TooMany("too many requests", retry_after=wait))
            return
        try:
            picture = self._store.kept(key) or await self._store.open(key)
        except Refusal as refusal:
            await self._refuse(scope, send, MEDIA_ROUTE, refusal)
            return
        if picture is None:
            await self._refuse(scope, send, MEDIA_ROUTE, Missing("there is no such picture"))
            return
        etag = b'"%s"' % key.encode("ascii")  # the name says what is in it: same name, same bytes
        headers = [(b"etag", etag), *PICTURE]
        unchanged = matches is not None and _matches(matches, etag)
        if not unchanged:
            headers += [
                (b"content-type", picture.content_type.encode("ascii")),
                (b"content-length", b"%d" % picture.length),
            ]
        if unchanged or scope["method"] == "HEAD":
            if picture.chunks is not None:
                await picture.chunks.aclose()
            await self._send(scope, send, MEDIA_ROUTE, 304 if unchanged else 200, headers, b"")
        elif picture.chunks is None:
            await self._send(scope, send, MEDIA_ROUTE, 200, headers, picture.body or b"")
        else:
            await self._stream(scope, send, headers, picture.chunks)

    async def _stream(self, scope: Scope, send: Send, headers: Headers, chunks: Chunks) -> None:
        """A failure in the middle ends the connection: the length that was promised tells the reader."""
        self._count(scope, MEDIA_ROUTE, 200)
        if self._draining():
            headers = [*headers, CLOSE]
        try:
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            async for chunk in chunks:
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            await chunks.aclose()

    def _wait(self, scope: Scope, forwarded: bytes | None) -> float:
        client = scope.get("client")
        peer = client[0] if client else ""
        return self._limits.take(self._addresses.of(peer, forwarded.decode("latin-1") if forwarded else None))

    async def _refuse(self, scope: Scope, send: Send, route: str, refusal: Refusal) -> None:
        status, named, body = self._refused(refusal)
        headers: Headers = [(name.encode("ascii"), value.encode("latin-1")) for name, value in named.items()]
        headers += [(b"content-length", b"%d" % len(body)), *COMMON]
        await self._send(scope, send, route, status, headers, b"" if scope["method"] == "HEAD" else body)

    async def _send(self, scope: Scope, send: Send, route: str, status: int, headers: Headers, body: bytes) -> None:
        self._count(scope, route, status)
        if self._draining():
            headers = [*headers, CLOSE]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body, "more_body": False})

    def _count(self, scope: Scope, route: str, status: int) -> None:
        key = (scope["method"], route, status)
        counter = self._counters.get(key)
        if counter is None:
            counter = self._counters[key] = measures.requests.labels(key[0], route, str(status))
        counter.inc()


def _asked(headers: Iterable[tuple[bytes, bytes]]) -> tuple[bytes | None, bytes | None, bytes, bool]:
    """If-None-Match, X-Forwarded-For, Origin, and whether there are credentials."""
    matches = forwarded = None
    origin = b""
    credentials = False
    for name, value in headers:
        if name == b"if-none-match":
            matches = value
        elif name == b"x-forwarded-for":
            forwarded = value
        elif name == b"origin":
            origin = value
        elif name == b"authorization" or name == b"cookie":
            credentials = True
    return matches, forwarded, origin, credentials


def _matches(asked: bytes, etag: bytes) -> bool:
    """Weak comparison, RFC 9110 section 13.1.2."""
    if asked == etag or asked == b"*":
        return True
    return any(one.strip().removeprefix(b"W/") == etag for one in asked.split(b","))


def _dress(card: Card) -> tuple[Headers, Headers, bytes]:
    """Headers of the whole answer and of a 304, made once per card."""
    etag = card.etag.encode("ascii")
    bare = [(b"etag", etag), *CARD[1:]]
    full = [(b"content-length", b"%d" % len(card.body)), (b"etag", etag), *CARD]
    card.dressed = (full, bare, etag)
    return full, bare, etag
