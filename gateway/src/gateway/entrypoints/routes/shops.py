"""Sellers, shops, their people and their door devices."""

from typing import Annotated, Literal

from litestar import delete, get, patch, post, put
from litestar.params import FromQuery, JSONBody, QueryParameter

from contracts import edge, users
from gateway.entrypoints import answers, bodies
from gateway.entrypoints.documented import route
from gateway.entrypoints.parameters import Cursor, Id, Limit
from gateway.entrypoints.requests import DoorRequest, new_id, plain

SELLER, SHOP, DOOR = "seller 賣家", "shops 賣場", "door 來客數"


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
async def get_shop(request: DoorRequest, shop_id: Id) -> answers.Shop:
    """The shop; its own people see the staff and the whole address."""
    return await request.ask("catalog", "get_shop", {"shop_id": shop_id})


@patch("/v1/shops/{shop_id:str}", **route("修改賣場", "Change a shop", tag=SHOP, body=True, errors=(403, 404, 409)))
async def patch_shop(request: DoorRequest, shop_id: Id, data: JSONBody[bodies.PatchShop]) -> answers.Shop:
    """The shop as it is then."""
    return await request.ask("catalog", "patch_shop", {**plain(data), "shop_id": shop_id})


@get("/v1/shops/{shop_id:str}/staff", **route("賣場人員", "Who works in a shop", tag=SHOP, errors=(403, 404)))
async def list_staff(request: DoorRequest, shop_id: Id) -> answers.StaffList:
    """Everybody with a role."""
    return await request.ask("catalog", "list_staff", {"shop_id": shop_id})


@post(
    "/v1/shops/{shop_id:str}/staff",
    status_code=200,
    **route("加入人員", "Give somebody a role", tag=SHOP, body=True, errors=(403, 404, 409)),
)
async def add_staff(request: DoorRequest, shop_id: Id, data: JSONBody[bodies.NewStaff]) -> answers.StaffList:
    """Everybody with a role then."""
    return await request.ask("catalog", "put_staff", {**plain(data), "shop_id": shop_id})


@put(
    "/v1/shops/{shop_id:str}/staff/{user_id:str}",
    **route("修改職務", "Change somebody's role", tag=SHOP, body=True, errors=(403, 404, 409)),
)
async def put_staff(
    request: DoorRequest, shop_id: Id, user_id: Id, data: JSONBody[bodies.StaffRole]
) -> answers.StaffList:
    """Everybody with a role then."""
    return await request.ask("catalog", "put_staff", {"shop_id": shop_id, "user_id": user_id, "role": data.role})


@delete(
    "/v1/shops/{shop_id:str}/staff/{user_id:str}",
    **route("移除人員", "Take somebody's role away", tag=SHOP, errors=(403, 404, 409)),
)
async def delete_staff(request: DoorRequest, shop_id: Id, user_id: Id) -> None:
    """No role any more."""
    await request.ask("catalog", "delete_staff", {"shop_id": shop_id, "user_id": user_id})


@post(
    "/v1/shops/{shop_id:str}/devices",
    **route("新增裝置", "Enrol a door device", tag=DOOR, body=True, errors=(403, 404, 409)),
)
async def enrol_device(request: DoorRequest, shop_id: Id, data: JSONBody[bodies.NewDevice]) -> edge.Enrolled:
    """The device with its credentials; the password is shown this once."""
    wanted = {"device_id": new_id(), "shop_id": shop_id, "name": data.name}
    return await request.ask("edge-gateway", "enrol_device", wanted)


@get("/v1/shops/{shop_id:str}/devices", **route("裝置清單", "A shop's devices", tag=DOOR, errors=(403, 404)))
async def list_devices(request: DoorRequest, shop_id: Id) -> answers.Devices:
    """All devices."""
    return await request.ask("edge-gateway", "list_devices", {"shop_id": shop_id})


@delete(
    "/v1/shops/{shop_id:str}/devices/{device_id:str}",
    **route("移除裝置", "Remove a device", tag=DOOR, errors=(403, 404)),
)
async def remove_device(request: DoorRequest, shop_id: Id, device_id: Id) -> None:
    """Its credentials end at once; its readings stay."""
    await request.ask("edge-gateway", "remove_device", {"shop_id": shop_id, "device_id": device_id})


@get("/v1/shops/{shop_id:str}/footfall", **route("來客數", "How many came in", tag=DOOR, errors=(403, 404, 422)))
async def footfall(
    request: DoorRequest,
    shop_id: Id,
    since: Annotated[str, QueryParameter(name="from", max_length=40, description="RFC 3339")],
    until: Annotated[str, QueryParameter(name="to", max_length=40, description="RFC 3339")],
    bucket: FromQuery[Literal["minute", "hour", "day"]] = "hour",
) -> edge.FootfallBuckets:
    """Buckets with data, in order of time."""
    window = {"shop_id": shop_id, "from": since, "to": until, "bucket": bucket}
    return await request.ask("edge-gateway", "footfall", window)


HANDLERS = [
    become_seller,
    get_seller,
    my_shops,
    create_shop,
    get_shop,
    patch_shop,
    list_staff,
    add_staff,
    put_staff,
    delete_staff,
    enrol_device,
    list_devices,
    remove_device,
    footfall,
]
