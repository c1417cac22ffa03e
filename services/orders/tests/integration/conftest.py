"""The orders service as real processes on real servers. The tests play catalog: its events, its answers, its calls."""

import asyncio
import contextlib
import secrets
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aio_pika
import msgspec
import psycopg2
import pytest

import contracts
from chassis import topology
from chassis.aio import Bus
from chassis.clock import now, rfc3339
from chassis.ids import uuid7
from chassis.postgres.migrate import migrate
from contracts import catalog
from contracts.naming import RPC_EXCHANGE, event_exchange, event_queue, rpc_queue
from orders.domain.order import ALLOWED, Status
from yeshi_local.ports import free_port
from yeshi_local.servers.process import Program
from yeshi_local.testing import ready, until

ADDRESS = {
    "name": "王小美",
    "phone": "0912345678",
    "city": "臺北市",
    "district": "大同區",
    "postal_code": "103",
    "line": "寧夏路 1 號",
}

KEYS_TWICE = """
    SELECT buyer_id, idempotency_key FROM checkouts WHERE idempotency_key IS NOT NULL GROUP BY 1, 2 HAVING count(*) > 1
"""
SUMS_DIFFER = """
    SELECT order_id FROM orders
      JOIN (SELECT order_id, sum(final_price * quantity) FROM order_lines GROUP BY 1) AS lines USING (order_id)
     WHERE items_total <> sum OR total_price <> items_total + shipping_fee
"""
HISTORY_DIFFERS = """
    SELECT order_id FROM orders
      JOIN (SELECT order_id, count(*), max(version) AS last, min(version) AS first,
                   (array_agg(to_status ORDER BY version DESC))[1] AS status
              FROM order_history GROUP BY 1) AS history USING (order_id)
     WHERE first <> 1 OR last <> count OR version <> last OR orders.status <> history.status
"""


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


