"""Catalog's real process on a real broker and database, with a stand-in for users that knows who may sell."""

import asyncio
import contextlib
import itertools
import secrets
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import psycopg2
import pytest

from chassis import topology
from chassis.clock import now, rfc3339
from chassis.ids import uuid7
from chassis.postgres.migrate import migrate
from chassis.testing import Caller, encoded
from contracts import Message, orders
from yeshi_local.ports import free_port
from yeshi_local.pytest_plugin import PostgresServer, RabbitServer
from yeshi_local.servers.process import Program
from yeshi_local.testing import ready, until

ADDRESS = {"city": "臺北市", "district": "大同區", "postal_code": "103", "line": "寧夏路 1 號"}

# RELIABILITY I3, I4 and I5 as far as catalog's own tables tell: each query answers what must not be.
INVARIANTS = {
    "I3: stock is never below nothing nor oversold": """
        SELECT variant_id FROM stock WHERE on_hand < 0 OR reserved < 0 OR reserved > on_hand
    """,
    "I3: on_hand is the sum of the ledger": """
        SELECT variant_id, on_hand, coalesce(total, 0) FROM stock
          LEFT JOIN (SELECT variant_id, sum(delta) AS total FROM stock_ledger GROUP BY 1) ledger USING (variant_id)
         WHERE on_hand <> coalesce(total, 0)
    """,
    "I4: reserved is what orders hold": """
        SELECT variant_id, reserved, coalesce(held, 0) FROM stock
          LEFT JOIN (SELECT variant_id, sum(quantity) AS held FROM reservations WHERE state = 'held' GROUP BY 1) r
               USING (variant_id)
         WHERE reserved <> coalesce(held, 0)
    """,
    "I5: the lines of an order are all in its state": """
        SELECT order_id, o.state, array_agg(DISTINCT r.state) FROM reserved_orders o
          LEFT JOIN reservations r USING (order_id)
         GROUP BY order_id, o.state
        HAVING array_agg(DISTINCT r.state) <> CASE o.state WHEN 'void' THEN ARRAY[NULL] ELSE ARRAY[o.state] END
    """,
    "an order is answered once": """
        SELECT convert_from(body, 'UTF8')::jsonb ->> 'subject' FROM outbox
         WHERE topic IN ('catalog.stock_reserved.v1', 'catalog.stock_rejected.v1')
         GROUP BY 1 HAVING count(*) > 1
    """,
}


@dataclass
class Users:
    """Stands in for users: knows sellers, and counts how often it was asked."""

    sellers: dict[str, dict[str, Any]] = field(default_factory=dict)
    silent: set[str] = field(default_factory=set)  # whoever is asked for gets no answer
    asked: int = 0

    def get_sellers(self, _principal: Any, payload: dict[str, Any]) -> dict[str, Any]:
        """As its contract says."""
        self.asked += 1
        if self.silent.intersection(payload["seller_ids"]):
            raise LookupError("no answer")
        return {"items": {one: self.sellers[one] for one in payload["seller_ids"] if one in self.sellers}}


