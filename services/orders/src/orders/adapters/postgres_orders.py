"""Orders as they move. A batch of any size is read by one statement and written by another."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis.postgres import TransactionCursor, array
from chassis.postgres.prepared import Prepared
from orders.adapters.json_rows import rows
from orders.domain.order import Order, PaymentMethod, PaymentStatus, Status, VoidReason

#: Columns that `order_of` reads, in its order.
COLUMNS = """
    orders.order_id, orders.checkout_id, orders.shop_id, orders.seller_id, orders.buyer_id, orders.payment_method,
    orders.items_total, orders.shipping_fee, orders.total_price, orders.status, orders.payment_status, orders.version,
    orders.void_reason, orders.voided_by, orders.pay_before, orders.paid_at, orders.shipped_at, orders.completed_at,
    orders.tracking_number
"""
WIDTH = 19
STEP_ROW = """
    order_id uuid, version integer, from_status text, to_status text, at timestamptz, by_user uuid, reason text
"""
GET = f"SELECT {COLUMNS} FROM orders WHERE order_id = %s FOR UPDATE"  # noqa: S608 - a constant
# The sort comes before the locks: two batches wait for each other.
GET_MANY = Prepared(
    "lock_orders",
    ("uuid[]",),
    f"SELECT {COLUMNS} FROM orders WHERE order_id = ANY($1) ORDER BY order_id FOR UPDATE",  # noqa: S608 - a constant
)
DUE = f"""
    SELECT {COLUMNS} FROM orders
     WHERE status = 'unpaid' AND pay_before <= %s AND payment_status <> 'confirming'
     ORDER BY pay_before LIMIT %s
       FOR UPDATE SKIP LOCKED
"""  # noqa: S608 - a constant
SAVE = Prepared(
    "save_orders",
    ("json", "json"),
    f"""
    WITH moved AS (
        UPDATE orders
           SET status = new.status, payment_status = new.payment_status, version = new.version,
               void_reason = new.void_reason, voided_by = new.voided_by, pay_before = new.pay_before,
               paid_at = new.paid_at, shipped_at = new.shipped_at, completed_at = new.completed_at,
               tracking_number = new.tracking_number
          FROM json_to_recordset($1)
            AS new (order_id uuid, version_read integer, status text, payment_status text, version integer,
                    void_reason text, voided_by uuid, pay_before timestamptz, paid_at timestamptz,
                    shipped_at timestamptz, completed_at timestamptz, tracking_number text)
         WHERE orders.order_id = new.order_id AND orders.version = new.version_read
    )
    INSERT INTO order_history (order_id, version, from_status, to_status, at, by_user, reason)
    SELECT * FROM json_to_recordset($2) AS new ({STEP_ROW})
    """,  # noqa: S608 - constants
)

Row = tuple[Any, ...]


class PostgresOrders:
    """Rows of `orders` and `order_history`."""

    def __init__(self, cursor: TransactionCursor) -> None:
        self._cursor = cursor

    def get(self, order_id: UUID) -> Order | None:
        """The order, locked until the transaction ends."""
        self._cursor.execute(GET, (str(order_id),))
        row = self._cursor.fetchone()
        return order_of(row) if row else None

    def get_many(self, order_ids: Iterable[UUID]) -> dict[UUID, Order]:
        """Orders by id, locked in the order of their ids until the transaction ends."""
        GET_MANY.execute(self._cursor, array(order_ids))
        return {order.id: order for order in map(order_of, self._cursor.fetchall())}

    def due(self, at: datetime, limit: int) -> list[Order]:
        """Unpaid orders whose time is over, locked; those that somebody else has locked are left out."""
        self._cursor.execute(DUE, (at, limit))
        return [order_of(row) for row in self._cursor.fetchall()]

    def save(self, orders: Iterable[Order]) -> None:
        """Writes locked orders with their steps. A step that somebody else has taken meanwhile is an error: it is in
        the history already.
        """
        orders = list(orders)
        self._cursor.write(SAVE.on(self._cursor, rows(map(_values, orders)), rows(step_rows(orders))))


def order_of(row: Row) -> Order:
    """An order from the columns of `COLUMNS`, whatever follows them."""
    order_id, checkout, shop, seller, buyer, method, items_total, fee, total = row[:9]
    status, payment, version, reason, voided_by, pay_before, paid_at, shipped_at, completed_at, tracking = row[9:WIDTH]
    return Order(
        id=UUID(order_id),
        checkout_id=UUID(checkout),
        shop_id=UUID(shop),
        seller_id=UUID(seller),
        buyer_id=UUID(buyer),
        payment_method=PaymentMethod(method),
        items_total=items_total,
        shipping_fee=fee,
        total_price=total,
        status=Status(status),
        payment=PaymentStatus(payment),
        version=version,
        void_reason=VoidReason(reason) if reason else None,
        voided_by=UUID(voided_by) if voided_by else None,
        pay_before=pay_before,
        paid_at=paid_at,
        shipped_at=shipped_at,
        completed_at=completed_at,
        tracking_number=tracking,
    )


def step_rows(orders: Iterable[Order]) -> Iterator[dict[str, Any]]:
    """The steps of orders as rows of `order_history`."""
    for order in orders:
        for step in order.steps:
            yield {
                "order_id": order.id,
                "version": step.version,
                "from_status": step.before,
                "to_status": step.after,
                "at": step.at,
                "by_user": step.by,
                "reason": step.reason,
            }


def _values(order: Order) -> dict[str, Any]:
    return {
        "order_id": order.id,
        "version_read": order.version_read,
        "status": order.status,
        "payment_status": order.payment,
        "version": order.version,
        "void_reason": order.void_reason,
        "voided_by": order.voided_by,
        "pay_before": order.pay_before,
        "paid_at": order.paid_at,
        "shipped_at": order.shipped_at,
        "completed_at": order.completed_at,
        "tracking_number": order.tracking_number,
    }
