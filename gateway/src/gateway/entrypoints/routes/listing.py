"""Products on the market: listed, planned, taken off; and what operators take off."""

from litestar import Response, get, post
from litestar.params import JSONBody

from gateway.entrypoints import product_answers as answers
from gateway.entrypoints import product_bodies as bodies
from gateway.entrypoints.documented import route
from gateway.entrypoints.parameters import Cursor, Id, Limit
from gateway.entrypoints.preconditions import IfMatch, ask_if, tagged
from gateway.entrypoints.requests import DoorRequest, plain
from kernel.rights import Right

TAG = "products 商品"
OPERATORS = "operators 平台"
CHANGES = (403, 404, 409, 412)


@post(
    "/v1/products/{product_id:str}/list",
    status_code=200,
    **route("上架", "List a product", right=Right.EDIT_PRODUCTS, tag=TAG, errors=(*CHANGES, 422)),
)
async def list_product(request: DoorRequest, product_id: Id, if_match: IfMatch = None) -> Response[answers.Product]:
    """The product, listed. `not_listable` names everything that is missing."""
    return tagged(await ask_if(request, "list_product", {"product_id": product_id}, if_match))


@post(
    "/v1/products/{product_id:str}/schedule",
    status_code=200,
    **route(
        "預約上架", "Plan when a product lists itself", right=Right.EDIT_PRODUCTS, tag=TAG, body=True, errors=CHANGES
    ),
)
async def schedule_product(
    request: DoorRequest, product_id: Id, data: JSONBody[bodies.ScheduleProduct], if_match: IfMatch = None
) -> Response[answers.Product]:
    """The product, scheduled. Unlisting it ends the plan."""
    return tagged(await ask_if(request, "schedule_product", {**plain(data), "product_id": product_id}, if_match))


@post(
    "/v1/products/{product_id:str}/unlist",
    status_code=200,
    **route("下架", "Take a product off the list", right=Right.EDIT_PRODUCTS, tag=TAG, errors=(*CHANGES, 422)),
)
async def unlist_product(request: DoorRequest, product_id: Id, if_match: IfMatch = None) -> Response[answers.Product]:
    """The product, unlisted."""
    return tagged(await ask_if(request, "unlist_product", {"product_id": product_id}, if_match))


@get("/v1/operator/products/blocked", **route("平台下架清單", "Blocked products", tag=OPERATORS, errors=(403, 422)))
async def list_blocked_products(
    request: DoorRequest, cursor: Cursor = None, limit: Limit = 20
) -> answers.BlockedProducts:
    """One page: what was taken off the market, why, since when and by whom."""
    return await request.ask("catalog", "list_blocked_products", {"cursor": cursor, "limit": limit})


@post(
    "/v1/operator/products/{product_id:str}/block",
    status_code=200,
    **route("平台下架", "Take a product off the market", tag=OPERATORS, body=True, errors=(403, 404, 409)),
)
async def block_product(
    request: DoorRequest, product_id: Id, data: JSONBody[bodies.BlockProduct]
) -> Response[answers.Product]:
    """The product, blocked. Its shop reads the reason and cannot list it."""
    asked = {"product_id": product_id, "reason": data.reason}
    return tagged(await request.ask("catalog", "block_product", asked))


@post(
    "/v1/operator/products/{product_id:str}/unblock",
    status_code=200,
    **route("解除平台下架", "Let a shop list its product again", tag=OPERATORS, errors=(403, 404, 409)),
)
async def unblock_product(request: DoorRequest, product_id: Id) -> Response[answers.Product]:
    """The product, unlisted."""
    return tagged(await request.ask("catalog", "unblock_product", {"product_id": product_id}))


HANDLERS = [list_product, schedule_product, unlist_product, list_blocked_products, block_product, unblock_product]