@dataclass
class Market:
    """The world of these tests."""

    amqp_url: str
    dsn: str
    home: Path
    client: Caller
    users: Users
    programs: list[Program] = field(default_factory=list)

    def start(self, *command: str, wait: bool = True, **environment: str) -> Program:
        """Another process of catalog; `service` unless another command is named. Waits until it is ready."""
        port = free_port()
        program = Program(
            [sys.executable, "-m", *(command or ("catalog", "service"))],
            log=self.home / f"{(command or ('catalog',))[0]}-{len(self.programs)}.log",
            environment={
                "YESHI_ENV": "test",
                "AMQP_URL": self.amqp_url,
                "POSTGRES_DSN": self.dsn,
                "RELAY_DSNS": msgspec.json.encode({"catalog": self.dsn}).decode(),
                "HEALTH_PORT": str(port),
                **environment,
            },
        )
        program.health = f"http://127.0.0.1:{port}"  # type: ignore[attr-defined]
        program.start()
        self.programs.append(program)
        if wait:
            self.wait(program)
        return program

    def wait(self, program: Program) -> None:
        """Until it is ready."""
        until(lambda: ready(program.health), 30)  # type: ignore[attr-defined]

    @contextlib.contextmanager
    def service_away(self) -> Iterator[None]:
        """The first process is not there for the block; what is told waits in its queue."""
        service = self.programs[0]
        service.stop()
        try:
            yield
        finally:
            service.start()
            self.wait(service)

    def rows(self, query: str, *parameters: object) -> list[tuple[Any, ...]]:
        """The answer of a query; changes are committed."""
        with contextlib.closing(psycopg2.connect(self.dsn)) as connection, connection, connection.cursor() as cursor:
            cursor.execute(query, parameters)
            return cursor.fetchall() if cursor.description else []

    def violations(self) -> dict[str, list[tuple[Any, ...]]]:
        """What breaks an invariant, by its name. Empty when all hold."""
        found = {name: self.rows(query) for name, query in INVARIANTS.items()}
        return {name: rows for name, rows in found.items() if rows}

    def emitted(self, topic: str, subject: str) -> list[dict[str, Any]]:
        """Data of the events about one thing, in the order they were written."""
        query = "SELECT convert_from(body, 'UTF8') FROM outbox WHERE topic = %s ORDER BY id"
        events = [msgspec.json.decode(body) for (body,) in self.rows(query, topic)]
        return [one["data"] for one in events if one["subject"] == subject]

    def seller(self, state: str = "approved", version: int = 1) -> str:
        """A new user whom users knows as a seller."""
        user = str(uuid7())
        self.seller_says(user, state, version)
        return user

    def seller_says(self, user: str, state: str, version: int) -> None:
        """What users answers about this user from now on."""
        self.users.sellers[user] = {
            "seller_id": user,
            "state": state,
            "kind": "person",
            "display_name": "林記",
            "version": version,
        }

    def call(self, method: str, by: str | None, **payload: Any) -> Any:
        """One call of catalog as this user. Raises Refusal."""
        principal = {"user_id": by, "session_id": "s", "roles": []} if by else None
        return self.client.call("catalog", method, principal, payload)

    def shop(self, owner: str | None = None, **values: Any) -> dict[str, Any]:
        """A new shop."""
        payload = {"shop_id": str(uuid7()), "name": "寧夏茶行", "kind": "茶行", "address": ADDRESS, **values}
        return self.call("create_shop", owner or self.seller(), **payload)

    def product(self, shop: dict[str, Any] | None = None, *, stock: int | None = None, **values: Any) -> dict[str, Any]:
        """A new product of a shop; with `stock` it has that many of each variant and is listed."""
        shop = shop or self.shop()
        payload = {"product_id": str(uuid7()), "shop_id": shop["shop_id"], "name": "凍頂烏龍茶", "price": 680}
        product = self.call("create_product", shop["owner_id"], **{**payload, "category": "cat-others", **values})
        if stock is None:
            return product
        for one in product["variants"]:
            self.call("put_stock", shop["owner_id"], variant_id=one["product_variant_id"], quantity=stock)
        return self.call("list_product", shop["owner_id"], product_id=product["product_id"])

    def levels(self, *variants: str) -> list[tuple[int, int]]:
        """(on_hand, reserved) of each."""
        found = {one: tuple(level) for one, *level in self.rows("SELECT variant_id, on_hand, reserved FROM stock")}
        return [found[one] for one in variants]

    def states(self, order_ids: Sequence[str]) -> list[str | None]:
        """What became of orders, in their order."""
        query = "SELECT order_id, state FROM reserved_orders WHERE order_id = ANY(%s::uuid[])"
        found = dict(self.rows(query, list(order_ids)))
        return [found.get(one) for one in order_ids]

    def tell(self, *messages: Message, copies: int = 1, bundled: bool = False) -> list[str]:
        """Publishes events that catalog hears, in this order, and answers their ids."""
        ids = [uuid7() for _ in messages]
        bodies = [encoded(message, one) for message, one in zip(messages, ids, strict=True)]
        for topic, run in itertools.groupby(zip(messages, bodies, strict=True), key=lambda pair: pair[0].topic):
            sent = [body for _, body in run]
            for _ in range(copies):
                self.client.publish(topic, *sent, bundled=bundled)
        return [str(one) for one in ids]

    def hears(self, *messages: Message, patience: float = 30, **how: Any) -> None:
        """Publishes events and returns once catalog has committed what they mean."""
        ids = self.tell(*messages, **how)
        self.until_heard(ids, patience)

    def until_heard(self, ids: Sequence[str], patience: float = 30) -> None:
        """Returns once all these events took effect."""
        query = "SELECT count(*) FROM inbox WHERE consumer = 'catalog' AND event_id = ANY(%s::uuid[])"
        until(lambda: self.rows(query, list(ids)) == [(len(ids),)], patience)


