"""Variants, and the options that tell them apart."""

from litestar import Response, delete, patch, post, put
from litestar.params import JSONBody

from gateway.entrypoints import product_answers as answers
from gateway.entrypoints import product_bodies as bodies
from gateway.entrypoints.documented import route
from gateway.entrypoints.parameters import Id
from gateway.entrypoints.preconditions import IfMatch, ask_if, tagged
from gateway.entrypoints.requests import DoorRequest, new_id, plain
from gateway.entrypoints.routes.products import CHANGES, LARGEST_PRODUCT, TAG, check_documents
from kernel.rights import Right


@post(
    "/v1/products/{product_id:str}/variants",
    **route(
        "新增規格",
        "Add a variant",
        right=Right.EDIT_PRODUCTS,
        tag=TAG,
        body=True,
        errors=CHANGES,
        largest_body=LARGEST_PRODUCT,
    ),
)
async def add_variant(
    request: DoorRequest, product_id: Id, data: JSONBody[bodies.NewVariant], if_match: IfMatch = None
) -> Response[answers.Product]:
    """The product with the new variant."""
    check_documents(data.metadata)
    wanted = {**plain(data), "product_id": product_id, "product_variant_id": new_id()}
    return tagged(await ask_if(request, "add_variant", wanted, if_match))


@put(
    "/v1/products/{product_id:str}/options",
    **route("修改規格選項", "Change the option levels", right=Right.EDIT_PRODUCTS, tag=TAG, body=True, errors=CHANGES),
)
async def put_options(
    request: DoorRequest, product_id: Id, data: JSONBody[bodies.PutOptions], if_match: IfMatch = None
) -> Response[answers.Product]:
    """The product with other levels. Variants that can stay keep their ids, prices and stock."""
    return tagged(await ask_if(request, "put_options", {**plain(data), "product_id": product_id}, if_match))


@patch(
    "/v1/variants/{variant_id:str}",
    **route(
        "修改規格",
        "Change a variant",
        right=Right.EDIT_PRODUCTS,
        tag=TAG,
        body=True,
        errors=CHANGES,
        largest_body=LARGEST_PRODUCT,
    ),
)
async def patch_variant(
    request: DoorRequest, variant_id: Id, data: JSONBody[bodies.PatchVariant], if_match: IfMatch = None
) -> Response[answers.Product]:
    """The product with the changed variant. The version is the product's."""
    check_documents(data.metadata)
    return tagged(await ask_if(request, "patch_variant", {**plain(data), "variant_id": variant_id}, if_match))


@delete(
    "/v1/variants/{variant_id:str}",
    **route("刪除規格", "Delete a variant", right=Right.EDIT_PRODUCTS, tag=TAG, errors=CHANGES),
)
async def delete_variant(request: DoorRequest, variant_id: Id, if_match: IfMatch = None) -> None:
    """Gone; a product keeps its last one."""
    await ask_if(request, "delete_variant", {"variant_id": variant_id}, if_match)


HANDLERS = [add_variant, put_options, patch_variant, delete_variant]
