"""Sellers, shops and their people."""

from typing import Any

from litestar import Response, delete, get, patch, post, put
from litestar.params import JSONBody

from chassis.errors import Kind, Refusal
from contracts import catalog, users
from gateway.application.photos import Target
from gateway.entrypoints import answers, bodies
from gateway.entrypoints.documented import route
from gateway.entrypoints.operations import PhotoUpload
from gateway.entrypoints.parameters import Cursor, Id, Limit
from gateway.entrypoints.preconditions import IfMatch, ask_if, tagged
from gateway.entrypoints.requests import DoorRequest, new_id, plain
from gateway.entrypoints.routes.photos import UPLOAD_ERRORS, upload
from kernel.rights import Right

SELLER, SHOP = "seller 賣家", "shops 賣場"


@post("/v1/seller", **route("成為賣家", "Become a seller", tag=SELLER, body=True, errors=(403, 409)))
async def become_seller(request: DoorRequest, data: JSONBody[bodies.BecomeSeller]) -> users.Seller:
    """The state as it is. Asking again changes nothing."""
    return await request.ask("users", "become_seller", data)


@get("/v1/seller", **route("我的賣家資格", "My sellerhood", tag=SELLER, errors=(404,)))
async def get_seller(request: DoorRequest) -> users.Seller:
    """The state."""
    return await request.ask("users", "get_seller")


@get("/v1/seller/shops", **route("我的賣場", "Shops where I have a role", tag=SELLER, errors=(422,)))
async def my_shops(request: DoorRequest, cursor: Cursor = None, limit: Limit = 20) -> answers.Shops:
    """One page."""
    return await request.ask("catalog", "list_my_shops", {"cursor": cursor, "limit": limit})


@post("/v1/shops", **route("開賣場", "Open a shop", tag=SHOP, body=True, errors=(403, 409)))
async def create_shop(request: DoorRequest, data: JSONBody[bodies.NewShop]) -> answers.Shop:
    """The new shop."""
    return await request.ask("catalog", "create_shop", {**plain(data), "shop_id": new_id()})


@get("/v1/shops/{shop_id:str}", **route("賣場", "A shop", tag=SHOP, auth="optional", errors=(404,)))
async def get_shop(request: DoorRequest, shop_id: Id) -> Response[answers.Shop]:
    """The shop; its own people see the staff and the whole address. `ETag` is its version, for `If-Match`."""
    return tagged(await request.ask("catalog", "get_shop", {"shop_id": shop_id}))


@patch(
    "/v1/shops/{shop_id:str}",
    **route("修改賣場", "Change a shop", right=Right.EDIT_SHOP, tag=SHOP, body=True, errors=(409, 412)),
)
async def patch_shop(
    request: DoorRequest, shop_id: Id, data: JSONBody[bodies.PatchShop], if_match: IfMatch = None
) -> Response[answers.Shop]:
    """The shop as it is then. Opening and closing is the owner's alone."""
    return tagged(await ask_if(request, "patch_shop", {**plain(data), "shop_id": shop_id}, if_match))


@put(
    "/v1/shops/{shop_id:str}/logo",
    **route(
        "賣場標誌",
        "Upload the shop's logo",
        right=Right.EDIT_SHOP,
        tag=SHOP,
        errors=UPLOAD_ERRORS,
        operation=PhotoUpload,
    ),
)
async def put_logo(request: DoorRequest, shop_id: Id) -> answers.Shop:
    """The shop with its new logo."""
    return await _put_picture(request, shop_id, "logo")


@delete(
    "/v1/shops/{shop_id:str}/logo",
    status_code=200,
    **route("移除賣場標誌", "Take the shop's logo away", right=Right.EDIT_SHOP, tag=SHOP),
)
async def delete_logo(request: DoorRequest, shop_id: Id) -> answers.Shop:
    """The shop without a logo."""
    return await _delete_picture(request, shop_id, "logo")


@put(
    "/v1/shops/{shop_id:str}/cover",
    **route(
        "賣場封面",
        "Upload the shop's cover",
        right=Right.EDIT_SHOP,
        tag=SHOP,
        errors=UPLOAD_ERRORS,
        operation=PhotoUpload,
    ),
)
async def put_cover(request: DoorRequest, shop_id: Id) -> answers.Shop:
    """The shop with its new cover."""
    return await _put_picture(request, shop_id, "cover")


