"""The HTTP application: routes, guard, errors, documents."""

from typing import Any

from litestar import Controller, Litestar
from litestar.config.cors import CORSConfig
from litestar.datastructures import State
from litestar.exceptions import HTTPException
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.spec import Components, SecurityScheme, Server

from chassis.errors import Refusal
from gateway.adapters.fast_reads import FastReads
from gateway.bootstrap import Door
from gateway.entrypoints import problems
from gateway.entrypoints.front import Front
from gateway.entrypoints.guard import ACCESS_COOKIE, CSRF_COOKIE, CSRF_HEADER, guard
from gateway.entrypoints.requests import DoorRequest
from gateway.entrypoints.routes import (
    account,
    auth,
    categories,
    doors,
    imports,
    invitations,
    line_login,
    listing,
    me,
    notifications,
    operators,
    orders,
    pages,
    payments,
    photos,
    products,
    shops,
    stock,
    system,
    variants,
    webhooks,
)

ROUTES = (
    auth,
    account,
    line_login,
    me,
    invitations,
    shops,
    doors,
    products,
    listing,
    variants,
    stock,
    photos,
    categories,
    imports,
    orders,
    payments,
    notifications,
    operators,
    webhooks,
    pages,
    system,
)
DESCRIPTION = f"""夜市的 HTTP API。錯誤為 RFC 9457 文件，`code` 固定不變；不屬於你的資料一律 404；清單以 cursor 換頁。

The HTTP API of Yeshi. Errors are RFC 9457 documents with a stable `code`; what is not yours looks missing (404); lists
use cursors. Use `Authorization: Bearer`, or from a web page cookies: send `X-Yeshi-Client: web` when logging in, then
the value of the cookie `{CSRF_COOKIE}` as `{CSRF_HEADER}` with everything that changes something.
"""


def build_app(door: Door) -> FastReads:
    """The whole HTTP side on a door: the hottest reads, the front, the framework."""
    framework = build_framework(door)
    front = Front(
        framework,
        reads=door.reads,
        addresses=door.addresses,
        draining=lambda: door.draining,
        methods={route.path_format: frozenset(route.methods) for route in framework.routes if route.methods},
    )
    return FastReads(
        front,  # type: ignore[arg-type]
        door.cards,
        door.store,
        door.reads,
        addresses=door.addresses,
        refused=problems.refused,
        origins=door.settings.cors_origins,
        draining=lambda: door.draining,
    )


def build_framework(door: Door) -> Litestar:
    """Routes, guard and errors."""
    return Litestar(
        route_handlers=[handler for module in ROUTES for handler in module.HANDLERS],
        request_class=DoorRequest,
        guards=[guard],
        exception_handlers={
            Refusal: problems.on_refusal,
            HTTPException: problems.on_http_exception,
            Exception: problems.on_exception,
        },
        openapi_config=_documents(door),
        cors_config=_cors(door.settings.cors_origins),
        state=State({"door": door}),
        logging_config=None,
        request_max_body_size=None,
        debug=False,
    )


class _NoPages(Controller):
    """Keeps the framework's own pages away: they load their parts from other hosts."""

    path = "/"


def _documents(door: Door) -> OpenAPIConfig:
    config = OpenAPIConfig(
        title="夜市 Yeshi",
        version="1.0.0",
        description=DESCRIPTION,
        servers=[Server(url=door.settings.public_url)],
        components=Components(
            security_schemes={
                "bearer": SecurityScheme(type="http", scheme="bearer", bearer_format="JWT"),
                "cookie": SecurityScheme(type="apiKey", name=ACCESS_COOKIE, security_scheme_in="cookie"),
            }
        ),
        use_handler_docstrings=False,
        render_plugins=[],
        operation_id_creator=_operation_id,
    )
    config.openapi_controller = _NoPages  # type: ignore[assignment]
    return config


def _operation_id(handler: HTTPRouteHandler, _method: object, _path: object) -> str:
    """The handler's name as generated clients spell a function: `putCartItem`."""
    first, *others = handler.handler_name.split("_")
    return first + "".join(word.title() for word in others)


def _cors(origins: tuple[str, ...]) -> CORSConfig | None:
    if not origins:
        return None
    headers: list[Any] = [
        "authorization",
        "content-type",
        "idempotency-key",
        "if-match",
        "last-event-id",
        "x-yeshi-client",
    ]
    return CORSConfig(
        allow_origins=list(origins),
        allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
        allow_headers=headers,
        expose_headers=["etag", "location", "retry-after", "x-request-id"],
    )
