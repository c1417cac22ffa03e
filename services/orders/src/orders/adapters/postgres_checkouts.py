"""Checkouts with their orders, lines and first steps: a batch of any size is one statement."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis.postgres import TransactionCursor, array
from chassis.postgres.prepared import Prepared
from orders.adapters.copy_rows import COLUMNS, JOINS, offer_of, shop_of
from orders.adapters.json_rows import rows
from orders.adapters.postgres_orders import STEP_ROW, step_rows
from orders.application.ports import Standing, StoredCheckout, Turn
from orders.domain.cart import CartLine
from orders.domain.checkout import PlacedOrder, Placement, Wish

# Rows are locked in the order in which they come, so two batches wait for each other instead of locking each other out.
COUNT = Prepared(
    "count_checkouts",
    ("uuid[]", "timestamptz"),
    """
    INSERT INTO carts AS known (buyer_id, minute_since, checkouts)
    SELECT id, $2, 1 FROM unnest($1) WITH ORDINALITY AS asked (id, position) ORDER BY position
        ON CONFLICT (buyer_id) DO UPDATE
       SET minute_since = CASE WHEN known.minute_since > $2 - interval '1 minute'
                               THEN known.minute_since ELSE excluded.minute_since END,
           checkouts = CASE WHEN known.minute_since > $2 - interval '1 minute'
                            THEN known.checkouts + 1 ELSE 1 END
    """,
)
# A statement of its own behind the locks, though it travels with them: it sees what the last holder left. A row for
# each line, and one without a line for a shop of which the cart holds nothing.
FIND = Prepared(
    "find_checkouts",
    ("uuid[]", "text[]", "uuid[]"),
    f"""
    SELECT asked.buyer_id, t.checkouts, t.minute_since, k.checkout_id, k.fingerprint, k.created_at,
           c.quantity, c.price_version, {COLUMNS}
      FROM unnest($1, $2, $3) AS asked (buyer_id, key, shop_id)
      JOIN carts t ON t.buyer_id = asked.buyer_id
      LEFT JOIN checkouts k ON k.buyer_id = asked.buyer_id AND k.idempotency_key = asked.key
      LEFT JOIN (cart_lines c JOIN offers o ON o.variant_id = c.variant_id)
             ON c.buyer_id = asked.buyer_id AND o.shop_id = asked.shop_id
      {JOINS}
     ORDER BY c.added_at, c.variant_id
    """,  # noqa: S608 - constants
)
RELEASE = "UPDATE checkouts SET idempotency_key = NULL WHERE checkout_id = ANY(%s::uuid[])"
ADD = Prepared(
    "add_checkouts",
    ("json", "json", "json", "json"),
    f"""
    WITH kept AS (
        INSERT INTO checkouts (checkout_id, buyer_id, idempotency_key, fingerprint, order_ids, created_at)
        SELECT * FROM json_to_recordset($1)
            AS new (checkout_id uuid, buyer_id uuid, idempotency_key text, fingerprint text, order_ids uuid[],
                    created_at timestamptz)
    ), placed AS (
        INSERT INTO orders (order_id, checkout_id, buyer_id, shop_id, shop_name, seller_id, status, payment_method,
                            payment_status, items_total, shipping_fee, total_price, shipping, note, version, created_at)
        SELECT * FROM json_to_recordset($2)
            AS new (order_id uuid, checkout_id uuid, buyer_id uuid, shop_id uuid, shop_name text, seller_id uuid,
                    status text, payment_method text, payment_status text, items_total bigint, shipping_fee bigint,
                    total_price bigint, shipping jsonb, note text, version integer, created_at timestamptz)
    ), stepped AS (
        INSERT INTO order_history (order_id, version, from_status, to_status, at, by_user, reason)
        SELECT * FROM json_to_recordset($3) AS new ({STEP_ROW})
    )
    INSERT INTO order_lines (order_id, line_id, variant_id, product_id, name, options, quantity, price, discount,
                             final_price, price_version, refund_rule, photo_url)
    SELECT * FROM json_to_recordset($4)
        AS new (order_id uuid, line_id text, variant_id uuid, product_id uuid, name text, options jsonb,
                quantity integer, price bigint, discount bigint, final_price bigint, price_version integer,
                refund_rule jsonb, photo_url text)
    """,  # noqa: S608 - constants
)


class PostgresCheckouts:
    """Rows of `checkouts`, and those of `orders` and what belongs to them when they are placed."""

    def __init__(self, cursor: TransactionCursor) -> None:
        self._cursor = cursor

    def admit(self, wishes: Sequence[Wish], at: datetime) -> list[Standing]:
        """Locks the buyers' carts, counts one checkout more for each, and answers what each wish finds, by position."""
        self._cursor.write(COUNT.on(self._cursor, array(sorted(wish.by for wish in wishes)), at))
        asked = [(wish.by, wish.key, one.shop_id) for wish in wishes for one in wish.destinations]
        FIND.execute(self._cursor, *(array(one[place] for one in asked) for place in range(3)))
        found: dict[UUID, Standing] = {}
        lines: dict[UUID, list[CartLine]] = {}
        for row in self._cursor.fetchall():
            by = UUID(row[0])
            if by not in found:
                found[by] = Standing(Turn(*row[1:3]), _stored(*row[3:6]), lines.setdefault(by, []))
            if row[6] is not None:
                lines[by].append(CartLine(row[6], row[7], offer_of(row[8:]), shop_of(row[8:])))
        return [found[wish.by] for wish in wishes]

    def release(self, checkout_ids: Iterable[UUID]) -> None:
        """These have outlived their keys: the keys are free again."""
        self._cursor.write(RELEASE, ([str(checkout_id) for checkout_id in checkout_ids],))

    def add(self, placements: Sequence[Placement]) -> None:
        """Keeps checkouts with orders, lines and history."""
        placed = [one for placement in placements for one in placement.orders]
        self._cursor.write(
            ADD.on(
                self._cursor,
                rows(_checkout(placement) for placement in placements),
                rows(_order(one) for one in placed),
                rows(step_rows(one.order for one in placed)),
                rows(_line(one, line) for one in placed for line in one.lines),
            )
        )


def _stored(checkout_id: str | None, fingerprint: str, created_at: datetime) -> StoredCheckout | None:
    return StoredCheckout(UUID(checkout_id), fingerprint, created_at) if checkout_id else None


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
