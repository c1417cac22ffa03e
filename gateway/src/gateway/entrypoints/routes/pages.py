"""Pages: the API's documents, and the one where a LINE user binds an account. Everything comes from this host."""

from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import msgspec
from litestar import Request, Response, get
from litestar.openapi.datastructures import ResponseSpec

from chassis.errors import Missing
from gateway.entrypoints.documented import route
from gateway.entrypoints.parameters import Id

TAG = "pages 網頁"
TYPES = {".html": "text/html; charset=utf-8", ".css": "text/css", ".js": "text/javascript", ".png": "image/png"}
SWAGGER = frozenset({"swagger-ui.css", "swagger-ui-bundle.js", "favicon-32x32.png"})
OURS = frozenset({"docs.js", "docs.css", "bind.js", "invitations.js", "mailed-link.js", "pages.css"})

#: Swagger UI sets style attributes and draws its icons from data URLs; nothing of it runs from the page itself.
DOCS_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
DOCUMENT = ResponseSpec(data_container=dict[str, Any], description="OpenAPI 3.1", generate_examples=False)
HTML = ResponseSpec(data_container=str, media_type="text/html", description="網頁 · A page", generate_examples=False)
FILE = ResponseSpec(data_container=bytes, media_type="*/*", description="檔案 · A file", generate_examples=False)


@get("/openapi.json", **route("OpenAPI 文件", "This document", tag=TAG, auth="none", answers={200: DOCUMENT}))
async def openapi(request: Request[Any, Any, Any]) -> Response[Any]:
    """OpenAPI 3.1."""
    return Response(_document(request), media_type="application/json", headers={"cache-control": "public, max-age=60"})


@get(
    "/docs",
    media_type="text/html",
    **route("API 說明", "These documents to read and try", tag=TAG, auth="none", answers={200: HTML}),
)
async def docs() -> Response[bytes]:
    """Swagger UI."""
    return page("docs.html", DOCS_POLICY)


@get(
    "/line/bind",
    media_type="text/html",
    **route("綁定 LINE 的網頁", "The page the chat bot links to", tag=TAG, auth="none", answers={200: HTML}),
)
async def bind() -> Response[bytes]:
    """Logs in and binds."""
    return page("bind.html")


@get(
    "/assets/{name:str}",
    media_type="*/*",
    **route("網頁的檔案", "Files of these pages", tag=TAG, auth="none", errors=(404,), answers={200: FILE}),
)
async def asset(name: Id) -> Response[bytes]:
    """One file; what is not known by name is not there."""
    if name in SWAGGER:
        content = _swagger(name)
    elif name in OURS:
        content = _ours(name)
    else:
        raise Missing("there is no such file")
    return Response(content, media_type=TYPES[Path(name).suffix], headers={"cache-control": "public, max-age=3600"})


def page(name: str, policy: str = PAGE_POLICY) -> Response[bytes]:
    """One of our pages, with the policy that it needs."""
    return Response(
        _ours(name),
        media_type=TYPES[".html"],
        headers={"content-security-policy": policy, "cache-control": "no-cache", "x-frame-options": "DENY"},
    )


_documents: dict[int, bytes] = {}


def _document(request: Request[Any, Any, Any]) -> bytes:
    """The document's bytes, made once an application."""
    key = id(request.app)
    if key not in _documents:
        _documents[key] = msgspec.json.encode(request.app.openapi_schema.to_schema())
    return _documents[key]


@cache
def _ours(name: str) -> bytes:
    return resources.files("gateway.entrypoints").joinpath("web", name).read_bytes()


@cache
def _swagger(name: str) -> bytes:
    import swagger_ui_bundle

    return (Path(swagger_ui_bundle.swagger_ui_path) / name).read_bytes()


HANDLERS = [openapi, docs, bind, asset]
