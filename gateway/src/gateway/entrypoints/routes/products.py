"""Products: found, made, read, changed; and their free documents."""

from typing import Annotated, Any, Literal

import msgspec
from litestar import Response, delete, get, patch, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromQuery, JSONBody, QueryParameter

from contracts import media
from gateway.entrypoints import product_answers as answers
from gateway.entrypoints import product_bodies as bodies
from gateway.entrypoints.documented import route
from gateway.entrypoints.parameters import Cursor, Id, Limit
from gateway.entrypoints.preconditions import IfMatch, ask_if, tagged
from gateway.entrypoints.problems import DocumentTooLarge
from gateway.entrypoints.requests import DoorRequest, new_id, plain
from kernel.rights import Right

TAG = "products 商品"
LARGEST_PRODUCT = 512 * 1024  # bytes, metadata included
LARGEST_DOCUMENT = 256 * 1024  # bytes of one free document
CHANGES = (403, 404, 409, 412)
UNCHANGED = ResponseSpec(data_container=None, description="沒有改變 · As your ETag says", generate_examples=False)

Sort = Literal["relevance", "newest", "price_asc", "price_desc", "sales"]
Price = Annotated[
    int | None, QueryParameter(ge=0, le=10_000_000, description="最便宜規格的價格 · Of the cheapest variant")
]
State = Literal["draft", "scheduled", "listed", "unlisted", "blocked"]


@get("/v1/products", **route("搜尋商品", "Find listed products", tag=TAG, auth="optional", errors=(422,)))
async def search_products(
    request: DoorRequest,
    q: Annotated[str | None, QueryParameter(max_length=200, description="關鍵字 · Every word must occur")] = None,
    category: Annotated[str | None, QueryParameter(max_length=200)] = None,
    shop_id: Annotated[str | None, QueryParameter(max_length=200)] = None,
    min_price: Price = None,
    max_price: Price = None,
    condition: FromQuery[Literal["new", "used"] | None] = None,
    sort: Annotated[
        Sort | None, QueryParameter(description="預設：有關鍵字最相關，否則最新 · Relevance with words, else newest")
    ] = None,
    cursor: Cursor = None,
    limit: Limit = 20,
) -> answers.Products:
    """One page. A cursor is good for the order it came from."""
    asked = {
        "q": q,
        "category": category,
        "shop_id": shop_id,
        "min_price": min_price,
        "max_price": max_price,
        "condition": condition,
        "sort": sort,
        "cursor": cursor,
        "limit": limit,
    }
    found: Any = await request.door.showcase.page(request.principal, "search_products", asked)
    return found


@get(
    "/v1/shops/{shop_id:str}/products",
    **route("賣場的商品", "A shop's products, newest first", tag=TAG, auth="optional", errors=(404, 422)),
)
async def shop_products(
    request: DoorRequest,
    shop_id: Id,
    in_state: Annotated[State | None, QueryParameter(name="state")] = None,
    cursor: Cursor = None,
    limit: Limit = 20,
) -> answers.Products:
    """One page; the shop's people see every state, everybody else what is listed."""
    asked = {"shop_id": shop_id, "state": in_state, "cursor": cursor, "limit": limit}
    found: Any = await request.door.showcase.page(request.principal, "list_shop_products", asked)
    return found


@post(
    "/v1/shops/{shop_id:str}/products",
    **route(
        "新增商品",
        "Make a product",
        right=Right.EDIT_PRODUCTS,
        tag=TAG,
        body=True,
        errors=(409,),
        largest_body=LARGEST_PRODUCT,
    ),
)
async def create_product(
    request: DoorRequest, shop_id: Id, data: JSONBody[bodies.NewProduct]
) -> Response[answers.Product]:
    """A draft with its variants."""
    check_documents(data.metadata, *(one.metadata for one in data.variants))
    wanted = {**plain(data), "product_id": new_id(), "shop_id": shop_id}
    made = await request.ask("catalog", "create_product", wanted)
    return tagged({**made, "metadata": data.metadata, "photos": []})


@get(
    "/v1/products/{product_id:str}",
    **route("商品", "A product", tag=TAG, auth="optional", errors=(404, 422), answers={304: UNCHANGED}),
)
async def get_product(
    request: DoorRequest,
    product_id: Id,
    view: Annotated[
        Literal["public", "shop"], QueryParameter(description="shop：賣場人員看到的內容 · What the shop's people see")
    ] = "public",
) -> Response[answers.Product]:
    """The public card; with `view=shop`, or while it is not public, as its shop's people see it."""
    return tagged(await request.door.showcase.product(request.principal, product_id))


@patch(
    "/v1/products/{product_id:str}",
    **route(
        "修改商品",
        "Change a product",
        right=Right.EDIT_PRODUCTS,
        tag=TAG,
        body=True,
        errors=CHANGES,
        largest_body=LARGEST_PRODUCT,
    ),
)
async def patch_product(
    request: DoorRequest, product_id: Id, data: JSONBody[bodies.PatchProduct], if_match: IfMatch = None
) -> Response[answers.Product]:
    """The product as it is then."""
    check_documents(data.metadata)
    return tagged(await ask_if(request, "patch_product", {**plain(data), "product_id": product_id}, if_match))


@delete(
    "/v1/products/{product_id:str}",
    **route("刪除商品", "Delete a product", right=Right.DELETE_PRODUCTS, tag=TAG, errors=CHANGES),
)
async def delete_product(request: DoorRequest, product_id: Id, if_match: IfMatch = None) -> None:
    """Gone from every list; orders keep what they froze."""
    await ask_if(request, "delete_product", {"product_id": product_id}, if_match)


@get(
    "/v1/metadata/{metadata_id:str}",
    **route("商品的補充資料", "A product's free document", tag=TAG, auth="optional", errors=(404,)),
)
async def get_metadata(request: DoorRequest, metadata_id: Id) -> media.Metadata:
    """The document of a product that the caller may see."""
    found: Any = await request.door.showcase.document(request.principal, metadata_id)
    return found


def check_documents(*documents: Any) -> None:
    """Free documents are measured before anybody carries them on. Raises DocumentTooLarge."""
    for one in documents:
        if isinstance(one, dict) and len(msgspec.json.encode(one)) > LARGEST_DOCUMENT:
            raise DocumentTooLarge(
                f"metadata has at most {LARGEST_DOCUMENT} bytes", field="metadata", limit=LARGEST_DOCUMENT
            )


HANDLERS = [
    search_products,
    shop_products,
    create_product,
    get_product,
    patch_product,
    delete_product,
    get_metadata,
]
