"""The orders service as real processes on real servers. The tests play catalog: its events, its answers, its calls."""

import contextlib
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

import contracts
from chassis.errors import Refusal
from chassis.ids import uuid7
from contracts import catalog
from orders.domain.order import ALLOWED, Status
from yeshi_local.kit.service import ServiceProcess
from yeshi_local.kit.world import PostgresWorld, as_user, postgres_world
from yeshi_local.testing import until

ADDRESS = {
    "name": "王小美",
    "phone": "0912345678",
    "city": "臺北市",
    "district": "大同區",
    "postal_code": "103",
    "line": "寧夏路 1 號",
}

# What holds at any time: each query answers what must not be.
INVARIANTS = {
    "one checkout a key": """
        SELECT buyer_id, idempotency_key FROM checkouts
         WHERE idempotency_key IS NOT NULL GROUP BY 1, 2 HAVING count(*) > 1
    """,
    "an order costs what its lines cost": """
        SELECT order_id FROM orders
          JOIN (SELECT order_id, sum(final_price * quantity) FROM order_lines GROUP BY 1) AS lines USING (order_id)
         WHERE items_total <> sum OR total_price <> items_total + shipping_fee
    """,
    "an order's steps have no gap and end where it is": """
        SELECT order_id FROM orders
          JOIN (SELECT order_id, count(*), max(version) AS last, min(version) AS first,
                       (array_agg(to_status ORDER BY version DESC))[1] AS status
                  FROM order_history GROUP BY 1) AS history USING (order_id)
         WHERE first <> 1 OR last <> count OR version <> last OR orders.status <> history.status
    """,
}


@dataclass
class Shop:
    """A shop that sells one product with some variants."""

    id: str
    owner: str
    variants: list[str]
    product: str
    version: int = 1
    price: int = 100
    price_version: int = 1
    tiers: list[tuple[int, int]] = field(default_factory=list)


