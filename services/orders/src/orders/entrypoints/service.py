"""The nameko service: methods decode, hand over and encode."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, TypeVar

from chassis.decode import Payload, Principal, caller, page, request, there
from chassis.errors import Refusal
from chassis.events import EventInbox
from chassis.green import Application, RpcCaller, consume_events, rpc, run
from chassis.postgres import PLANNED_ONCE, Pool
from chassis.settings import load_or_exit
from contracts import orders as contract
from orders.adapters.catalog_directory import RpcCatalogDirectory
from orders.bootstrap import Orders, build
from orders.domain.order import Status
from orders.entrypoints import commands
from orders.entrypoints.events import OrdersRouter
from orders.settings import OrdersSettings

W = TypeVar("W")

SECOND_LOOK = 1.0  # seconds: a batch of checkouts waits for it


class OrdersService:
    """Carts, checkouts, orders, payments."""

    name = "orders"

    app: Orders = Application()
    events = consume_events()
    catalog = RpcCaller("catalog")

    @rpc
    def get_cart(self, principal: Principal, payload: Payload) -> Any:
        """Answers `Cart`."""
        return self.app.carts.get(caller(principal))

    @rpc
    def put_cart_item_many(self, principal: Principal, items: list[dict[str, Any]]) -> Any:
        """Contract `PutCartItem`, coalesced: those that wait share one transaction."""
        return _each(
            items, commands.cart_wish, lambda wishes: self.app.carts.put(wishes, RpcCatalogDirectory(self.catalog))
        )

    @rpc
    def delete_cart_item(self, principal: Principal, payload: Payload) -> Any:
        """Contract `VariantId`."""
        return self.app.carts.delete(caller(principal), there(request(payload, contract.VariantId).variant_id))

    @rpc
    def checkout_many(self, principal: Principal, items: list[dict[str, Any]]) -> Any:
        """Contract `Checkout`, coalesced: those that wait share one transaction."""
        catalog = RpcCatalogDirectory(self.catalog, SECOND_LOOK)
        return _each(items, commands.wish, lambda wishes: self.app.checkouts.take(wishes, catalog))

    @rpc
    def get_checkout(self, principal: Principal, payload: Payload) -> Any:
        """Contract `CheckoutId`, answer `CheckoutResult`."""
        return self.app.checkouts.get(caller(principal), there(request(payload, contract.CheckoutId).checkout_id))

    @rpc
    def get_order(self, principal: Principal, payload: Payload) -> Any:
        """Contract `OrderId`."""
        return self.app.orders.get(caller(principal), _order(payload), RpcCatalogDirectory(self.catalog))

    @rpc
    def list_orders(self, principal: Principal, payload: Payload) -> Any:
        """Contract `ListOrders`, as buyer."""
        by, (status, shop_id, before, limit) = caller(principal), _listing(payload)
        return self.app.orders.mine(by, status, shop_id, before, limit)

    @rpc
    def list_seller_orders(self, principal: Principal, payload: Payload) -> Any:
        """Contract `ListOrders`, as one of the shops' people."""
        by, (status, shop_id, before, limit) = caller(principal), _listing(payload)
        return self.app.orders.of_seller(by, status, shop_id, before, limit, RpcCatalogDirectory(self.catalog))

    @rpc
    def seller_dashboard(self, principal: Principal, payload: Payload) -> Any:
        """Answers `Dashboard`."""
        return self.app.orders.dashboard(caller(principal))

    @rpc
    def cancel_order(self, principal: Principal, payload: Payload) -> Any:
        """Contract `OrderId`."""
        return self.app.orders.cancel(caller(principal), _order(payload), RpcCatalogDirectory(self.catalog))

    @rpc
    def ship_order(self, principal: Principal, payload: Payload) -> Any:
        """Contract `ShipOrder`."""
        by, asked = caller(principal), request(payload, contract.ShipOrder)
        order_id = there(asked.order_id)
        return self.app.orders.ship(by, order_id, asked.tracking_number, RpcCatalogDirectory(self.catalog))

    @rpc
    def receive_order(self, principal: Principal, payload: Payload) -> Any:
        """Contract `OrderId`."""
        return self.app.orders.receive(caller(principal), _order(payload))

    @rpc
    def pay_order(self, principal: Principal, payload: Payload) -> Any:
        """Contract `PayOrder`, answer `Payment`."""
        by, asked = caller(principal), request(payload, contract.PayOrder)
        catalog = RpcCatalogDirectory(self.catalog)
        return self.app.payments.pay(by, there(asked.order_id), asked.key, asked.fingerprint, catalog)

    @rpc
    def mark_refunded(self, principal: Principal, payload: Payload) -> Any:
        """Contract `OrderId`: the shop has given a bank transfer back."""
        by, order_id = caller(principal), _order(payload)
        return self.app.payments.given_back(by, order_id, RpcCatalogDirectory(self.catalog))

    @rpc
    def line_pay_returned(self, principal: Principal, payload: Payload) -> Any:
        """Contract `LinePayReturned`: anybody may come by."""
        asked = request(payload, contract.LinePayReturned)
        return self.app.payments.returned(asked.order_id, asked.transaction_id, cancelled=asked.cancelled)


def _order(payload: Payload) -> Any:
    return there(request(payload, contract.OrderId).order_id)


def _listing(payload: Payload) -> Any:
    asked = request(payload, contract.ListOrders)
    before, limit = page(asked.cursor, asked.limit)
    shop_id = there(asked.shop_id) if asked.shop_id else None
    return Status(asked.status) if asked.status else None, shop_id, before, limit


def _each(
    items: list[dict[str, Any]],
    read: Callable[[dict[str, Any]], W],
    take: Callable[[list[W]], Sequence[Any]],
) -> list[dict[str, Any]]:
    """The answer of each item, by position. What cannot be read is refused alone."""
    wishes: list[W | Refusal] = []
    for item in items:
        try:
            wishes.append(read(item))
        except Refusal as refusal:
            wishes.append(refusal)
    answers = iter(take([one for one in wishes if not isinstance(one, Refusal)]))
    return [_answer(one if isinstance(one, Refusal) else next(answers)) for one in wishes]


def _answer(answer: Any) -> dict[str, Any]:
    return {"error": answer.as_dict()} if isinstance(answer, Refusal) else {"result": answer}


def start(_arguments: list[str]) -> int:
    """The process."""
    settings = load_or_exit(OrdersSettings)
    pool = Pool(settings.postgres_dsn, size=settings.pool_size, name="orders", settings=PLANNED_ONCE)
    app = build(
        pool,
        pay_within=timedelta(seconds=settings.unpaid_timeout_seconds),
        per_minute=settings.checkouts_per_minute,
    )
    return run(
        OrdersService,
        settings=settings,
        amqp_url=settings.amqp_url,
        application=app,
        inbox=EventInbox("orders", pool, OrdersRouter(app.settling)),
        checks={"postgres": pool.problem},
        on_stopped=pool.close,
    )
