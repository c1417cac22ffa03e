"""Accounts and sessions."""

from typing import Any

from litestar import Response, get, post
from litestar.params import JSONBody

from chassis.errors import Unauthenticated
from gateway.entrypoints import answers, bodies
from gateway.entrypoints.documented import route
from gateway.entrypoints.guard import (
    REFRESH_COOKIE,
    check_csrf,
    ended_cookies,
    session_cookies,
    wants_cookies,
)
from gateway.entrypoints.requests import DoorRequest, new_id, plain

TAG = "auth 會員"


@post(
    "/v1/auth/register",
    status_code=201,
    **route("註冊", "Make an account and log in", tag=TAG, auth="none", body=True, errors=(409,)),
)
async def register(request: DoorRequest, data: JSONBody[bodies.Register]) -> Response[answers.Session]:
    """A new account with its first session."""
    made = {"user_id": new_id(), "session_id": new_id(), "client_ip": request.client_ip}
    return session_answer(request, await request.ask("users", "register", {**plain(data), **made}), 201)


@post("/v1/auth/login", status_code=200, **route("登入", "Log in", tag=TAG, auth="none", body=True, errors=(401,)))
async def login(request: DoorRequest, data: JSONBody[bodies.Login]) -> Response[answers.Session]:
    """A new session."""
    made = {"session_id": new_id(), "client_ip": request.client_ip}
    return session_answer(request, await request.ask("users", "login", {**plain(data), **made}), 200)


@post(
    "/v1/auth/refresh",
    status_code=200,
    **route(
        "更新憑證",
        "Trade a refresh token for a new session's tokens",
        tag=TAG,
        auth="none",
        body=True,
        errors=(401, 403),
    ),
)
async def refresh(request: DoorRequest, data: JSONBody[bodies.Refresh | None] = None) -> Response[answers.Session]:
    """The same session with new tokens; the old refresh token is spent."""
    token = data.refresh_token if data else None
    if token is None:
        token = _refresh_cookie(request)
    return session_answer(request, await request.ask("users", "refresh", {"refresh_token": token}), 200)


@post(
    "/v1/auth/logout",
    status_code=204,
    **route("登出", "End the session", tag=TAG, auth="optional", body=True, errors=(403,)),
)
async def logout(request: DoorRequest, data: JSONBody[bodies.Refresh | None] = None) -> Response[None]:
    """The session's tokens are refused from now on. An ended session can be ended again."""
    token = data.refresh_token if data else None
    if token is None and request.caller is None:
        token = _refresh_cookie(request)
    await request.ask("users", "logout", {} if token is None else {"refresh_token": token})
    return Response(None, status_code=204, cookies=ended_cookies())


@get(
    "/.well-known/jwks.json",
    **route("公開金鑰", "The keys that verify access tokens (RFC 7517)", tag=TAG, auth="none"),
)
async def jwks(request: DoorRequest) -> Response[dict[str, Any]]:
    """The key set."""
    return Response(await request.door.keys.document(), headers={"cache-control": "public, max-age=300"})


def _refresh_cookie(request: DoorRequest) -> str:
    token = request.cookies.get(REFRESH_COOKIE)
    if not token:
        raise Unauthenticated("there is no refresh token")
    check_csrf(request)
    return token


def session_answer(request: DoorRequest, session: dict[str, Any], status: int) -> Response[Any]:
    """Tokens in the body, or for web pages in cookies that scripts cannot read."""
    if not wants_cookies(request):
        return Response(session, status_code=status)
    cookies, csrf = session_cookies(session)
    shown = {name: value for name, value in session.items() if not name.endswith("_token")}
    return Response({**shown, "csrf_token": csrf}, status_code=status, cookies=cookies)


HANDLERS = [register, login, refresh, logout, jwks]
