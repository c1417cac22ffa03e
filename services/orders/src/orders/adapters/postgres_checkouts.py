"""Checkouts with their orders, lines and first steps: a batch of any size is one statement."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from chassis.postgres import TransactionCursor
from orders.adapters.json_rows import rows
from orders.adapters.postgres_orders import STEP_ROW, step_rows
from orders.application.ports import StoredCheckout
from orders.domain.checkout import PlacedOrder, Placement

STORED = """
    SELECT c.buyer_id, c.idempotency_key, c.checkout_id, c.fingerprint, c.created_at
      FROM checkouts c
      JOIN unnest(%s::uuid[], %s::text[]) AS asked (buyer_id, key)
        ON c.buyer_id = asked.buyer_id AND c.idempotency_key = asked.key
"""
RELEASE = "UPDATE checkouts SET idempotency_key = NULL WHERE checkout_id = ANY(%s::uuid[])"
ADD = f"""
    WITH kept AS (
        INSERT INTO checkouts (checkout_id, buyer_id, idempotency_key, fingerprint, order_ids, created_at)
        SELECT * FROM json_to_recordset(%(checkouts)s::json)
            AS new (checkout_id uuid, buyer_id uuid, idempotency_key text, fingerprint text, order_ids uuid[],
                    created_at timestamptz)
    ), placed AS (
        INSERT INTO orders (order_id, checkout_id, buyer_id, shop_id, shop_name, seller_id, status, payment_method,
                            payment_status, items_total, shipping_fee, total_price, shipping, note, version, created_at)
        SELECT * FROM json_to_recordset(%(orders)s::json)
            AS new (order_id uuid, checkout_id uuid, buyer_id uuid, shop_id uuid, shop_name text, seller_id uuid,
                    status text, payment_method text, payment_status text, items_total bigint, shipping_fee bigint,
                    total_price bigint, shipping jsonb, note text, version integer, created_at timestamptz)
    ), stepped AS (
        INSERT INTO order_history (order_id, version, from_status, to_status, at, by_user, reason)
        SELECT * FROM json_to_recordset(%(steps)s::json) AS new ({STEP_ROW})
    )
    INSERT INTO order_lines (order_id, line_id, variant_id, product_id, name, options, quantity, price, discount,
                             final_price, price_version, refund_rule, photo_url)
    SELECT * FROM json_to_recordset(%(lines)s::json)
        AS new (order_id uuid, line_id text, variant_id uuid, product_id uuid, name text, options jsonb,
                quantity integer, price bigint, discount bigint, final_price bigint, price_version integer,
                refund_rule jsonb, photo_url text)
"""  # noqa: S608 - constants


class PostgresCheckouts:
    """Rows of `checkouts`, and those of `orders` and what belongs to them when they are placed."""

    def __init__(self, cursor: TransactionCursor) -> None:
        self._cursor = cursor

    def stored(self, keys: Iterable[tuple[UUID, str]]) -> dict[tuple[UUID, str], StoredCheckout]:
        """What was kept under these (buyer, key)."""
        asked = list(keys)
        self._cursor.execute(STORED, ([str(buyer) for buyer, _ in asked], [key for _, key in asked]))
        return {
            (UUID(buyer), key): StoredCheckout(UUID(checkout_id), fingerprint, created_at)
            for buyer, key, checkout_id, fingerprint, created_at in self._cursor.fetchall()
        }

    def release(self, checkout_ids: Iterable[UUID]) -> None:
        """These have outlived their keys: the keys are free again."""
        self._cursor.write(RELEASE, ([str(checkout_id) for checkout_id in checkout_ids],))

    def add(self, placements: Sequence[Placement]) -> None:
        """Keeps checkouts with orders, lines and history."""
        placed = [one for placement in placements for one in placement.orders]
        self._cursor.write(
            ADD,
            {
                "checkouts": rows(_checkout(placement) for placement in placements),
                "orders": rows(_order(one) for one in placed),
                "steps": rows(step_rows(one.order for one in placed)),
                "lines": rows(_line(one, line) for one in placed for line in one.lines),
            },
        )


def _checkout(placement: Placement) -> dict[str, Any]:
    wish = placement.wish
    return {
        "checkout_id": wish.checkout_id,
        "buyer_id": wish.by,
        "idempotency_key": wish.key,
        "fingerprint": wish.fingerprint,
        "order_ids": [one.order.id for one in placement.orders],
        "created_at": placement.at,
    }


def _order(placed: PlacedOrder) -> dict[str, Any]:
    order = placed.order
    return {
        "order_id": order.id,
        "checkout_id": order.checkout_id,
        "buyer_id": order.buyer_id,
        "shop_id": order.shop_id,
        "shop_name": placed.shop_name,
        "seller_id": order.seller_id,
        "status": order.status,
        "payment_method": order.payment_method,
        "payment_status": order.payment,
        "items_total": order.items_total,
        "shipping_fee": order.shipping_fee,
        "total_price": order.total_price,
        "shipping": placed.destination.as_dict(),
        "note": placed.note,
        "version": order.version,
        "created_at": placed.placed_at,
    }


def _line(placed: PlacedOrder, line: Any) -> dict[str, Any]:
    return {
        "order_id": placed.order.id,
        "line_id": line.line_id,
        "variant_id": line.variant_id,
        "product_id": line.product_id,
        "name": line.name,
        "options": line.options,
        "quantity": line.quantity,
        "price": line.price,
        "discount": line.discount,
        "final_price": line.final_price,
        "price_version": line.price_version,
        "refund_rule": line.refund_rule,
        "photo_url": line.photo_url,
    }
