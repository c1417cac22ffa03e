"""Products, variants, stock, categories, documents."""

from typing import Annotated, Any, Literal

import msgspec
from litestar import Response, delete, get, patch, post, put
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import JSONBody, QueryParameter

from contracts import catalog, media
from gateway.entrypoints import answers, bodies
from gateway.entrypoints.documented import route
from gateway.entrypoints.parameters import Cursor, Id, Limit
from gateway.entrypoints.problems import DocumentTooLarge
from gateway.entrypoints.requests import DoorRequest, new_id, plain

TAG = "products 商品"
LARGEST_PRODUCT = 512 * 1024  # bytes, metadata included
LARGEST_DOCUMENT = 256 * 1024  # bytes of one free document
UNCHANGED = ResponseSpec(data_container=None, description="沒有改變 · As your ETag says", generate_examples=False)


@get("/v1/products", **route("搜尋商品", "Listed products, newest first", tag=TAG, auth="optional", errors=(422,)))
async def search_products(
    request: DoorRequest,
    q: Annotated[str | None, QueryParameter(max_length=200, description="關鍵字 · Every word must occur")] = None,
    category: Annotated[str | None, QueryParameter(max_length=200)] = None,
    shop_id: Annotated[str | None, QueryParameter(max_length=200)] = None,
    cursor: Cursor = None,
    limit: Limit = 20,
) -> answers.Products:
    """One page."""
    asked = {"q": q, "category": category, "shop_id": shop_id, "cursor": cursor, "limit": limit}
    found: Any = await request.door.showcase.page(request.principal, "search_products", asked)
    return found


@get(
    "/v1/shops/{shop_id:str}/products",
    **route("賣場的商品", "A shop's products, newest first", tag=TAG, auth="optional", errors=(404, 422)),
)
async def shop_products(
    request: DoorRequest,
    shop_id: Id,
    in_state: Annotated[Literal["draft", "listed", "unlisted"] | None, QueryParameter(name="state")] = None,
    cursor: Cursor = None,
    limit: Limit = 20,
) -> answers.Products:
    """One page; the shop's people see every state, everybody else what is listed."""
    asked = {"shop_id": shop_id, "state": in_state, "cursor": cursor, "limit": limit}
    found: Any = await request.door.showcase.page(request.principal, "list_shop_products", asked)
    return found


@post(
    "/v1/shops/{shop_id:str}/products",
    **route("新增商品", "Make a product", tag=TAG, body=True, errors=(403, 404, 409), largest_body=LARGEST_PRODUCT),
)
async def create_product(request: DoorRequest, shop_id: Id, data: JSONBody[bodies.NewProduct]) -> answers.Product:
    """A draft with its variants."""
    _check_documents(data.metadata, *(one.metadata for one in data.variants))
    wanted = {**plain(data), "product_id": new_id(), "shop_id": shop_id}
    made = await request.ask("catalog", "create_product", wanted)
    return {**made, "metadata": data.metadata, "photos": []}  # type: ignore[return-value]


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
) -> answers.Product:
    """The public card; with `view=shop`, or while it is not public, as its shop's people see it."""
    found: Any = await request.door.showcase.product(request.principal, product_id)
    return found


@patch(
    "/v1/products/{product_id:str}",
    **route("修改商品", "Change a product", tag=TAG, body=True, errors=(403, 404, 409), largest_body=LARGEST_PRODUCT),
)
async def patch_product(request: DoorRequest, product_id: Id, data: JSONBody[bodies.PatchProduct]) -> answers.Product:
    """The product as it is then."""
    _check_documents(data.metadata)
    return await request.ask("catalog", "patch_product", {**plain(data), "product_id": product_id})


@delete("/v1/products/{product_id:str}", **route("刪除商品", "Delete a product", tag=TAG, errors=(403, 404, 409)))
async def delete_product(request: DoorRequest, product_id: Id) -> None:
    """Gone from every list; orders keep what they froze."""
    await request.ask("catalog", "delete_product", {"product_id": product_id})


@post(
    "/v1/products/{product_id:str}/list",
    status_code=200,
    **route("上架", "List a product", tag=TAG, errors=(403, 404, 409, 422)),
)
async def list_product(request: DoorRequest, product_id: Id) -> answers.Product:
    """The product, listed."""
    return await request.ask("catalog", "list_product", {"product_id": product_id})


@post(
    "/v1/products/{product_id:str}/unlist",
    status_code=200,
    **route("下架", "Take a product off the list", tag=TAG, errors=(403, 404, 409)),
)
async def unlist_product(request: DoorRequest, product_id: Id) -> answers.Product:
    """The product, unlisted."""
    return await request.ask("catalog", "unlist_product", {"product_id": product_id})


@post(
    "/v1/products/{product_id:str}/variants",
    **route("新增規格", "Add a variant", tag=TAG, body=True, errors=(403, 404, 409), largest_body=LARGEST_PRODUCT),
)
async def add_variant(request: DoorRequest, product_id: Id, data: JSONBody[bodies.NewVariant]) -> answers.Product:
    """The product with the new variant."""
    _check_documents(data.metadata)
    wanted = {**plain(data), "product_id": product_id, "product_variant_id": new_id()}
    return await request.ask("catalog", "add_variant", wanted)


@patch(
    "/v1/variants/{variant_id:str}",
    **route("修改規格", "Change a variant", tag=TAG, body=True, errors=(403, 404, 409), largest_body=LARGEST_PRODUCT),
)
async def patch_variant(request: DoorRequest, variant_id: Id, data: JSONBody[bodies.PatchVariant]) -> answers.Product:
    """The product with the changed variant."""
    _check_documents(data.metadata)
    return await request.ask("catalog", "patch_variant", {**plain(data), "variant_id": variant_id})


@delete("/v1/variants/{variant_id:str}", **route("刪除規格", "Delete a variant", tag=TAG, errors=(403, 404, 409)))
async def delete_variant(request: DoorRequest, variant_id: Id) -> None:
    """Gone; a product keeps its last one."""
    await request.ask("catalog", "delete_variant", {"variant_id": variant_id})


@put(
    "/v1/variants/{variant_id:str}/stock",
    **route("設定商品數量", "Set how many are on hand", tag=TAG, body=True, errors=(403, 404, 409)),
)
async def put_stock(request: DoorRequest, variant_id: Id, data: JSONBody[bodies.SetStock]) -> catalog.Stock:
    """The stock then."""
    return await request.ask("catalog", "put_stock", {"variant_id": variant_id, "quantity": data.quantity})


@get("/v1/categories", **route("類別", "The category tree", tag=TAG, auth="none"))
async def categories(request: DoorRequest) -> Response[answers.Categories]:
    """The whole tree."""
    tree: Any = await request.door.showcase.categories()
    return Response(tree, headers={"cache-control": "public, max-age=300"})


@get(
    "/v1/metadata/{metadata_id:str}",
    **route("商品的補充資料", "A product's free document", tag=TAG, auth="optional", errors=(404,)),
)
async def get_metadata(request: DoorRequest, metadata_id: Id) -> media.Metadata:
    """The document of a product that the caller may see."""
    found: Any = await request.door.showcase.document(request.principal, metadata_id)
    return found


def _check_documents(*documents: Any) -> None:
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
    list_product,
    unlist_product,
    add_variant,
    patch_variant,
    delete_variant,
    put_stock,
    categories,
    get_metadata,
]
