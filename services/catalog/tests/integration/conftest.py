"""Catalog's real process on a real broker and database, with a stand-in for users that knows who may sell."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from chassis.clock import now, rfc3339
from chassis.ids import uuid7
from contracts import Message, orders
from services.catalog.tests.integration.sheets_sent import Sheets, sheets_of
from yeshi_local.kit.world import PostgresWorld, postgres_world
from yeshi_local.pytest_plugin import PostgresServer, RabbitServer
from yeshi_local.servers import Running

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
    emails: dict[str, str] = field(default_factory=dict)
    letters: list[dict[str, Any]] = field(default_factory=list)

    def get_sellers(self, _principal: Any, payload: dict[str, Any]) -> dict[str, Any]:
        """As its contract says."""
        self.asked += 1
        if self.silent.intersection(payload["seller_ids"]):
            raise LookupError("no answer")
        return {"items": {one: self.sellers[one] for one in payload["seller_ids"] if one in self.sellers}}

    def verified_email(self, principal: dict[str, Any], _payload: Any) -> dict[str, Any]:
        """As its contract says."""
        return {"email": self.emails.get(principal["user_id"])}

    def mail_invitation(self, _principal: Any, payload: dict[str, Any]) -> None:
        """As its contract says."""
        self.letters.append(payload)


@dataclass(kw_only=True)
class Market(PostgresWorld):
    """The world of these tests."""

    users: Users

    invariants = INVARIANTS

    @contextlib.contextmanager
    def service_away(self) -> Iterator[None]:
        """The first process is not there for the block; what is told waits in its queue."""
        service = self.programs[0]
        service.stop()
        try:
            yield
        finally:
            service.start()
            service.until_ready()

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

    def shop(self, owner: str | None = None, **values: Any) -> dict[str, Any]:
        """A new shop."""
        payload = {"shop_id": str(uuid7()), "name": "寧夏茶行", "kind": "茶行", "address": ADDRESS, **values}
        return self.call("create_shop", owner or self.seller(), **payload)

    def hire(self, shop: dict[str, Any], role: str) -> str:
        """A new user who was invited into the shop, and accepted."""
        user, invitation = str(uuid7()), str(uuid7())
        where = {"shop_id": shop["shop_id"], "invitation_id": invitation}
        self.call("invite_staff", shop["owner_id"], **where, role=role, user_id=user)
        self.call("accept_invitation", user, invitation_id=invitation)
        return user

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
    users, home = Users(), tmp_path_factory.mktemp("catalog")
    with (
        postgres_world(Market, "catalog", rabbitmq, postgres, home, users=users) as made,
        made.client.serving(
            "users",
            get_sellers=users.get_sellers,
            verified_email=users.verified_email,
            mail_invitation=users.mail_invitation,
        ),
    ):
        made.start()
        yield made


@pytest.fixture
def order() -> Callable[..., orders.OrderPlacedV1]:
    """Makes placed orders."""
    return placed


@pytest.fixture
def later() -> Callable[..., Message]:
    """Makes what happens to an order later."""
    return moved


@pytest.fixture
def uploads(market: Market, s3: Running) -> Iterator[Sheets]:
    """A store and no work process; those a test starts end with it, and nothing impossible is left."""
    with sheets_of(market, s3) as made:
        yield made
