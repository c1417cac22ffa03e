"""Stock: set, changed, and its books."""

from litestar import get, post, put
from litestar.params import JSONBody

from contracts import catalog
from gateway.application.checkout import idempotency_key as key_of
from gateway.entrypoints import product_bodies as bodies
from gateway.entrypoints.documented import route
from gateway.entrypoints.parameters import Cursor, Id, IdempotencyKey, Limit
from gateway.entrypoints.requests import DoorRequest, plain
from kernel.rights import Right

TAG = "stock 商品數量"


@put(
    "/v1/variants/{variant_id:str}/stock",
    **route(
        "設定商品數量", "Set how many are on hand", right=Right.SET_STOCK, tag=TAG, body=True, errors=(403, 404, 409)
    ),
)
async def put_stock(request: DoorRequest, variant_id: Id, data: JSONBody[bodies.SetStock]) -> catalog.Stock:
    """The stock then."""
    return await request.ask("catalog", "put_stock", {"variant_id": variant_id, "quantity": data.quantity})


@post(
    "/v1/variants/{variant_id:str}/stock/changes",
    status_code=200,
    **route(
        "增減商品數量",
        "Add to the stock, or take from it",
        right=Right.SET_STOCK,
        tag=TAG,
        body=True,
        errors=(403, 404, 409),
    ),
)
async def change_stock(
    request: DoorRequest,
    variant_id: Id,
    data: JSONBody[bodies.ChangeStock],
    idempotency_key: IdempotencyKey = None,
) -> catalog.Stock:
    """The stock then. The same key again changes nothing more; with another change it is refused."""
    asked = {**plain(data), "variant_id": variant_id, "key": key_of(idempotency_key)}
    return await request.ask("catalog", "change_stock", asked)


@get(
    "/v1/variants/{variant_id:str}/stock/ledger",
    **route(
        "商品數量的異動", "Every change of a variant's stock, the latest first", right=Right.SEE, tag=TAG, errors=(422,)
    ),
)
async def stock_ledger(
    request: DoorRequest, variant_id: Id, cursor: Cursor = None, limit: Limit = 20
) -> catalog.Ledger:
    """One page. The sum of all changes is what is on hand."""
    return await request.ask("catalog", "list_ledger", {"variant_id": variant_id, "cursor": cursor, "limit": limit})


@get(
    "/v1/seller/orders/{order_id:str}/stock",
    **route("訂單的庫存", "What became of an order's pieces", right=Right.SEE, tag=TAG),
)
async def order_stock(request: DoorRequest, order_id: Id) -> catalog.OrderStock:
    """Each line: held, committed, released or rejected, and how many came back."""
    return await request.ask("catalog", "get_order_stock", {"order_id": order_id})


HANDLERS = [put_stock, change_stock, stock_ledger, order_stock]
