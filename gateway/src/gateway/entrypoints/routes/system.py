"""What watches the process asks for."""

from typing import Any

from litestar import MediaType, Response, get
from litestar.openapi.datastructures import ResponseSpec
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from gateway.entrypoints.documented import route
from gateway.entrypoints.requests import DoorRequest

TAG = "system 系統"
NOT_READY = ResponseSpec(
    data_container=dict[str, Any], description="還沒準備好 · Not ready, with the reasons", generate_examples=False
)


@get("/healthz", **route("存活", "Alive", tag=TAG, auth="none"))
async def healthz() -> dict[str, str]:
    """Alive."""
    return {"status": "alive"}


@get("/readyz", **route("就緒", "Ready for requests", tag=TAG, auth="none"))
async def readyz(request: DoorRequest) -> Response[dict[str, Any]]:
    """Ready, or what is missing."""
    problems = request.door.readiness.problems()
    body = {"status": "not ready" if problems else "ready", "problems": problems}
    return Response(body, status_code=503 if problems else 200)


@get(
    "/metrics",
    media_type=MediaType.TEXT,
    **route("指標", "Measures in Prometheus' text form", tag=TAG, auth="none"),
)
async def metrics() -> Response[str]:
    """All measures of this process."""
    return Response(generate_latest().decode(), media_type=CONTENT_TYPE_LATEST)


HANDLERS = [healthz, readyz, metrics]
