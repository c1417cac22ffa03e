"""An account's address and password, and its end. Letters are sent by users' own worker, a moment later."""

from litestar import Response, delete, get, post
from litestar.params import JSONBody

from gateway.entrypoints import bodies
from gateway.entrypoints.documented import route
from gateway.entrypoints.guard import ended_cookies
from gateway.entrypoints.requests import DoorRequest, plain
from gateway.entrypoints.routes.pages import HTML, page

AUTH, ME, PAGES = "auth 會員", "me 我的", "pages 網頁"


@post(
    "/v1/auth/verify-email",
    status_code=204,
    **route("驗證電子郵件", "Prove an e-mail address by its mailed link", tag=AUTH, auth="none", body=True),
)
async def verify_email(request: DoorRequest, data: JSONBody[bodies.VerifyEmail]) -> None:
    """Proved. A link works once: `invalid_link` afterwards."""
    await request.ask("users", "verify_email", data)


@post(
    "/v1/auth/verify-email/resend",
    status_code=204,
    **route("重寄驗證信", "Mail another link to my address", tag=AUTH, errors=(403,)),
)
async def resend_verification(request: DoorRequest) -> None:
    """Written down; nothing is sent to an address that is proved, or that got several just now."""
    await request.ask("users", "resend_verification")


@post(
    "/v1/auth/password/forgot",
    status_code=204,
    **route("忘記密碼", "Mail a link for another password", tag=AUTH, auth="none", body=True),
)
async def forgot_password(request: DoorRequest, data: JSONBody[bodies.ForgotPassword]) -> None:
    """Written down, whether somebody has this address or not."""
    await request.ask("users", "forgot_password", {**plain(data), "client_ip": request.client_ip})


@post(
    "/v1/auth/password/reset",
    status_code=204,
    **route("重設密碼", "Choose another password by a mailed link", tag=AUTH, auth="none", body=True),
)
async def reset_password(request: DoorRequest, data: JSONBody[bodies.ResetPassword]) -> None:
    """Changed; every session of the account has ended."""
    await request.ask("users", "reset_password", data)


@post(
    "/v1/me/password",
    status_code=204,
    **route("變更密碼", "Change my password", tag=ME, body=True, errors=(403, 409)),
)
async def change_password(request: DoorRequest, data: JSONBody[bodies.ChangePassword]) -> None:
    """Changed; my other sessions have ended."""
    await request.ask("users", "change_password", data)


@post(
    "/v1/me/email",
    status_code=204,
    **route("變更電子郵件", "Mail a link to my new address", tag=ME, body=True, errors=(403,)),
)
async def change_email(request: DoorRequest, data: JSONBody[bodies.ChangeEmail]) -> None:
    """Written down; the address counts when its link was followed. Whose it is now is not told."""
    await request.ask("users", "change_email", data)


@post(
    "/v1/auth/change-email",
    status_code=204,
    **route(
        "確認新的電子郵件", "Prove a new address by its mailed link", tag=AUTH, auth="none", body=True, errors=(409,)
    ),
)
async def confirm_email(request: DoorRequest, data: JSONBody[bodies.VerifyEmail]) -> None:
    """The account's address from now on. A link works once: `invalid_link` afterwards."""
    await request.ask("users", "confirm_email", data)


@delete(
    "/v1/me",
    status_code=204,
    **route("刪除帳號", "Delete my account", tag=ME, body=True, errors=(403, 409)),
)
async def delete_me(request: DoorRequest, data: JSONBody[bodies.DeleteAccount | None] = None) -> Response[None]:
    """Gone, unless orders are open: `orders_open`."""
    await request.door.leaving.leave(request.principal, data.password if data else None)
    return Response(None, status_code=204, cookies=ended_cookies())


@get(
    "/account/verify-email",
    media_type="text/html",
    **route("驗證電子郵件的網頁", "The page of a mailed link", tag=PAGES, auth="none", answers={200: HTML}),
)
async def verify_email_page() -> Response[bytes]:
    """Asks before it proves: programs that look into letters follow links too."""
    return page("verify-email.html")


@get(
    "/account/reset-password",
    media_type="text/html",
    **route("重設密碼的網頁", "The page of a mailed link", tag=PAGES, auth="none", answers={200: HTML}),
)
async def reset_password_page() -> Response[bytes]:
    """Takes another password."""
    return page("reset-password.html")


@get(
    "/account/change-email",
    media_type="text/html",
    **route("確認新電子郵件的網頁", "The page of a mailed link", tag=PAGES, auth="none", answers={200: HTML}),
)
async def change_email_page() -> Response[bytes]:
    """Asks before it proves."""
    return page("change-email.html")


HANDLERS = [
    verify_email,
    resend_verification,
    forgot_password,
    reset_password,
    change_password,
    change_email,
    confirm_email,
    change_email_page,
    delete_me,
    verify_email_page,
    reset_password_page,
]
