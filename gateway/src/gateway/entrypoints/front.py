"""The outermost layer of every request that the framework answers: address, limit, trace, headers, measures."""

import time
from collections.abc import Callable, Mapping
from typing import Any, cast

from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send

from chassis import context
from chassis.ids import uuid7
from gateway import measures
from gateway.application.addresses import Addresses
from gateway.application.limits import Limit
from gateway.entrypoints import problems

LARGEST_HEADERS = 16 * 1024  # bytes, names and values together
REFUSED = 400  # the lowest status of a refusal
UNLIMITED = frozenset({"/healthz", "/readyz", "/metrics"})

#: For answers that are data. Pages bring a policy of their own.
SECURITY_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"strict-transport-security", b"max-age=31536000; includeSubDomains"),
)
DATA_POLICY = (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'")
SERVER = (b"server", b"yeshi")


class Front:
    """Lets a request in, or refuses it before anything is read. `methods` are those of each path, for OPTIONS."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        reads: Limit,
        addresses: Addresses,
        draining: Callable[[], bool],
        methods: Mapping[str, frozenset[str]],
    ) -> None:
        self._app = app
        self._reads = reads
        self._addresses = addresses
        self._draining = draining
        self._methods = methods

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        http = cast("HTTPScope", scope)
        started = time.monotonic()
        headers = {name: value for name, value in scope["headers"] if name in _READ}
        peer = (scope.get("client") or ("", 0))[0]
        address = self._addresses.of(peer, _text(headers.get(b"x-forwarded-for")))
        request_id = _adopt(headers)
        body = (
            _Body(receive) if headers.get(b"content-length", b"0") != b"0" or b"transfer-encoding" in headers else None
        )
        answer = _Answer(send, request_id, head=http["method"] == "HEAD", closing=self._draining(), body=body)
        if answer.head:
            http["method"] = "GET"
        elif http["method"] == "OPTIONS":
            answer.allow = lambda: self._allowed(scope)
        state: dict[str, Any] = scope.setdefault("state", {})
        state["client_ip"], state["head"] = address, answer.head
        measures.under_way.inc()
        try:
            if refusal := self._refusal(scope, address):
                await _refuse(answer, *refusal)
            else:
                await self._app(scope, body.receive if body else receive, answer.send)
        finally:
            measures.under_way.dec()
            route = str(scope.get("path_template") or "none")
            measures.requests.labels("HEAD" if answer.head else http["method"], route, str(answer.status)).inc()
            measures.seconds.labels(route).observe(time.monotonic() - started)

    def _allowed(self, scope: Scope) -> bytes:
        """What may be done with a path; the framework forgets those that were added to it later."""
        known = self._methods.get(str(scope.get("path_template") or ""), frozenset())
        return ", ".join(sorted(known | {"HEAD"} if "GET" in known else known)).encode()

    def _refusal(self, scope: Scope, address: str) -> tuple[int, str, str, dict[str, Any]] | None:
        if sum(len(name) + len(value) for name, value in scope["headers"]) > LARGEST_HEADERS:
            return 431, "headers_too_large", "the headers are too large", {}
        if scope["path"] in UNLIMITED:
            return None
        if wait := self._reads.take(address):
            return 429, "too_many_requests", "too many requests", {"retry_after": round(wait, 3)}
        return None


class _Body:
    """Sees whether a request's body was read to its end."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self.over = False

    async def receive(self) -> Any:
        """ASGI's receive."""
        message = await self._receive()
        self.over = self.over or not message.get("more_body", False)
        return message


class _Answer:
    """Adds to each answer what all of them carry."""

    def __init__(self, send: Send, request_id: str, *, head: bool, closing: bool, body: _Body | None) -> None:
        self._send = send
        self._request_id = request_id.encode()
        self.head = head
        self._closing = closing
        self._body = body
        self.status = 0
        self.allow: Callable[[], bytes] | None = None

    async def send(self, message: Message) -> None:
        """ASGI's send."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            present = {name.lower() for name, _ in message["headers"]}
            added = [pair for pair in (*SECURITY_HEADERS, DATA_POLICY) if pair[0] not in present]
            added += [SERVER, (b"x-request-id", self._request_id)]
            if b"cache-control" not in present:
                added.append((b"cache-control", b"no-store"))
            if self._closing or (self.status >= REFUSED and self._body is not None and not self._body.over):
                # the server ends a connection whose body nobody read; unsaid, the next request on it would be lost
                added.append((b"connection", b"close"))
            kept = message["headers"]
            if self.allow is not None and (b"allow" in present):
                kept = [(b"allow", self.allow()), *(pair for pair in kept if pair[0].lower() != b"allow")]
            message = {**message, "headers": [*kept, *added]}
        elif message["type"] == "http.response.body" and self.head:
            message = {**message, "body": b""}
        await self._send(message)


async def _refuse(answer: _Answer, status: int, code: str, detail: str, fields: dict[str, Any]) -> None:
    body = problems.document(status, code, detail, fields)
    found = {**problems.headers(status, fields), "content-type": problems.MEDIA_TYPE, "content-length": str(len(body))}
    await answer.send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [(name.encode(), value.encode()) for name, value in found.items()],
        }
    )
    await answer.send({"type": "http.response.body", "body": body, "more_body": False})


_READ = frozenset({b"x-forwarded-for", b"traceparent", b"x-request-id", b"content-length", b"transfer-encoding"})


def _adopt(headers: dict[bytes, bytes]) -> str:
    """Works in the caller's trace, or in a new one; answers the request's own id."""
    given = context.from_headers(
        {"traceparent": _text(headers.get(b"traceparent")), "x-correlation-id": _text(headers.get(b"x-request-id"))}
    )
    request_id = given.correlation_id or str(uuid7())
    context.adopt(context.Context(given.traceparent or context.new().traceparent, request_id))
    return request_id


def _text(value: bytes | None) -> str | None:
    return value.decode("latin-1") if value is not None else None
