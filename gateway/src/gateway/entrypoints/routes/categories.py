"""The category tree: read by everybody, edited by platform operators. Catalog checks the role."""

from typing import Any

from litestar import Response, get, patch, post, put
from litestar.params import JSONBody

from gateway.entrypoints import product_answers as answers
from gateway.entrypoints import product_bodies as bodies
from gateway.entrypoints.documented import route
from gateway.entrypoints.parameters import Id
from gateway.entrypoints.requests import DoorRequest, new_id, plain

TAG = "products 商品"
OPERATORS = "operators 平台"
REFUSALS = (403, 404, 409)


@get("/v1/categories", **route("類別", "The category tree", tag=TAG, auth="none"))
async def categories(request: DoorRequest) -> Response[answers.Categories]:
    """The whole tree, without what is retired."""
    tree: Any = await request.door.showcase.categories()
    return Response(tree, headers={"cache-control": "public, max-age=60"})


@get("/v1/operator/categories", **route("類別樹", "The whole tree with what is retired", tag=OPERATORS, errors=(403,)))
async def category_tree(request: DoorRequest) -> answers.Categories:
    """The tree and its version."""
    return await request.ask("catalog", "get_category_tree", {})


@post("/v1/operator/categories", **route("新增類別", "Add a category", tag=OPERATORS, body=True, errors=REFUSALS))
async def add_category(request: DoorRequest, data: JSONBody[bodies.NewCategory]) -> answers.Categories:
    """The tree then."""
    return await request.ask("catalog", "add_category", {**plain(data), "category_id": f"cat-{new_id()}"})


@patch(
    "/v1/operator/categories/{category_id:str}",
    **route("修改類別", "Rename, move or retire a category", tag=OPERATORS, body=True, errors=REFUSALS),
)
async def patch_category(
    request: DoorRequest, category_id: Id, data: JSONBody[bodies.PatchCategory]
) -> answers.Categories:
    """The tree then. Products that are in the category stay as they are."""
    return await request.ask("catalog", "patch_category", {**plain(data), "category_id": category_id})


@put(
    "/v1/operator/categories/{category_id:str}/attributes",
    **route("類別的屬性", "What products of a category must tell", tag=OPERATORS, body=True, errors=REFUSALS),
)
async def put_attributes(
    request: DoorRequest, category_id: Id, data: JSONBody[bodies.PutAttributes]
) -> answers.Categories:
    """The tree then. What is newly required blocks the next listing, and unlists nothing."""
    return await request.ask("catalog", "put_attributes", {**plain(data), "category_id": category_id})


HANDLERS = [categories, category_tree, add_category, patch_category, put_attributes]
