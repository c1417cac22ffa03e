"""Shops' door devices, and what they counted."""

from typing import Annotated, Literal

from litestar import delete, get, post
from litestar.params import FromQuery, JSONBody, QueryParameter

from contracts import edge
from gateway.entrypoints import answers, bodies
from gateway.entrypoints.documented import route
from gateway.entrypoints.parameters import Id
from gateway.entrypoints.requests import DoorRequest, new_id, new_password
from kernel.rights import Right

DOOR = "door 來客數"


@post(
    "/v1/shops/{shop_id:str}/devices",
    **route("新增裝置", "Enrol a door device", right=Right.EDIT_DOORS, tag=DOOR, body=True, errors=(409,)),
)
async def enrol_device(request: DoorRequest, shop_id: Id, data: JSONBody[bodies.NewDevice]) -> edge.Enrolled:
    """The device with its credentials; the password is shown this once."""
    wanted = {"device_id": new_id(), "shop_id": shop_id, "name": data.name, "password": new_password()}
    return await request.ask("edge-gateway", "enrol_device", wanted)


@post(
    "/v1/shops/{shop_id:str}/devices/{device_id:str}/password",
    status_code=200,
    **route("裝置的新密碼", "A new password for a device", right=Right.EDIT_DOORS, tag=DOOR, errors=(409,)),
)
async def renew_device(request: DoorRequest, shop_id: Id, device_id: Id) -> edge.Enrolled:
    """The same device with other credentials, shown this once; those before end at once, its readings stay."""
    wanted = {"device_id": device_id, "shop_id": shop_id, "password": new_password()}
    return await request.ask("edge-gateway", "renew_device", wanted)


@get(
    "/v1/shops/{shop_id:str}/devices",
    **route("裝置清單", "A shop's devices", right=Right.SEE_DOORS, tag=DOOR),
)
async def list_devices(request: DoorRequest, shop_id: Id) -> answers.Devices:
    """All devices."""
    return await request.ask("edge-gateway", "list_devices", {"shop_id": shop_id})


@delete(
    "/v1/shops/{shop_id:str}/devices/{device_id:str}",
    **route("移除裝置", "Remove a device", right=Right.EDIT_DOORS, tag=DOOR),
)
async def remove_device(request: DoorRequest, shop_id: Id, device_id: Id) -> None:
    """Its credentials end at once; its readings stay."""
    await request.ask("edge-gateway", "remove_device", {"shop_id": shop_id, "device_id": device_id})


@get(
    "/v1/shops/{shop_id:str}/footfall",
    **route("來客數", "How many came in", right=Right.SEE_DOORS, tag=DOOR, errors=(422,)),
)
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


HANDLERS = [enrol_device, renew_device, list_devices, remove_device, footfall]
