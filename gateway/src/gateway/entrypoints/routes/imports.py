"""Sheets: a whole shop in and out."""

from typing import Annotated, Any, Literal

from litestar import Response, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import QueryParameter
from litestar.response import Stream

from contracts import catalog
from gateway.entrypoints import answers
from gateway.entrypoints.documented import route
from gateway.entrypoints.operations import SheetDownload, SheetUpload
from gateway.entrypoints.parameters import Cursor, Id, IdempotencyKey, Limit
from gateway.entrypoints.requests import DoorRequest
from kernel.rights import Right

TAG = "imports 匯入匯出"
SHEET = ResponseSpec(
    data_container=bytes, media_type="text/csv", description="CSV 或 XLSX · CSV or XLSX", generate_examples=False
)
AS_SHEET: dict[str, Any] = {"answers": {200: SHEET}, "operation": SheetDownload}
Format = Annotated[Literal["csv", "xlsx"], QueryParameter(name="format", description="csv, xlsx")]


@post(
    "/v1/shops/{shop_id:str}/imports",
    status_code=202,
    **route(
        "匯入商品",
        "Import products from a CSV or XLSX file (at most 20 MB)",
        right=Right.IMPORT,
        tag=TAG,
        errors=(400, 403, 404, 409, 413, 415, 422),
        operation=SheetUpload,
    ),
)
async def create_import(
    request: DoorRequest, shop_id: Id, idempotency_key: IdempotencyKey = None
) -> Response[catalog.Import]:
    """The import, waiting. With the same Idempotency-Key it is the same import."""
    made: Any = await request.door.imports.upload(
        request.principal,
        shop_id,
        idempotency_key,
        request.headers.get("content-type", ""),
        request.length,
        request.chunks(),
    )
    return Response(made, status_code=202, headers={"location": f"/v1/shops/{shop_id}/imports/{made['import_id']}"})


@get(
    "/v1/shops/{shop_id:str}/imports",
    **route("匯入清單", "A shop's imports", right=Right.IMPORT, tag=TAG, errors=(403, 404, 422)),
)
async def list_imports(request: DoorRequest, shop_id: Id, cursor: Cursor = None, limit: Limit = 20) -> answers.Imports:
    """One page, newest first."""
    return await request.ask("catalog", "list_imports", {"shop_id": shop_id, "cursor": cursor, "limit": limit})


@get(
    "/v1/shops/{shop_id:str}/imports/{import_id:str}",
    **route("匯入進度", "How an import stands", right=Right.IMPORT, tag=TAG, errors=(403, 404)),
)
async def get_import(request: DoorRequest, shop_id: Id, import_id: Id) -> catalog.Import:
    """State, counts and progress."""
    return await request.ask("catalog", "get_import", {"shop_id": shop_id, "import_id": import_id})


@get(
    "/v1/shops/{shop_id:str}/imports/{import_id:str}/errors",
    **route("匯入的問題", "What is wrong with an import's rows", right=Right.IMPORT, tag=TAG, errors=(403, 404, 422)),
)
async def list_import_errors(
    request: DoorRequest, shop_id: Id, import_id: Id, cursor: Cursor = None, limit: Limit = 20
) -> answers.ImportProblems:
    """One page, in the order they were found; warnings among them."""
    asked = {"shop_id": shop_id, "import_id": import_id, "cursor": cursor, "limit": limit}
    return await request.ask("catalog", "list_import_errors", asked)


@post(
    "/v1/shops/{shop_id:str}/imports/{import_id:str}/cancel",
    status_code=202,
    **route("取消匯入", "Call an import off", right=Right.IMPORT, tag=TAG, errors=(403, 404, 409)),
)
async def cancel_import(request: DoorRequest, shop_id: Id, import_id: Id) -> catalog.Import:
    """It ends before its next piece; what was applied until then stays."""
    return await request.ask("catalog", "cancel_import", {"shop_id": shop_id, "import_id": import_id})


@get(
    "/v1/shops/{shop_id:str}/export",
    **route(
        "匯出賣場",
        "A whole shop as a sheet",
        right=Right.IMPORT,
        tag=TAG,
        errors=(403, 404, 422),
        answers={200: SHEET},
        operation=SheetDownload,
    ),
)
async def export_shop(request: DoorRequest, shop_id: Id, format_: Format = "csv") -> Stream:
    """In the columns that an import takes: importing it again changes nothing."""
    media_type, chunks = await request.door.imports.export(request.principal, shop_id, format_)
    return Stream(chunks, media_type=media_type, headers=_attachment(f"yeshi-{shop_id}.{format_}"))


@get(
    "/v1/imports/template",
    **route(
        "匯入範本", "An empty sheet", tag=TAG, auth="none", errors=(422,), answers={200: SHEET}, operation=SheetDownload
    ),
)
async def import_template(request: DoorRequest, format_: Format = "xlsx") -> Response[bytes]:
    """The columns; the XLSX explains each on its second sheet."""
    media_type, body = await request.door.imports.template(format_)
    return Response(body, media_type=media_type, headers=_attachment(f"yeshi-template.{format_}"))


def _attachment(name: str) -> dict[str, str]:
    return {"content-disposition": f'attachment; filename="{name}"', "x-content-type-options": "nosniff"}


HANDLERS = [
    create_import,
    list_imports,
    get_import,
    list_import_errors,
    cancel_import,
    export_shop,
    import_template,
]
