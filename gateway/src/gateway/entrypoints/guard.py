"""Who may pass: Bearer tokens and cookies, on every route alike; a cookie's changes need the page's own token."""

import hmac
import secrets
from typing import Any

from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie
from litestar.handlers.base import BaseRouteHandler

from chassis.errors import Unauthenticated
from gateway.application.access import Caller
from gateway.entrypoints.problems import CsrfFailed

ACCESS_COOKIE = "__Host-yeshi_access"
REFRESH_COOKIE = "__Host-yeshi_refresh"
CSRF_COOKIE = "__Host-yeshi_csrf"
CSRF_HEADER = "x-csrf-token"
WEB_HEADER = "x-yeshi-client"
REFRESH_LIFE = 30 * 24 * 3600  # seconds a browser keeps a refresh token; users decides how long it is good
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})

Connection = ASGIConnection[Any, Any, Any, Any]


async def guard(connection: Connection, handler: BaseRouteHandler) -> None:
    """Puts the caller beside the request. Raises Unauthenticated, CsrfFailed."""
    auth = handler.opt.get("auth", "required")
    state = connection.scope["state"]
    if auth == "none" or connection.scope["method"] == "OPTIONS":  # type: ignore[typeddict-item]
        return
    bearer = _bearer(connection)
    if bearer is not None:
        state["caller"] = await _caller(connection, bearer)
        return
    cookie = connection.cookies.get(ACCESS_COOKIE)
    if cookie:
        try:
            state["caller"] = await _caller(connection, cookie)
        except Unauthenticated:
            if auth == "required":
                raise
            return  # a browser cannot leave an old cookie at home; it visits like anybody
        if connection.scope["method"] not in SAFE:  # type: ignore[typeddict-item]
            check_csrf(connection)
        return
    if auth == "required":
        raise Unauthenticated("log in first")


def check_csrf(connection: Connection) -> None:
    """The page shows that it can read its own cookie, which other sites' pages cannot. Raises CsrfFailed."""
    cookie = connection.cookies.get(CSRF_COOKIE, "")
    header = connection.headers.get(CSRF_HEADER, "")
    if not cookie or not hmac.compare_digest(cookie.encode(), header.encode()):
        raise CsrfFailed(f"send the value of the cookie {CSRF_COOKIE} in {CSRF_HEADER}")


def wants_cookies(connection: Connection) -> bool:
    """Whether a web page asks, which keeps its tokens where scripts cannot read them."""
    return connection.headers.get(WEB_HEADER, "").lower() == "web"


def session_cookies(session: dict[str, Any]) -> tuple[list[Cookie], str]:
    """The cookies of a session, and the CSRF token that one of them holds."""
    csrf = secrets.token_urlsafe(32)
    expires_in = int(session["expires_in"])
    return [
        _cookie(ACCESS_COOKIE, session["access_token"], expires_in),
        _cookie(REFRESH_COOKIE, session["refresh_token"], REFRESH_LIFE),
        _cookie(CSRF_COOKIE, csrf, REFRESH_LIFE, httponly=False),
    ], csrf


def ended_cookies() -> list[Cookie]:
    """Cookies that make a browser forget its session."""
    return [
        _cookie(ACCESS_COOKIE, "", 0),
        _cookie(REFRESH_COOKIE, "", 0),
        _cookie(CSRF_COOKIE, "", 0, httponly=False),
    ]


def _cookie(key: str, value: str, max_age: int, *, httponly: bool = True) -> Cookie:
    return Cookie(key=key, value=value, max_age=max_age, path="/", secure=True, httponly=httponly, samesite="lax")


def _bearer(connection: Connection) -> str | None:
    header = connection.headers.get("authorization")
    if header is None:
        return None
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unauthenticated("Authorization must be Bearer and a token")
    return token.strip()


async def _caller(connection: Connection, token: str) -> Caller:
    caller: Caller = await connection.app.state.door.access.caller(token)
    return caller