@delete(
    "/v1/shops/{shop_id:str}/cover",
    status_code=200,
    **route("移除賣場封面", "Take the shop's cover away", right=Right.EDIT_SHOP, tag=SHOP),
)
async def delete_cover(request: DoorRequest, shop_id: Id) -> answers.Shop:
    """The shop without a cover."""
    return await _delete_picture(request, shop_id, "cover")


async def _put_picture(request: DoorRequest, shop_id: str, kind: str) -> Any:
    stored = await upload(request, Target(shop_id=shop_id, picture=kind))
    picture = {"photo_id": stored["photo_id"], "url": stored["url"]}
    return await request.ask("catalog", "put_shop_picture", {"shop_id": shop_id, "kind": kind, "picture": picture})


async def _delete_picture(request: DoorRequest, shop_id: str, kind: str) -> Any:
    shop = await request.ask("catalog", "put_shop_picture", {"shop_id": shop_id, "kind": kind})
    try:
        await request.door.photos.remove(request.principal, Target(shop_id=shop_id, picture=kind), None)
    except Refusal as refusal:
        if refusal.kind is not Kind.MISSING:  # a shop that never had one has no document either
            raise
    return shop


@get(
    "/v1/shops/{shop_id:str}/staff",
    **route("賣場人員", "Who works in a shop", right=Right.SEE, tag=SHOP),
)
async def list_staff(request: DoorRequest, shop_id: Id) -> answers.StaffList:
    """Everybody with a role."""
    return await request.ask("catalog", "list_staff", {"shop_id": shop_id})


@put(
    "/v1/shops/{shop_id:str}/staff/{user_id:str}",
    **route("修改職務", "Change somebody's role", right=Right.EDIT_STAFF, tag=SHOP, body=True, errors=(409,)),
)
async def put_staff(
    request: DoorRequest, shop_id: Id, user_id: Id, data: JSONBody[bodies.StaffRole]
) -> answers.StaffList:
    """Everybody with a role then."""
    return await request.ask("catalog", "put_staff", {"shop_id": shop_id, "user_id": user_id, "role": data.role})


@delete(
    "/v1/shops/{shop_id:str}/staff/{user_id:str}",
    **route(
        "移除人員，或自己離開", "Take somebody's role away, or leave", right=Right.EDIT_STAFF, tag=SHOP, errors=(409,)
    ),
)
async def delete_staff(request: DoorRequest, shop_id: Id, user_id: Id) -> None:
    """No role any more. Managers and packers may also name themselves; an owner hands the shop over first."""
    await request.ask("catalog", "delete_staff", {"shop_id": shop_id, "user_id": user_id})


@post(
    "/v1/shops/{shop_id:str}/invitations",
    **route("邀請人員", "Invite somebody into a shop", right=Right.EDIT_STAFF, tag=SHOP, body=True, errors=(409,)),
)
async def invite_staff(request: DoorRequest, shop_id: Id, data: JSONBody[bodies.NewInvitation]) -> catalog.Invitation:
    """The invitation, for a week. The role `owner` hands the shop over, and is the owner's to offer."""
    wanted = {**plain(data), "invitation_id": new_id(), "shop_id": shop_id}
    return await request.ask("catalog", "invite_staff", wanted)


@get(
    "/v1/shops/{shop_id:str}/invitations",
    **route("等待回覆的邀請", "Invitations that wait for an answer", right=Right.EDIT_STAFF, tag=SHOP),
)
async def list_invitations(request: DoorRequest, shop_id: Id) -> answers.Invitations:
    """All of them."""
    return await request.ask("catalog", "list_invitations", {"shop_id": shop_id})


@delete(
    "/v1/shops/{shop_id:str}/invitations/{invitation_id:str}",
    **route("收回邀請", "Take an invitation back", right=Right.EDIT_STAFF, tag=SHOP, errors=(409,)),
)
async def revoke_invitation(request: DoorRequest, shop_id: Id, invitation_id: Id) -> None:
    """Nobody can accept it any more."""
    await request.ask("catalog", "revoke_invitation", {"shop_id": shop_id, "invitation_id": invitation_id})


HANDLERS = [
    become_seller,
    get_seller,
    my_shops,
    create_shop,
    get_shop,
    patch_shop,
    list_staff,
    put_staff,
    delete_staff,
    put_logo,
    delete_logo,
    put_cover,
    delete_cover,
    invite_staff,
    list_invitations,
    revoke_invitation,
]
