"""What platform operators decide. Users checks the role; it is never enough to know a path."""

from typing import Annotated, Literal

from litestar import get, post, put
from litestar.params import JSONBody, QueryParameter

from contracts import users
from gateway.entrypoints import answers, bodies
from gateway.entrypoints.documented import route
from gateway.entrypoints.parameters import Cursor, Id, Limit
from gateway.entrypoints.requests import DoorRequest

TAG = "operators 平台"
State = Literal["pending", "approved", "rejected", "suspended", "closed"]


@get("/v1/operator/sellers", **route("賣家清單", "Sellers, by state", tag=TAG, errors=(403, 422)))
async def list_sellers(
    request: DoorRequest,
    in_state: Annotated[State | None, QueryParameter(name="state")] = None,
    cursor: Cursor = None,
    limit: Limit = 20,
) -> answers.Sellers:
    """One page."""
    return await request.ask("users", "list_sellers", {"state": in_state, "cursor": cursor, "limit": limit})


@put(
    "/v1/operator/sellers/{seller_id:str}",
    **route("審核賣家", "Approve, reject or suspend a seller", tag=TAG, body=True, errors=(403, 404, 409)),
)
async def decide_seller(request: DoorRequest, seller_id: Id, data: JSONBody[bodies.SellerDecision]) -> users.Seller:
    """The seller then. Deciding the same again changes nothing."""
    return await request.ask("users", "decide_seller", {"seller_id": seller_id, "state": data.state})


@post(
    "/v1/operator/sellers/{seller_id:str}/approve",
    status_code=200,
    **route("核准賣家", "Let somebody sell", tag=TAG, errors=(403, 404, 409)),
)
async def approve_seller(request: DoorRequest, seller_id: Id) -> users.Seller:
    """They may sell. Somebody suspended is reopened instead."""
    asked = {"seller_id": seller_id, "state": "approved", "only_from": ["pending", "rejected"]}
    return await request.ask("users", "decide_seller", asked)


@post(
    "/v1/operator/sellers/{seller_id:str}/reject",
    status_code=200,
    **route("退回賣家申請", "Refuse somebody who wants to sell", tag=TAG, errors=(403, 404, 409)),
)
async def reject_seller(request: DoorRequest, seller_id: Id) -> users.Seller:
    """They may not."""
    return await request.ask("users", "decide_seller", {"seller_id": seller_id, "state": "rejected"})


@post(
    "/v1/operator/sellers/{seller_id:str}/suspend",
    status_code=200,
    **route("停權賣家", "Take a seller's products off the market", tag=TAG, errors=(403, 404, 409)),
)
async def suspend_seller(request: DoorRequest, seller_id: Id) -> users.Seller:
    """Their shops are closed to buyers until they are reopened."""
    return await request.ask("users", "decide_seller", {"seller_id": seller_id, "state": "suspended"})


@post(
    "/v1/operator/sellers/{seller_id:str}/reopen",
    status_code=200,
    **route("恢復賣家", "Bring a seller's products back", tag=TAG, errors=(403, 404, 409)),
)
async def reopen_seller(request: DoorRequest, seller_id: Id) -> users.Seller:
    """Their shops are as they were."""
    asked = {"seller_id": seller_id, "state": "approved", "only_from": ["suspended"]}
    return await request.ask("users", "decide_seller", asked)


HANDLERS = [list_sellers, decide_seller, approve_seller, reject_seller, suspend_seller, reopen_seller]
