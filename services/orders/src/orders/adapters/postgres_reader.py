"""Questions that change nothing, each one round trip without a transaction."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from chassis.postgres import Pool, array, read_only
from chassis.postgres.prepared import Prepared
from kernel.rights import Role, role_of
from orders.adapters.copy_rows import COLUMNS as OFFER_COLUMNS
from orders.adapters.copy_rows import JOINS, offer_of, shop_of
from orders.adapters.postgres_carts import LINES, line_of
from orders.adapters.postgres_orders import COLUMNS, WIDTH, order_of
from orders.application.ports import Day, KnownOffer, OrderPage
from orders.domain.cart import CartLine
from orders.domain.checkout import PlacedOrder
from orders.domain.delivery import Destination
from orders.domain.order import Line, Status

OFFERS = Prepared(
    "offers_of_variants",
    ("uuid[]",),
    f"SELECT {OFFER_COLUMNS} FROM offers o {JOINS} WHERE o.variant_id = ANY($1)",  # noqa: S608 - constants
)

#: An order with its lines, for `placed_of`.
WHOLE = f"""
    {COLUMNS}, orders.shop_name, orders.shipping, orders.note, orders.created_at,
    (SELECT json_agg(l ORDER BY l.line_id::integer) FROM order_lines l WHERE l.order_id = orders.order_id)
"""  # noqa: S608 - a constant
ORDERS = f"SELECT {WHOLE} FROM orders WHERE order_id = ANY(%s::uuid[])"  # noqa: S608 - constants
CHECKOUTS = f"""
    SELECT c.checkout_id, c.buyer_id, {WHOLE}
      FROM checkouts c
     CROSS JOIN unnest(c.order_ids) WITH ORDINALITY AS part (order_id, position)
      JOIN orders ON orders.order_id = part.order_id
     WHERE c.checkout_id = ANY(%s::uuid[])
     ORDER BY c.checkout_id, part.position
"""  # noqa: S608 - constants
# A short range of the index for each owner and tab, the newest of all of them, and only these are read whole. They are
# handed over as an array: the planner then expects few, however many orders it thinks a range could have.
PAGE = f"""
    SELECT {WHOLE} FROM orders
     WHERE order_id = ANY(ARRAY(
           SELECT found.order_id
             FROM unnest($1) AS owner (id)
            CROSS JOIN unnest($2) AS tab (status)
            CROSS JOIN LATERAL (
                  SELECT o.order_id FROM orders o
                   WHERE o.{{owner}} = owner.id AND o.status = tab.status AND o.order_id < $3 {{further}}
                   ORDER BY o.order_id DESC LIMIT $4) AS found
            ORDER BY found.order_id DESC LIMIT $4))
     ORDER BY order_id DESC
"""  # noqa: S608 - constants
_PARAMETERS = ("uuid[]", "text[]", "uuid", "integer")
OF_BUYER = Prepared("orders_of_buyer", _PARAMETERS, PAGE.format(owner="buyer_id", further=""))
OF_BUYER_AND_SHOP = Prepared(
    "orders_of_buyer_and_shop", (*_PARAMETERS, "uuid"), PAGE.format(owner="buyer_id", further="AND o.shop_id = $5")
)
OF_SHOPS = Prepared("orders_of_shops", _PARAMETERS, PAGE.format(owner="shop_id", further=""))
ROLE = "SELECT role FROM shop_staff WHERE shop_id = %s AND user_id = %s"
ROLES_OF = "SELECT shop_id, role FROM shop_staff WHERE user_id = %s ORDER BY shop_id"
# Counted so far and no further: what a page shows costs the same however long a shop has sold.
COUNT = """
    SELECT tab.status, sum(found.count)::integer
      FROM unnest(%s::uuid[]) AS shop (id)
     CROSS JOIN unnest(%s::text[]) AS tab (status)
     CROSS JOIN LATERAL (
           SELECT count(*) FROM (SELECT 1 FROM orders o WHERE o.shop_id = shop.id AND o.status = tab.status
                                  LIMIT %s) AS few) AS found
     GROUP BY tab.status
"""
MOST_COUNTED = 10_000
DAY = """
    SELECT count(*),
           coalesce(sum(total_price) FILTER (WHERE status <> 'unpaid' AND shop_id = ANY(%s::uuid[])), 0)::bigint
      FROM orders
     WHERE shop_id = ANY(%s::uuid[]) AND status = ANY('{unpaid,to_ship,shipping,completed}') AND order_id >= %s::uuid
