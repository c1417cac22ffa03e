"""Photos of products and variants: up as bytes, or by a signed address; their order; down as pictures."""

from typing import Any

from litestar import delete, get, post, put
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import JSONBody

from chassis.errors import Missing
from contracts import media
from gateway.application.photos import Target
from gateway.entrypoints import answers, bodies
from gateway.entrypoints.documented import route
from gateway.entrypoints.operations import PhotoUpload
from gateway.entrypoints.parameters import Id
from gateway.entrypoints.requests import DoorRequest
from kernel.rights import Right

TAG = "photos 照片"
UPLOAD_ERRORS = (400, 403, 404, 409, 413, 415, 422)
PICTURE = ResponseSpec(data_container=bytes, media_type="image/*", description="照片 · Photo", generate_examples=False)
UNCHANGED = ResponseSpec(data_container=None, description="沒有改變 · As your ETag says", generate_examples=False)


@post(
    "/v1/products/{product_id:str}/photos",
    **route(
        "上傳照片",
        "Upload a photo (at most 10 MB)",
        right=Right.EDIT_PRODUCTS,
        tag=TAG,
        errors=UPLOAD_ERRORS,
        operation=PhotoUpload,
    ),
)
async def upload_photo(request: DoorRequest, product_id: Id) -> answers.StoredPhoto:
    """The stored photo, behind the others. The same bytes on the same product are the same photo."""
    return await upload(request, Target(product_id=product_id))


@put(
    "/v1/products/{product_id:str}/photos",
    **route(
        "照片順序",
        "Put the photos in order; the first is the cover",
        right=Right.EDIT_PRODUCTS,
        tag=TAG,
        body=True,
        errors=(409,),
    ),
)
async def arrange_photos(request: DoorRequest, product_id: Id, data: JSONBody[bodies.PhotoOrder]) -> media.Photos:
    """The photos then. Others than there are: `photos_changed`, with those there are."""
    return await request.door.photos.arrange(  # type: ignore[return-value]
        request.principal, product_id, data.photo_ids
    )


@delete(
    "/v1/products/{product_id:str}/photos/{photo_id:str}",
    **route("刪除照片", "Delete a photo", right=Right.EDIT_PRODUCTS, tag=TAG),
)
async def delete_photo(request: DoorRequest, product_id: Id, photo_id: Id) -> None:
    """Gone; who has its address can read it for another day."""
    await request.door.photos.remove(request.principal, Target(product_id=product_id), photo_id)


@put(
    "/v1/variants/{variant_id:str}/photo",
    **route(
        "規格的照片",
        "Upload a variant's photo",
        right=Right.EDIT_PRODUCTS,
        tag=TAG,
        errors=UPLOAD_ERRORS,
        operation=PhotoUpload,
    ),
)
async def put_variant_photo(request: DoorRequest, variant_id: Id) -> answers.StoredPhoto:
    """The stored photo, in place of the one before."""
    return await upload(request, Target(variant_id=variant_id))


@delete(
    "/v1/variants/{variant_id:str}/photo",
    **route("刪除規格的照片", "Delete a variant's photo", right=Right.EDIT_PRODUCTS, tag=TAG),
)
async def delete_variant_photo(request: DoorRequest, variant_id: Id) -> None:
    """The variant has none then."""
    await request.door.photos.remove(request.principal, Target(variant_id=variant_id), None)


@post(
    "/v1/products/{product_id:str}/photos/uploads",
    **route(
        "預先簽署的上傳",
        "A signed address to upload to",
        right=Right.EDIT_PRODUCTS,
        tag=TAG,
        body=True,
        errors=(409,),
    ),
)
async def announce_upload(
    request: DoorRequest, product_id: Id, data: JSONBody[bodies.NewUpload]
) -> answers.PhotoTicket:
    """Where the bytes go. Without a store that browsers reach: `presigned_uploads_off`."""
    return await request.door.photos.announce(  # type: ignore[return-value]
        request.principal, product_id, data.content_type, data.size
    )


@post(
    "/v1/products/{product_id:str}/photos/uploads/{photo_id:str}",
    **route(
        "上傳完成",
        "Accept what was uploaded to a signed address",
        right=Right.EDIT_PRODUCTS,
        tag=TAG,
        body=True,
        errors=(409,),
    ),
)
async def accept_upload(
    request: DoorRequest, product_id: Id, photo_id: Id, data: JSONBody[bodies.DoneUpload]
) -> answers.StoredPhoto:
    """The stored photo, as if it had come through the door."""
    return await request.door.photos.accept(  # type: ignore[return-value]
        request.principal, product_id, photo_id, data.sha256, data.size
    )


@get(
    "/media/{key:path}",
    **route("照片", "A photo", tag=TAG, auth="none", errors=(404,), answers={200: PICTURE, 304: UNCHANGED}),
)
async def get_photo(key: Id) -> None:
    """Answered before the framework; what comes here names nothing."""
    raise Missing("there is no such picture")


async def upload(request: DoorRequest, target: Target) -> Any:
    """The stored photo of what the form brings."""
    return await request.door.photos.upload(
        request.principal,
        target,
        request.headers.get("content-type", ""),
        request.length,
        request.chunks(),
    )


HANDLERS = [
    upload_photo,
    arrange_photos,
    delete_photo,
    put_variant_photo,
    delete_variant_photo,
    announce_upload,
    accept_upload,
    get_photo,
]