def placed(
    product: dict[str, Any], *wanted: tuple[str, int], order_id: str | None = None, price_version: int = 1
) -> orders.OrderPlacedV1:
    """An order of a product's variants: (variant, quantity) pairs; without any, one piece of the first."""
    wanted = wanted or ((variant_of(product), 1),)
    lines = [
        orders.PlacedLine(
            line_id=str(number),
            variant_id=variant,
            product_id=product["product_id"],
            quantity=quantity,
            price_version=price_version,
        )
        for number, (variant, quantity) in enumerate(wanted)
    ]
    return orders.OrderPlacedV1(
        order_id=order_id or str(uuid7()),
        checkout_id=str(uuid7()),
        shop_id=product["shop_id"],
        placed_at=rfc3339(now()),
        lines=lines,
    )


def variant_of(product: dict[str, Any], position: int = 0) -> str:
    """The id of one of its variants."""
    return str(product["variants"][position]["product_variant_id"])


def moved(kind: type[Message], order: orders.OrderPlacedV1) -> Message:
    """A later event of an order."""
    ids = {"checkout_id": order.checkout_id, "order_id": order.order_id, "shop_id": order.shop_id}
    return kind(**ids, seller_id=str(uuid7()), buyer_id=str(uuid7()), at=rfc3339(now()))


@pytest.fixture(scope="session")
def market(
    rabbitmq: RabbitServer, postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Market]:
    """One broker, one database and one process of catalog for all tests; each makes shops of its own."""
    name = f"catalog-{secrets.token_hex(4)}"
    url, dsn = rabbitmq.server.add_vhost(name), postgres.fresh()
    asyncio.run(topology.declare(url))
    migrate(dsn, "catalog")
    client, users = Caller(url), Users()
    made = Market(url, dsn, tmp_path_factory.mktemp("catalog"), client, users)
    try:
        with client.serving("users", get_sellers=users.get_sellers):
            made.start()
            yield made
    finally:
        for program in made.programs:
            program.kill()
        client.close()
        rabbitmq.server.drop_vhost(name)
        postgres.drop(dsn)


@pytest.fixture(autouse=True)
def show_logs(market: Market) -> Iterator[None]:
    """What the processes said meanwhile, for tests that fail."""
    sizes = {program.log: program.log.stat().st_size for program in market.programs}
    yield
    for program in market.programs:
        with program.log.open(errors="replace") as lines:
            lines.seek(sizes.get(program.log, 0))
            print(f"--- {program.log.name}", lines.read()[-6000:], sep="\n")


@pytest.fixture
def order() -> Callable[..., orders.OrderPlacedV1]:
    """Makes placed orders."""
    return placed


@pytest.fixture
def later() -> Callable[..., Message]:
    """Makes what happens to an order later."""
    return moved
