"""Just enough HTTP for the double: requests, answers and a router, served as ASGI."""

import asyncio
import re
import uuid
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import parse_qsl, unquote

import msgspec

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Sender = Callable[[MutableMapping[str, Any]], Awaitable[None]]

LARGEST_BODY = 12 * 1024 * 1024  # far above every limit LINE names; each route checks its own


class Request:
    """One request with its whole body."""

    def __init__(self, scope: Scope, body: bytes, receive: Receive, public_url: str = "") -> None:
        self.method: str = scope["method"]
        self.path: str = scope["path"]
        self.raw_query: str = scope.get("query_string", b"").decode("latin-1")
        self.headers: dict[str, str] = {k.decode("latin-1").lower(): v.decode("latin-1") for k, v in scope["headers"]}
        self.body = body
        self.params: dict[str, str] = {}
        self.request_id = str(uuid.uuid4())
        self.route: Route | None = None
        self._receive = receive
        self._public_url = public_url

    @property
    def query(self) -> dict[str, str]:
        """The query's values; the last one of a name."""
        return dict(parse_qsl(self.raw_query, keep_blank_values=True))

    @property
    def query_pairs(self) -> list[tuple[str, str]]:
        """The query's names and values in order."""
        return parse_qsl(self.raw_query, keep_blank_values=True)

    @property
    def form(self) -> dict[str, str]:
        """The values of an urlencoded body."""
        return dict(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))

    @property
    def origin(self) -> str:
        """Where browsers find this server: as it was told, or as this client did."""
        return self._public_url or f"http://{self.headers.get('host', '127.0.0.1')}"

    @property
    def bearer(self) -> str | None:
        """The token of the Authorization header, or None."""
        scheme, _, token = self.headers.get("authorization", "").partition(" ")
        return token.strip() if scheme.lower() == "bearer" and token.strip() else None

    def json(self) -> Any:
        """The body as JSON; an empty one is None. Raises msgspec.DecodeError."""
        return msgspec.json.decode(self.body) if self.body.strip() else None

    async def hold(self, seconds: float) -> None:
        """Wait so long, or until the client has given up."""
        gone = asyncio.ensure_future(self._receive())
        await asyncio.wait({gone}, timeout=seconds)
        gone.cancel()


class Response:
    """One answer."""

    def __init__(self, status: int = 200, body: bytes = b"", headers: dict[str, str] | None = None) -> None:
        self.status = status
        self.body = body
        self.headers = headers or {}


class Refused(Exception):
    """Ends a handler early with this answer."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status)
        self.response = response


Handler = Callable[[Request], Awaitable[Response]]


def json_answer(value: object, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """An answer of JSON."""
    return Response(status, msgspec.json.encode(value), {"content-type": "application/json", **(headers or {})})


def html_answer(page: str, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """A page."""
    return Response(status, page.encode(), {"content-type": "text/html; charset=utf-8", **(headers or {})})


def redirect(address: str, headers: dict[str, str] | None = None) -> Response:
    """A 302."""
    return Response(302, b"", {"location": address, **(headers or {})})


class Route:
    """A method and path with `{names}`; `name` is what limits and faults know it by."""

    def __init__(self, method: str, pattern: str, handler: Handler, name: str) -> None:
        self.method, self.pattern, self.handler, self.name = method, pattern, handler, name
        self.exact = "{" not in pattern
        parts = re.split(r"(\{\w+\})", pattern)
        self.regex = re.compile("".join(f"(?P<{p[1:-1]}>[^/]+)" if p.startswith("{") else re.escape(p) for p in parts))


class App:
    """The router as an ASGI application."""

    def __init__(self, public_url: str = "") -> None:
        self._public_url = public_url
        self._exact: dict[tuple[str, str], Route] = {}
        self._patterns: list[Route] = []

    def add(self, method: str, pattern: str, handler: Handler, name: str = "") -> None:
        """Serve this method and path."""
        route = Route(method, pattern, handler, name or pattern)
        if route.exact:
            self._exact[method, pattern] = route
        else:
            self._patterns.append(route)

    async def __call__(self, scope: Scope, receive: Receive, send: Sender) -> None:
        """Serve one connection's request."""
        if scope["type"] != "http":
            return
        body = bytearray()
        more = True
        while more:
            part = await receive()
            if part["type"] == "http.disconnect":
                return
            body += part.get("body", b"")
            more = part.get("more_body", False)
            if len(body) > LARGEST_BODY:
                more = False
        response = await self._respond(Request(scope, bytes(body), receive, self._public_url))
        headers = {"content-length": str(len(response.body)), **response.headers}
        raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": response.status, "headers": raw})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else response.body})

    async def _respond(self, request: Request) -> Response:
        try:
            response = await self._dispatch(request)
        except Refused as refused:
            response = refused.response
        response.headers.setdefault("x-line-request-id", request.request_id)
        return response

    async def _dispatch(self, request: Request) -> Response:
        method = "GET" if request.method == "HEAD" else request.method
        if len(request.body) > LARGEST_BODY:
            return json_answer({"message": "Request body is too large"}, 413)
        route = self._exact.get((method, request.path))
        if route is None:
            for candidate in self._patterns:
                match = candidate.regex.fullmatch(request.path) if candidate.method == method else None
                if match:
                    route = candidate
                    request.params = {name: unquote(value) for name, value in match.groupdict().items()}
                    break
        if route is None:
            known = any(path == request.path for _, path in self._exact)
            known = known or any(each.regex.fullmatch(request.path) for each in self._patterns)
            if known:
                return json_answer({"message": "Method Not Allowed"}, 405)
            return json_answer({"message": "Not found"}, 404)
        request.route = route
        return await route.handler(request)
