"""Cart, checkout, orders."""

from typing import Any

from litestar import Response, delete, get, post, put
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromQuery, JSONBody

from contracts import orders
from contracts.orders import Status
from gateway.entrypoints import answers, bodies
from gateway.entrypoints.documented import route
from gateway.entrypoints.parameters import Cursor, Id, IdempotencyKey, Limit
from gateway.entrypoints.requests import DoorRequest, plain
from kernel.rights import Right

CART, ORDERS, SELLER = "cart 購物車", "orders 訂單", "seller 賣家"
PENDING = ResponseSpec(
    data_container=answers.Checkout,
    description="訂單還在處理中，用同一個 Idempotency-Key 再問 · Some are pending; ask again with the same key",
    generate_examples=False,
)
PAYING = ResponseSpec(
    data_container=orders.Payment,
    description="LINE Pay 還沒回應；用同一個 Idempotency-Key 再問 · Ask again with the same key",
    generate_examples=False,
)


@get("/v1/cart", **route("購物車", "My cart", tag=CART))
async def get_cart(request: DoorRequest) -> orders.Cart:
    """The cart, priced now."""
    return await request.ask("orders", "get_cart")


@put(
    "/v1/cart/items/{variant_id:str}",
    **route("放入購物車", "Put this many into the cart", tag=CART, body=True, errors=(403, 404, 409)),
)
async def put_cart_item(request: DoorRequest, variant_id: Id, data: JSONBody[bodies.CartQuantity]) -> orders.Cart:
    """The cart then."""
    return await request.ask("orders", "put_cart_item", {"variant_id": variant_id, "quantity": data.quantity})


@delete(
    "/v1/cart/items/{variant_id:str}",
    status_code=200,
    **route("移出購物車", "Take something out of the cart", tag=CART, errors=(403, 404)),
)
async def delete_cart_item(request: DoorRequest, variant_id: Id) -> orders.Cart:
    """The cart then."""
    return await request.ask("orders", "delete_cart_item", {"variant_id": variant_id})


@post(
    "/v1/checkout",
    **route("結帳", "Check out", tag=CART, body=True, errors=(403, 404, 409), answers={202: PENDING}),
)
async def checkout(
    request: DoorRequest, data: JSONBody[bodies.NewCheckout], idempotency_key: IdempotencyKey = None
) -> Response[answers.Checkout]:
    """One order for each shop, settled if that took no longer than a moment."""
    status, body, headers = await request.door.checkouts.place(request.principal, plain(data), idempotency_key)
    shown: Any = body
    return Response(shown, status_code=status, headers=headers)


@get("/v1/orders", **route("我的訂單", "My orders, newest first", tag=ORDERS, errors=(422,)))
async def list_orders(
    request: DoorRequest, status: FromQuery[Status | None] = None, cursor: Cursor = None, limit: Limit = 20
) -> answers.Orders:
    """One page of a tab."""
    return await request.ask("orders", "list_orders", {"status": status, "cursor": cursor, "limit": limit})


@get("/v1/orders/{order_id:str}", **route("訂單", "An order", tag=ORDERS, errors=(404,)))
async def get_order(request: DoorRequest, order_id: Id) -> orders.Order:
    """The order, for its buyer and its shop's people."""
    return await request.ask("orders", "get_order", {"order_id": order_id})


@post(
    "/v1/orders/{order_id:str}/pay",
    status_code=200,
    **route(
        "付款",
        "Begin a LINE Pay payment, or as the shop mark a transfer as paid",
        tag=ORDERS,
        errors=(400, 403, 404, 409, 422),
        answers={202: PAYING},
    ),
)
async def pay_order(
    request: DoorRequest, order_id: Id, idempotency_key: IdempotencyKey = None
) -> Response[orders.Payment]:
    """Where the buyer approves the payment, as soon as LINE Pay has said it."""
    payment = await request.door.payments.pay(request.principal, order_id, idempotency_key)
    waiting = payment.get("payment_url") is None and payment["payment_status"] == "requested"
    shown: Any = payment
    return Response(shown, status_code=202 if waiting else 200, headers={"retry-after": "1"} if waiting else {})


@post(
    "/v1/orders/{order_id:str}/cancel",
    status_code=200,
    **route("取消訂單", "Cancel an order", tag=ORDERS, errors=(403, 404, 409)),
)
async def cancel_order(request: DoorRequest, order_id: Id) -> orders.Order:
    """The order, void."""
    return await request.ask("orders", "cancel_order", {"order_id": order_id})


@post(
    "/v1/orders/{order_id:str}/ship",
    status_code=200,
    **route("出貨", "Ship an order", right=Right.SHIP_ORDERS, tag=ORDERS, body=True, errors=(409,)),
)
async def ship_order(request: DoorRequest, order_id: Id, data: JSONBody[bodies.Ship | None] = None) -> orders.Order:
    """The order, on its way."""
    number = data.tracking_number if data else None
    return await request.ask("orders", "ship_order", {"order_id": order_id, "tracking_number": number})


@post(
    "/v1/orders/{order_id:str}/receive",
    status_code=200,
    **route("完成訂單", "Confirm receipt", tag=ORDERS, errors=(403, 404, 409)),
)
async def receive_order(request: DoorRequest, order_id: Id) -> orders.Order:
    """The order, completed."""
    return await request.ask("orders", "receive_order", {"order_id": order_id})


@get("/v1/seller/orders", **route("賣場訂單", "Orders of my shops, newest first", tag=SELLER, errors=(404, 422)))
async def seller_orders(
    request: DoorRequest,
    status: FromQuery[Status | None] = None,
    shop_id: FromQuery[str | None] = None,
    cursor: Cursor = None,
    limit: Limit = 20,
) -> answers.Orders:
    """One page of a tab."""
    asked = {"status": status, "shop_id": shop_id, "cursor": cursor, "limit": limit}
    return await request.ask("orders", "list_seller_orders", asked)


@get("/v1/seller/dashboard", **route("賣家儀表板", "My shops today", tag=SELLER))
async def dashboard(request: DoorRequest) -> orders.Dashboard:
    """Counts by status, and what today brought."""
    return await request.ask("orders", "seller_dashboard")


HANDLERS = [
    get_cart,
    put_cart_item,
    delete_cart_item,
    checkout,
    list_orders,
    get_order,
    pay_order,
    cancel_order,
    ship_order,
    receive_order,
    seller_orders,
    dashboard,
]