class Catalog:
    """Answers in catalog's place what a test says, and keeps what it was asked. It knows nothing by itself."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, Any]] = []
        self.answers: dict[str, Any] = {}

    def answer(self, method: str, _principal: Any, payload: Any) -> Any:
        """As its contract says."""
        self.asked.append((method, payload))
        return self.answers.get(method, {"items": {}})


@dataclass(kw_only=True)
class World(PostgresWorld):
    """A world of orders; `heard` is what orders has said since it was made."""

    catalog: Catalog
    heard: list[contracts.Event] = field(default_factory=list)

    invariants = INVARIANTS

    def __post_init__(self) -> None:
        self.heard = self.client.listen("orders", contracts.decode)

    def work(self, line_url: str = "http://127.0.0.1:9", **environment: Any) -> ServiceProcess:
        """A work process."""
        values = {
            "PUBLIC_URL": "http://shop.test",
            "LINE_PAY_URL": line_url,
            "LINE_PAY_CHANNEL_ID": "2000000003",
            "LINE_PAY_CHANNEL_SECRET": "local-line-pay-secret-000000003",
            **environment,
        }
        return self.start("work", **values)

    def events(self, topic: str, order_id: str) -> list[contracts.Event]:
        """What orders has said about an order under a topic."""
        name = f"orders.{topic}.v1"
        return [event for event in list(self.heard) if event.type == name and event.subject == order_id]

    # -- what the gateway would do

    def cart(self, buyer: str, *lines: tuple[str, int]) -> Any:
        """Puts lines into a cart."""
        cart = None
        for variant, quantity in lines:
            [answer] = self.put((buyer, variant, quantity))
            if "error" in answer:
                raise Refusal.from_dict(answer["error"])
            cart = answer["result"]
        return cart

    def put(self, *wishes: tuple[str, str, int]) -> list[dict[str, Any]]:
        """A coalesced filling of carts by (buyer, variant, quantity); an answer for each."""
        asked = [
            {"principal": as_user(buyer), "payload": {"variant_id": variant, "quantity": quantity}}
            for buyer, variant, quantity in wishes
        ]
        return self.ask("put_cart_item_many", None, asked)

    def wish(self, shop: Shop, **changes: Any) -> dict[str, Any]:
        """A checkout of one shop's lines."""
        shipping = [{"shop_id": shop.id, "method": "home_delivery", "address": ADDRESS}]
        shops = changes.get("shipping", shipping)
        return {
            "checkout_id": str(uuid7()),
            "order_ids": [str(uuid7()) for _ in shops],
            "key": secrets.token_hex(8),
            "fingerprint": "f",
            "payment_method": "bank_transfer",
            "shipping": shops,
            **changes,
        }

    def checkout(self, *items: tuple[str, dict[str, Any]]) -> list[dict[str, Any]]:
        """A coalesced checkout of (buyer, wish); an answer for each."""
        asked = [{"principal": as_user(buyer), "payload": wish} for buyer, wish in items]
        return self.ask("checkout_many", None, asked)

    def placed(self, shop: Shop, buyer: str | None = None, quantity: int = 1, **changes: Any) -> dict[str, Any]:
        """A new order, pending."""
        buyer = buyer or str(uuid7())
        self.cart(buyer, (shop.variants[0], quantity))
        [answer] = self.checkout((buyer, self.wish(shop, **changes)))
        return answer["result"]["orders"][0]

    def order(self, order: dict[str, Any], user: str | None = None) -> dict[str, Any]:
        """The order as it is now."""
        return self.call("get_order", user or order["buyer_id"], order_id=order["order_id"])

    def has(self, order: dict[str, Any], status: str) -> dict[str, Any]:
        """Waits until the order has the status."""
        return until(lambda: (seen := self.order(order))["status"] == status and seen)

    def confirmed(self, shop: Shop, status: str = "unpaid", **options: Any) -> dict[str, Any]:
        """A new order whose stock is held."""
        order = self.placed(shop, **options)
        self.reserve(order)
        return self.has(order, status)

    # -- what catalog would do

    def shop(self, variants: int = 1, available: int = 1000, **changes: Any) -> Shop:
        """A shop with a listed product, known to orders."""
        shop = Shop(str(uuid7()), str(uuid7()), [str(uuid7()) for _ in range(variants)], str(uuid7()))
        for name, value in changes.items():
            setattr(shop, name, value)
        self.publish(self.shop_event(shop), self.product_event(shop))
        self.publish(*(self.stock_event(shop, variant, available) for variant in shop.variants))
        last = shop.variants[-1]
        known = """
            SELECT 1 FROM stock_hints JOIN offers USING (variant_id) JOIN shops USING (shop_id) WHERE variant_id = %s
        """  # two processes hear the three events in any order
        until(lambda: self.rows(known, last))
        return shop

    def shop_event(self, shop: Shop, **changes: Any) -> contracts.Message:
        values = {
            "shop_id": shop.id,
            "version": 1,
            "owner_id": shop.owner,
            "name": "寧夏茶行",
            "kind": "茶",
            "state": "open",
            "staff": [catalog.Staff(user_id=shop.owner, role="owner")],
            "shipping": [catalog.ShippingOption(method="home_delivery", fee=80, free_from=1500)],
            **changes,
        }
        return catalog.ShopChangedV1(**values)

    def product_event(self, shop: Shop, **changes: Any) -> contracts.Message:
        variants = [
            catalog.Variant(
                product_variant_id=variant,
                sku=None,
                desc="",
                options=["紅"],
                price=shop.price,
                discount=0,
                final_price=shop.price,
                price_version=shop.price_version,
            )
            for variant in shop.variants
        ]
        values = {
            "product_id": shop.product,
            "version": shop.version,
            "shop_id": shop.id,
            "seller_id": shop.owner,
            "name": "東方美人茶",
            "desc": "",
            "category": "tea",
            "state": "listed",
            "condition": "new",
            "attributes": {},
            "price": shop.price,
            "discount": 0,
            "metadata_id": str(uuid7()),
            "variants": variants,
            "refund_rules": {"days": 7},
            "tiers": [catalog.QuantityTier(from_quantity=a, percent_off=b) for a, b in shop.tiers],
            "days_to_ship": 2,
            **changes,
        }
        return catalog.ProductChangedV1(**values)

    def stock_event(self, shop: Shop, variant: str, available: int, version: int = 1) -> contracts.Message:
        return catalog.StockChangedV1(variant_id=variant, product_id=shop.product, version=version, available=available)

    def reprice(self, shop: Shop, price: int) -> None:
        """The product costs something else, and orders has heard of it."""
        shop.price, shop.version, shop.price_version = price, shop.version + 1, shop.price_version + 1
        self.publish(self.product_event(shop))
        until(lambda: self.rows("SELECT price FROM offers WHERE variant_id = %s", shop.variants[-1]) == [(price,)])

    def reserve(self, *orders: dict[str, Any]) -> None:
        """Catalog holds the stock of these orders."""
        self.publish(*(catalog.StockReservedV1(order_id=order["order_id"], lines=[]) for order in orders))

    def reject(self, order: dict[str, Any], reason: Any = "out_of_stock") -> None:
        """Catalog holds nothing."""
        self.publish(catalog.StockRejectedV1(order_id=order["order_id"], reason=reason, variant_ids=[]))

    def hears(self, topic: str, order: dict[str, Any]) -> Any:
        """Waits for the one event of this topic about the order, and answers its data."""
        [event] = until(lambda: self.events(topic, order["order_id"]))
        return contracts.data_of(event)

    def check(self) -> None:
        """What holds at any time, and that every step was allowed."""
        assert self.violations() == {}
        for before, after in self.rows("SELECT DISTINCT from_status, to_status FROM order_history"):
            assert (before is None and after == "pending") or Status(after) in ALLOWED[Status(before)]


@pytest.fixture(scope="session")
def make_world(rabbitmq, postgres, tmp_path_factory) -> Iterator[Callable[..., World]]:
    """Makes worlds; everything in them is ended afterwards."""
    with contextlib.ExitStack() as ending:

        def make(**settings: Any) -> World:
            home, stand_in = tmp_path_factory.mktemp("orders"), Catalog()
            world = ending.enter_context(
                postgres_world(World, "orders", rabbitmq, postgres, home, catalog=stand_in, settings=settings)
            )
            ending.enter_context(world.client.standing_in("catalog", stand_in.answer))
            return world

        yield make


@pytest.fixture(scope="session")
def shared(make_world) -> World:
    """A world with a service and a relay, for tests that do not break it."""
    made = make_world(LIMIT_FACTOR=1000)
    made.start_all("service", "relay")
    return made


@pytest.fixture
def world(shared: World) -> Iterator[World]:
    """The shared world; what holds at any time is checked after each test."""
    yield shared
    shared.check()


@pytest.fixture
def buyer() -> str:
    """A new buyer."""
    return str(uuid7())