"""

_LAST = "ffffffff-ffff-ffff-ffff-ffffffffffff"


class PostgresReader:
    """Reads carts, offers and whole orders."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def cart(self, buyer_id: UUID) -> list[CartLine]:
        """A cart, oldest line first."""
        return [line_of(row) for row in self._planned(LINES, array([buyer_id]))]

    def offers(self, variant_ids: Collection[UUID]) -> dict[UUID, KnownOffer]:
        """The copies of offers with their shops', by variant id."""
        found = [(offer_of(row), shop_of(row)) for row in self._planned(OFFERS, array(variant_ids))]
        return {offer.variant_id: (offer, shop) for offer, shop in found}

    def orders(self, order_ids: Sequence[UUID]) -> dict[UUID, PlacedOrder]:
        """Orders by id, whole."""
        found = map(placed_of, self._rows(ORDERS, (_texts(order_ids),)))
        return {placed.order.id: placed for placed in found}

    def checkouts(self, checkout_ids: Sequence[UUID]) -> dict[UUID, tuple[UUID, list[PlacedOrder]]]:
        """Buyer and orders of checkouts, by checkout id."""
        found: dict[UUID, tuple[UUID, list[PlacedOrder]]] = {}
        for checkout_id, buyer, *row in self._rows(CHECKOUTS, (_texts(checkout_ids),)):
            found.setdefault(UUID(checkout_id), (UUID(buyer), []))[1].append(placed_of(tuple(row)))
        return found

    def orders_of_buyer(
        self, buyer_id: UUID, statuses: Sequence[Status], shop_id: UUID | None, before: UUID | None, limit: int
    ) -> OrderPage:
        """A buyer's orders, newest first."""
        if shop_id is None:
            return self._page(OF_BUYER, [buyer_id], statuses, before, limit)
        return self._page(OF_BUYER_AND_SHOP, [buyer_id], statuses, before, limit, str(shop_id))

    def orders_of_shops(
        self, shop_ids: Sequence[UUID], statuses: Sequence[Status], before: UUID | None, limit: int
    ) -> OrderPage:
        """Orders of shops, newest first."""
        return self._page(OF_SHOPS, shop_ids, statuses, before, limit)

    def role(self, user_id: UUID, shop_id: UUID) -> Role | None:
        """What the user is in the shop, as far as the copy knows."""
        for (role,) in self._rows(ROLE, (str(shop_id), str(user_id))):
            return role_of(role)
        return None

    def roles_of(self, user_id: UUID) -> dict[UUID, Role]:
        """Shops whose people the user belongs to, and what they are there."""
        return {UUID(shop_id): role_of(role) for shop_id, role in self._rows(ROLES_OF, (str(user_id),))}

    def count(self, shop_ids: Sequence[UUID]) -> Mapping[Status, int]:
        """How many orders stand in each status; of one shop and status no more than MOST_COUNTED are counted."""
        parameters = (_texts(shop_ids), [status.value for status in Status], MOST_COUNTED)
        return {Status(status): count for status, count in self._rows(COUNT, parameters)}

    def day(self, shop_ids: Sequence[UUID], earning: Sequence[UUID], since: UUID) -> Day:
        """Orders that stand since the smallest id of a moment, and the money of those that need no payment any more,
        in the shops of `earning` only.
        """
        [(orders, revenue)] = self._rows(DAY, (_texts(earning), _texts(shop_ids), str(since)))
        return Day(orders, revenue)

    def _page(
        self,
        statement: Prepared,
        owners: Sequence[UUID],
        statuses: Sequence[Status],
        before: UUID | None,
        limit: int,
        *more: str,
    ) -> OrderPage:
        rows = self._planned(statement, array(owners), array(statuses), str(before or _LAST), limit + 1, *more)
        found = [placed_of(row) for row in rows]
        return OrderPage(found[:limit], found[limit - 1].order.id if len(found) > limit else None)

    def _planned(self, statement: Prepared, *parameters: object) -> list[tuple[Any, ...]]:
        with read_only(self._pool) as cursor:
            statement.execute(cursor, *parameters)
            return cursor.fetchall()

    def _rows(self, statement: str, parameters: Any) -> list[tuple[Any, ...]]:
        with read_only(self._pool) as cursor:
            cursor.execute(statement, parameters)
            return cursor.fetchall()


def placed_of(row: tuple[Any, ...]) -> PlacedOrder:
    """A whole order from a row of `WHOLE`."""
    order = order_of(row)
    shop_name, shipping, note, created_at, lines = row[WIDTH:]
    destination = Destination(order.shop_id, shipping["method"], shipping.get("address"), shipping.get("store"))
    return PlacedOrder(order, tuple(map(_line, lines or ())), shop_name, destination, note, created_at)


def _line(raw: dict[str, Any]) -> Line:
    return Line(
        line_id=raw["line_id"],
        variant_id=UUID(raw["variant_id"]),
        product_id=UUID(raw["product_id"]),
        name=raw["name"],
        options=tuple(raw["options"]),
        quantity=raw["quantity"],
        price=raw["price"],
        discount=raw["discount"],
        price_version=raw["price_version"],
        refund_rule=raw["refund_rule"],
        photo_url=raw["photo_url"],
    )


def _texts(ids: Sequence[UUID]) -> list[str]:
    return [str(identifier) for identifier in ids]
