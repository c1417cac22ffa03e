"""Errors as RFC 9457 problem documents: one table from kinds to statuses, and nobody learns internals."""

import http
import logging
import math
import re
from typing import Any

import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException

from chassis.errors import Invalid, Kind, Malformed, Missing, Refusal
from gateway.application.refusals import TooLarge

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"

STATUS: dict[Kind, int] = {
    Kind.MALFORMED: 400,
    Kind.UNAUTHENTICATED: 401,
    Kind.FORBIDDEN: 403,
    Kind.MISSING: 404,
    Kind.CONFLICT: 409,
    Kind.PRECONDITION: 412,
    Kind.TOO_LARGE: 413,
    Kind.UNSUPPORTED: 415,
    Kind.INVALID: 422,
    Kind.TOO_MANY: 429,
    Kind.UNAVAILABLE: 503,
}
CODES = {404: "not_found", 405: "method_not_allowed", 400: "malformed", 413: "too_large", 415: "unsupported"}
RETRY_AFTER = 1  # seconds, when nobody said more
_ABSENT = re.compile(r"[Mm]issing required \w+ parameter '?\"?(?P<name>[\w-]+)")


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """錯誤 · What went wrong, after RFC 9457. `code` is stable and meant for programs; `detail` is for people."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    fields: dict[str, Any] = {}


class DocumentTooLarge(TooLarge):
    """A free metadata document of more bytes than one may have."""

    code = "document_too_large"


class TooDeep(Malformed):
    """JSON nested deeper than anybody needs."""

    code = "too_deep"


class TooMany(Refusal):
    """Too often; `retry_after` in seconds."""

    code = "too_many_requests"
    kind = Kind.TOO_MANY


class CsrfFailed(Refusal):
    """A cookie alone does not prove that the page asked."""

    code = "csrf_failed"
    kind = Kind.FORBIDDEN


def document(status: int, code: str, detail: str, fields: dict[str, Any] | None = None) -> bytes:
    """The JSON bytes of a problem."""
    return msgspec.json.encode(
        Problem(
            type=f"urn:yeshi:problem:{code}",
            title=http.HTTPStatus(status).phrase,
            status=status,
            code=code,
            detail=detail,
            fields=fields or {},
        )
    )


def headers(status: int, fields: dict[str, Any] | None = None) -> dict[str, str]:
    """What goes with a status besides the document."""
    found = {"cache-control": "no-store"}
    if status == 401:
        found["www-authenticate"] = 'Bearer realm="yeshi"'
    if status in (429, 503):
        wait = (fields or {}).get("retry_after", RETRY_AFTER)
        found["retry-after"] = str(max(1, math.ceil(wait)) if isinstance(wait, int | float) else RETRY_AFTER)
    return found


def status_of(refusal: Refusal) -> int:
    """The HTTP status of an expected error. What a service did not foresee is a 500."""
    return 500 if refusal.code == "internal" else STATUS[refusal.kind]


def refused(refusal: Refusal) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of an expected error, for what answers without the framework."""
    status = status_of(refusal)
    code, detail, fields = _shown(refusal, status)
    return status, {**headers(status, fields), "content-type": MEDIA_TYPE}, document(status, code, detail, fields)


def on_refusal(_: Request[Any, Any, Any], refusal: Refusal) -> Response[bytes]:
    """An expected error, whoever raised it."""
    status = status_of(refusal)
    return _response(status, *_shown(refusal, status))


def on_http_exception(request: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:
    """What the framework refuses by itself: unknown paths, other methods, query parameters of another type."""
    status = error.status_code
    if status >= 500:
        return on_exception(request, error)
    if status == 400:
        return on_refusal(request, _parameter(error))
    if status == 404:
        return on_refusal(request, Missing("there is nothing here"))
    code = CODES.get(status, "refused")
    response = _response(status, code, http.HTTPStatus(status).phrase)
    for name, value in (error.headers or {}).items():
        response.headers[name] = value
    return response


def on_exception(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """What nobody foresaw: the log has it, the caller does not."""
    log.error("%s %s failed", request.method, request.scope.get("path_template", ""), exc_info=error)
    return _response(500, "internal", "something went wrong on our side")


def _shown(refusal: Refusal, status: int) -> tuple[str, str, dict[str, Any]]:
    if status == 500:
        return "internal", "something went wrong on our side", {}
    return refusal.code, refusal.detail, refusal.fields


def _parameter(error: HTTPException) -> Refusal:
    """Which parameter the framework could not read."""
    extra = error.extra[0] if isinstance(error.extra, list) and error.extra else {}
    name = str(extra.get("key", "")) if isinstance(extra, dict) else ""
    if name == "data":
        return Malformed("a JSON body is expected")
    if absent := _ABSENT.search(error.detail or ""):
        return Invalid(f"{absent['name']} is missing", field=absent["name"])
    if not name:
        return Invalid("a parameter is not valid")
    return Invalid(f"{name}: {extra.get('message', 'is not valid')}", field=name)


def _response(status: int, code: str, detail: str, fields: dict[str, Any] | None = None) -> Response[bytes]:
    return Response(
        document(status, code, detail, fields),
        status_code=status,
        media_type=MEDIA_TYPE,
        headers=headers(status, fields),
    )
