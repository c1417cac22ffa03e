"""What somebody who was invited into a shop sees and answers."""

from litestar import Response, get, post

from contracts import catalog
from gateway.entrypoints import answers
from gateway.entrypoints.documented import route
from gateway.entrypoints.parameters import Id
from gateway.entrypoints.requests import DoorRequest
from gateway.entrypoints.routes.pages import HTML, page

ME, PAGES = "me 我的", "pages 網頁"


@get("/v1/me/invitations", **route("我收到的邀請", "Invitations that wait for my answer", tag=ME))
async def my_invitations(request: DoorRequest) -> answers.Invitations:
    """Those to me, and those to the address I have proved."""
    return await request.ask("catalog", "list_my_invitations")


@post(
    "/v1/me/invitations/{invitation_id:str}/accept",
    status_code=200,
    **route("接受邀請", "Accept an invitation", tag=ME, errors=(403, 404, 409, 422)),
)
async def accept_invitation(request: DoorRequest, invitation_id: Id) -> catalog.Invitation:
    """Accepted: the role counts at once. Who takes a shop over is a seller first."""
    return await request.ask("catalog", "accept_invitation", {"invitation_id": invitation_id})


@post(
    "/v1/me/invitations/{invitation_id:str}/decline",
    status_code=200,
    **route("婉拒邀請", "Decline an invitation", tag=ME, errors=(403, 404, 409)),
)
async def decline_invitation(request: DoorRequest, invitation_id: Id) -> catalog.Invitation:
    """Declined."""
    return await request.ask("catalog", "decline_invitation", {"invitation_id": invitation_id})


@get(
    "/account/invitations",
    media_type="text/html",
    **route("邀請的網頁", "The page of a mailed invitation", tag=PAGES, auth="none", answers={200: HTML}),
)
async def invitations_page() -> Response[bytes]:
    """Logs in, shows what waits, and answers."""
    return page("invitations.html")


HANDLERS = [my_invitations, accept_invitation, decline_invitation, invitations_page]
