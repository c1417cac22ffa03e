"""LINE Login and LIFF. LINE is asked from here, where waiting costs a task and no worker."""

from html import escape
from typing import Annotated, Any

from litestar import Response, get, post
from litestar.datastructures import Cookie
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromQuery, JSONBody, QueryParameter
from litestar.response import Redirect

from chassis.errors import Refusal, Unauthenticated
from gateway.application.line_login import PATIENCE, LinePerson
from gateway.entrypoints import answers, bodies, problems
from gateway.entrypoints.documented import route
from gateway.entrypoints.guard import session_cookies
from gateway.entrypoints.requests import DoorRequest, new_id
from gateway.entrypoints.routes.auth import session_answer
from gateway.entrypoints.routes.pages import HTML, page

TAG = "auth 會員"
COOKIE = "__Host-yeshi_line"
Word = Annotated[str | None, QueryParameter(max_length=1024)]
State = Annotated[str | None, QueryParameter(name="state", max_length=1024)]
Next = Annotated[
    str | None, QueryParameter(name="next", max_length=501, description="之後的頁面 · A path of this host")
]
AWAY = ResponseSpec(data_container=None, description="前往 · To Location", generate_examples=False)

#: What a browser is shown, by code; whatever else went wrong is the last one.
WORDS = {
    "line_state_invalid": ("登入逾時，或不是從這個瀏覽器開始的，請重新登入。", "Please begin the login again."),
    "line_login_refused": ("你取消了 LINE 登入。", "The login was cancelled."),
    "line_taken": ("這個 LINE 帳號已經綁定其他會員。", "This LINE account belongs to another account here."),
    "session_revoked": ("你已登出，請重新登入後再綁定。", "You have logged out meanwhile: log in again."),
    "": ("LINE 登入沒有成功，請稍後再試。", "The login did not succeed; please try again later."),
}


@get(
    "/v1/auth/line/authorize",
    status_code=302,
    **route(
        "用 LINE 登入", "Log in, or link, with LINE", tag=TAG, auth="optional", errors=(404, 422), answers={302: AWAY}
    ),
)
async def line_authorize(request: DoorRequest, link: FromQuery[bool] = False, afterwards: Next = None) -> Response[Any]:
    """To LINE. With `link` the caller's account is bound to the LINE user instead."""
    if link and request.caller is None:
        raise Unauthenticated("log in first")
    url, sealed = request.door.line_login.begin(request.caller if link else None, afterwards)
    return Redirect(url, status_code=302, cookies=[_cookie(sealed, PATIENCE)])


@get(
    "/v1/auth/line/callback",
    status_code=303,
    **route(
        "LINE 登入返回", "Back from LINE", tag=TAG, auth="none", errors=(401, 403, 404, 409, 422), answers={303: AWAY}
    ),
)
async def line_callback(
    request: DoorRequest, code: Word = None, sent_state: State = None, error: Word = None
) -> Response[Any]:
    """Logged in by cookies, or linked, and on to the page that was wanted."""
    try:
        came = await request.door.line_login.finish(request.cookies.get(COOKIE), sent_state, code, error)
        if came.principal is not None:
            payload = {"line_user_id": came.person.user_id}
            await request.door.services.ask("users", "link_line", came.principal, payload)
            cookies: list[Cookie] = []
        else:
            cookies, _ = session_cookies(await _login(request, came.person))
    except Refusal as refusal:
        return _refused(request, refusal)
    return Redirect(came.next, status_code=303, cookies=[*cookies, _cookie("", 0)])


@post(
    "/v1/auth/liff",
    status_code=200,
    **route("LIFF 登入", "Log in with a LIFF app's ID token", tag=TAG, auth="none", body=True, errors=(401, 404)),
)
async def liff_login(request: DoorRequest, data: JSONBody[bodies.Liff]) -> Response[answers.Session]:
    """A new session; the first time of a new account."""
    return session_answer(request, await _login(request, await request.door.line_login.liff(data.id_token)), 200)


@get(
    "/line/done",
    media_type="text/html",
    **route("LINE 登入完成的網頁", "The page after LINE Login", tag="pages 網頁", auth="none", answers={200: HTML}),
)
async def line_done() -> Response[bytes]:
    """Says that it worked."""
    return page("line-done.html")


async def _login(request: DoorRequest, person: LinePerson) -> Any:
    made = {"user_id": new_id(), "session_id": new_id(), "client_ip": request.client_ip}
    who = {"line_user_id": person.user_id, "name": person.name, "email": person.email}
    return await request.ask("users", "login_line", {**who, **made})


def _refused(request: DoorRequest, refusal: Refusal) -> Response[Any]:
    """A problem document, or for a browser a page of the same status. The journey is over either way."""
    if "text/html" not in request.headers.get("accept", ""):
        answer = problems.on_refusal(request, refusal)
    else:
        status, headers, _ = problems.refused(refusal)
        zh, en = WORDS.get(refusal.code, WORDS[""])
        made = page("line-failed.html")
        content = made.content.decode().replace("$ZH", escape(zh)).replace("$EN", escape(en))
        kept = {**headers, **made.headers, "content-type": "text/html; charset=utf-8", "cache-control": "no-store"}
        answer = Response(content.encode(), status_code=status, headers=kept, media_type="text/html; charset=utf-8")
    answer.cookies.append(_cookie("", 0))
    return answer


def _cookie(value: str, max_age: int) -> Cookie:
    """Lax, since LINE's page brings the browser back with it."""
    return Cookie(key=COOKIE, value=value, max_age=max_age, path="/", secure=True, httponly=True, samesite="lax")


HANDLERS = [line_authorize, line_callback, liff_login, line_done]
