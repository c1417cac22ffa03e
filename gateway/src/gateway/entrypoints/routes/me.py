"""The caller's own account, addresses and LINE binding."""

from litestar import Response, delete, get, patch, post, put
from litestar.params import JSONBody

from contracts import users
from gateway.entrypoints import answers, bodies
from gateway.entrypoints.documented import route
from gateway.entrypoints.parameters import Id
from gateway.entrypoints.preconditions import IfMatch, ask_if, tagged
from gateway.entrypoints.requests import DoorRequest, new_id, plain

TAG = "me 我的"


@get("/v1/me", **route("我的資料", "My account", tag=TAG))
async def me(request: DoorRequest) -> Response[users.User]:
    """The account. `ETag` is its version, for `If-Match`."""
    return tagged(await request.ask("users", "me"))


@patch("/v1/me", **route("修改我的資料", "Change my account", tag=TAG, body=True, errors=(403, 412)))
async def patch_me(
    request: DoorRequest, data: JSONBody[bodies.PatchMe], if_match: IfMatch = None
) -> Response[users.User]:
    """The account as it is then."""
    return tagged(await ask_if(request, "patch_me", plain(data), if_match, service="users"))


@get("/v1/me/addresses", **route("地址簿", "My addresses", tag=TAG))
async def list_addresses(request: DoorRequest) -> answers.Addresses:
    """All addresses."""
    return await request.ask("users", "list_addresses")


@post("/v1/me/addresses", **route("新增地址", "Add an address", tag=TAG, body=True, errors=(403, 409)))
async def add_address(request: DoorRequest, data: JSONBody[bodies.PostalAddress]) -> users.Address:
    """The new address."""
    return await request.ask("users", "put_address", {**plain(data), "address_id": new_id()})


@put(
    "/v1/me/addresses/{address_id:str}",
    **route("修改地址", "Replace an address", tag=TAG, body=True, errors=(403, 404, 409)),
)
async def put_address(request: DoorRequest, address_id: Id, data: JSONBody[bodies.PostalAddress]) -> users.Address:
    """The address as it is then."""
    return await request.ask("users", "put_address", {**plain(data), "address_id": address_id})


@delete("/v1/me/addresses/{address_id:str}", **route("刪除地址", "Remove an address", tag=TAG, errors=(403, 404)))
async def delete_address(request: DoorRequest, address_id: Id) -> None:
    """Gone."""
    await request.ask("users", "delete_address", {"address_id": address_id})


@post(
    "/v1/line/bind",
    status_code=200,
    **route("綁定 LINE", "Bind my LINE account", tag=TAG, body=True, errors=(403, 409)),
)
async def bind_line(request: DoorRequest, data: JSONBody[bodies.BindLine | None] = None) -> users.LineBinding:
    """A nonce, and with a link token where to send the browser next."""
    return await request.ask("users", "bind_line", data or {})


@delete("/v1/line/bind", **route("解除 LINE 綁定", "Unbind my LINE account", tag=TAG, errors=(403,)))
async def unbind_line(request: DoorRequest) -> None:
    """Bound no more. Repeating it changes nothing."""
    await request.ask("users", "unbind_line")


HANDLERS = [me, patch_me, list_addresses, add_address, put_address, delete_address, bind_line, unbind_line]