class Hands:
    """The test's side of the bus, on a thread of its own: what catalog and the gateway would do."""

    def __init__(self, url: str) -> None:
        self.heard: list[contracts.Event] = []
        self.asked: list[tuple[str, Any]] = []
        self.answers: dict[str, Callable[[Any, Any], Any]] = {}
        self._url = url
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.run(self._open())

    def run(self, work: Any, timeout: float = 30) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout)

    def call(self, method: str, principal: Any, payload: Any, timeout: float = 10) -> Any:
        """One call of orders."""
        return self.run(self._bus.rpc("orders", method, principal, payload, timeout=timeout))

    def calls(self, *asked: tuple[str, Any, Any]) -> list[Any]:
        """Calls made at once; refusals as they are."""

        async def together() -> list[Any]:
            return await asyncio.gather(
                *(self._bus.rpc("orders", *one, timeout=10) for one in asked), return_exceptions=True
            )

        return self.run(together())

    def publish(self, *messages: contracts.Message) -> None:
        """Events as the relay would send them, confirmed."""

        async def send() -> None:
            for message in messages:
                body = contracts.encode(message, event_id=str(uuid7()), time=rfc3339(now()))
                exchange = await self._channel.get_exchange(event_exchange(message.source), ensure=False)
                out = aio_pika.Message(body, content_type=contracts.EVENT_CONTENT_TYPE, delivery_mode=2)
                await exchange.publish(out, message.topic)

        self.run(send())

    def events(self, topic: str, order_id: str) -> list[contracts.Event]:
        """What orders has said about an order under a topic."""
        name = f"orders.{topic}.v1"
        return [event for event in list(self.heard) if event.type == name and event.subject == order_id]

    def close(self) -> None:
        self.run(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _open(self) -> None:
        self._bus = Bus(self._url, "test")
        self._bus.start()
        await self._bus.publishing.ready(20)
        await self._bus.consuming.ready(20)
        self._connection = await aio_pika.connect(self._url)
        self._channel = await self._connection.channel()
        await (await self._channel.get_queue(event_queue("catalog"))).consume(self._hear)
        await (await self._channel.get_queue(rpc_queue("catalog"))).consume(self._answer)

    async def _close(self) -> None:
        await self._bus.close()
        await self._connection.close()

    async def _hear(self, message: Any) -> None:
        bundle = contracts.is_bundle(message.content_type)
        for body in contracts.decode_bundle(message.body) if bundle else [message.body]:
            self.heard.append(contracts.decode(body))
        await message.ack()

    async def _answer(self, message: Any) -> None:
        method = (message.routing_key or "").removeprefix("catalog.")
        principal, payload = msgspec.json.decode(message.body)["args"]
        self.asked.append((method, payload))
        answer = self.answers.get(method, lambda _principal, _payload: {"items": {}})(principal, payload)
        body = msgspec.json.encode(answer if "error" in answer else {"result": answer, "error": None})
        exchange = await self._channel.get_exchange(RPC_EXCHANGE, ensure=False)
        reply = aio_pika.Message(body, content_type="application/json", correlation_id=message.correlation_id)
        await exchange.publish(reply, message.reply_to or "")
        await message.ack()


@dataclass
class World:
    """Processes of orders on a vhost and a database, and hands on the bus."""

    amqp_url: str
    dsn: str
    home: Path
    hands: Hands
    settings: dict[str, Any] = field(default_factory=dict)
    programs: list[Program] = field(default_factory=list)

    def work(self, line_url: str = "http://127.0.0.1:9", **environment: Any) -> Program:
        """A work process."""
        values = {
            "PUBLIC_URL": "http://shop.test",
            "LINE_PAY_URL": line_url,
            "LINE_PAY_CHANNEL_ID": "2000000003",
            "LINE_PAY_CHANNEL_SECRET": "local-line-pay-secret-000000003",
            **environment,
        }
        return self.start("work", **values)

    def start_all(self, *commands: str) -> None:
        """Processes of orders side by side. Waits until all are ready."""
        ports = [free_port() for _ in commands]
        for command, port in zip(commands, ports, strict=True):
            self.start(command, wait=False, HEALTH_PORT=port)
        for port in ports:
            until(lambda port=port: ready(f"http://127.0.0.1:{port}"), 60)

    def start(self, command: str, wait: bool = True, **environment: Any) -> Program:
        """A process of orders. Waits until it is ready."""
        port = free_port()
        values = {
            "AMQP_URL": self.amqp_url,
            "POSTGRES_DSN": self.dsn,
            "HEALTH_PORT": port,
            "YESHI_ENV": "test",
            **self.settings,
            **environment,
        }
        program = Program(
            [sys.executable, "-m", "orders", command],
            log=self.home / f"{command}-{len(self.programs)}.log",
            environment={name: str(value) for name, value in values.items()},
        )
        program.start()
        self.programs.append(program)
        if wait:
            until(lambda: ready(f"http://127.0.0.1:{port}"), 60)
        return program

    def rows(self, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """The answer of a query."""
        with contextlib.closing(psycopg2.connect(self.dsn)) as connection, connection, connection.cursor() as cursor:
            cursor.execute(query, parameters)
            return cursor.fetchall() if cursor.description else []

    # -- what the gateway would do

    def as_user(self, user: str) -> dict[str, Any]:
        return {"user_id": user, "session_id": "s", "roles": []}

    def call(self, method: str, user: str | None, **payload: Any) -> Any:
        """One call as a user."""
        return self.hands.call(method, self.as_user(user) if user else None, payload)

    def cart(self, buyer: str, *lines: tuple[str, int]) -> Any:
        """Puts lines into a cart."""
        cart = None
        for variant, quantity in lines:
            cart = self.call("put_cart_item", buyer, variant_id=variant, quantity=quantity)
        return cart

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
        return self.hands.call(
            "checkout_many", None, [{"principal": self.as_user(buyer), "payload": wish} for buyer, wish in items]
        )

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
        self.hands.publish(self.shop_event(shop), self.product_event(shop))
        self.hands.publish(*(self.stock_event(shop, variant, available) for variant in shop.variants))
        last = shop.variants[-1]
        until(lambda: self.rows("SELECT 1 FROM stock_hints JOIN offers USING (variant_id) WHERE variant_id = %s", last))
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
        self.hands.publish(self.product_event(shop))
        until(lambda: self.rows("SELECT price FROM offers WHERE variant_id = %s", shop.variants[-1]) == [(price,)])

    def reserve(self, *orders: dict[str, Any]) -> None:
        """Catalog holds the stock of these orders."""
        self.hands.publish(*(catalog.StockReservedV1(order_id=order["order_id"], lines=[]) for order in orders))

    def reject(self, order: dict[str, Any], reason: Any = "out_of_stock") -> None:
        """Catalog holds nothing."""
        self.hands.publish(catalog.StockRejectedV1(order_id=order["order_id"], reason=reason, variant_ids=[]))

    def hears(self, topic: str, order: dict[str, Any]) -> Any:
        """Waits for the one event of this topic about the order, and answers its data."""
        [event] = until(lambda: self.hands.events(topic, order["order_id"]))
        return contracts.data_of(event)

    def check(self) -> None:
        """What holds at any time: one checkout a key, sums, allowed steps without gaps."""
        for query in (KEYS_TWICE, SUMS_DIFFER, HISTORY_DIFFERS):
            assert self.rows(query) == []
        for before, after in self.rows("SELECT DISTINCT from_status, to_status FROM order_history"):
            assert (before is None and after == "pending") or Status(after) in ALLOWED[Status(before)]


@pytest.fixture(scope="session")
def make_world(rabbitmq, postgres, tmp_path_factory) -> Iterator[Callable[..., World]]:
    """Makes worlds; everything in them is ended afterwards."""
    with contextlib.ExitStack() as ending:

        def make(**settings: Any) -> World:
            name = f"t-{secrets.token_hex(4)}"
            amqp_url = rabbitmq.server.add_vhost(name)
            ending.callback(rabbitmq.server.drop_vhost, name)
            dsn = postgres.fresh()
            ending.callback(postgres.drop, dsn)
            asyncio.run(topology.declare(amqp_url))
            migrate(dsn, "orders")
            hands = Hands(amqp_url)
            ending.callback(hands.close)
            world = World(amqp_url, dsn, tmp_path_factory.mktemp("orders"), hands, settings)
            ending.callback(_end, world)
            return world

        yield make


def _end(world: World) -> None:
    for program in world.programs:
        if program.running:
            program.kill()


@pytest.fixture(scope="session")
def shared(make_world) -> World:
    """A world with a service and a relay, for tests that do not break it."""
    made = make_world(LIMIT_FACTOR=1000)
    made.start_all("service", "relay")
    return made


@pytest.fixture
def world(shared: World) -> Iterator[World]:
    """The shared world; what holds at any time is checked after each test, and logs are shown when one fails."""
    yield shared
    shared.check()
    for program in shared.programs:
        print(f"--- {program.log.name}\n{program.tail(40)}")


@pytest.fixture
def buyer() -> str:
    """A new buyer."""
    return str(uuid7())
