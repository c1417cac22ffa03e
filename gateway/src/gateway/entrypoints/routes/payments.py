"""Where LINE Pay sends the buyer's browser back to. Coming back proves nothing: orders asks LINE Pay itself."""

from typing import Annotated, Any

import msgspec
from litestar import Response, get
from litestar.params import QueryParameter

from gateway.entrypoints.documented import route
from gateway.entrypoints.requests import DoorRequest
from gateway.entrypoints.routes.pages import page

TAG = "payments 付款"
OrderId = Annotated[str, QueryParameter(name="orderId", max_length=100)]
TransactionId = Annotated[str, QueryParameter(name="transactionId", max_length=32, pattern=r"^[0-9]*$")]


class Returned(msgspec.Struct, kw_only=True):
    """訂單狀態 · How the order stands."""

    order_id: str
    status: str


@get(
    "/v1/payments/line-pay/confirm",
    **route("LINE Pay 付款返回", "Back from an approved payment", tag=TAG, auth="none", errors=(404, 409, 422)),
)
async def line_pay_confirm(
    request: DoorRequest, order_id: OrderId, transaction_id: TransactionId
) -> Response[Returned]:
    """JSON, or a page for a browser."""
    found = await request.door.payments.returned(order_id, transaction_id, cancelled=False)
    return _answer(request, "paid.html", found)


@get(
    "/v1/payments/line-pay/cancel",
    **route("LINE Pay 取消返回", "Back from a payment that was given up", tag=TAG, auth="none", errors=(404, 409, 422)),
)
async def line_pay_cancel(
    request: DoorRequest, order_id: OrderId, transaction_id: TransactionId = ""
) -> Response[Returned]:
    """JSON, or a page for a browser."""
    found = await request.door.payments.returned(order_id, transaction_id, cancelled=True)
    return _answer(request, "unpaid.html", found)


def _answer(request: DoorRequest, name: str, found: dict[str, Any]) -> Response[Any]:
    if "text/html" in request.headers.get("accept", ""):
        return page(name)
    return Response(found)


HANDLERS = [line_pay_confirm, line_pay_cancel]
