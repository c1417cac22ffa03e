"""What a route says about itself: texts in two languages, who may ask, and every status it may answer."""

from typing import Any

from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import Operation

from gateway.entrypoints.operations import Documented
from gateway.entrypoints.problems import MEDIA_TYPE, Problem
from kernel.rights import RIGHTS, ROLE_NAMES, Right, Role

DESCRIPTIONS = {
    400: "看不懂的請求 · The request cannot be read",
    401: "請先登入 · Nobody, or nobody any more",
    403: "沒有權限 · Known, but not allowed",
    404: "找不到，或不屬於你 · Not there, or not yours",
    409: "與目前狀態衝突 · At odds with how things stand",
    412: "已被別人改過 · Changed since the ETag in If-Match",
    413: "內容太大 · Too many bytes",
    415: "格式不支援 · A format that is not read here",
    422: "內容不正確 · A value or field is not allowed",
    429: "太頻繁，請稍後再試 · Too often; see Retry-After",
    500: "系統發生錯誤 · Something went wrong on our side",
    503: "暫時無法服務，請稍後再試 · A part is away; see Retry-After",
}
WITH_BODY = (400, 413, 415, 422)
ANYWHERE = (429, 500, 503)
SECURITY: list[dict[str, list[str]]] = [{"bearer": []}, {"cookie": []}]


def route(
    zh: str,
    en: str,
    *,
    tag: str,
    auth: str = "required",
    errors: tuple[int, ...] = (),
    body: bool = False,
    right: Right | None = None,
    answers: dict[int, ResponseSpec] | None = None,
    operation: type[Operation] = Documented,
    **opt: Any,
) -> dict[str, Any]:
    """Arguments of a route's decorator. `auth` is `required`, `optional` or `none`; `body` for those that take JSON;
    `right` is what the caller needs in the shop, which the owning service checks.

    Who may ask and what a body may do wrong add their statuses by themselves.
    """
    statuses = {*errors, *ANYWHERE}
    if right is not None:
        statuses |= {403, 404}
    if auth != "none":
        statuses |= {401}
    if body:
        statuses |= set(WITH_BODY)
    found: dict[str, Any] = {
        "summary": f"{zh} · {en}",
        "description": f"{zh}。{en}.{_people(right)}",
        "tags": [tag],
        "responses": {**(answers or {}), **{status: _problem(status) for status in sorted(statuses)}},
        "operation_class": operation,
        "opt": {"auth": auth, "right": right, **opt},
    }
    if auth != "none":
        found["security"] = SECURITY if auth == "required" else [*SECURITY, {}]
    return found


def _problem(status: int) -> ResponseSpec:
    return ResponseSpec(
        data_container=Problem, media_type=MEDIA_TYPE, description=DESCRIPTIONS[status], generate_examples=False
    )


def _people(right: Right | None) -> str:
    if right is None:
        return ""
    roles = [one for one in Role if one in RIGHTS[right]]
    return f" 需要職務：{'、'.join(ROLE_NAMES[one] for one in roles)} · For the shop's {', '.join(roles)}."
