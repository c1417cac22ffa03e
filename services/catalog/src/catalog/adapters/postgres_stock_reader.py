"""Stock's books, for the people of a shop."""

from uuid import UUID

from catalog.application.ports import LedgerLine, OrderLine
from catalog.domain.stock import LedgerEntry
from chassis.postgres import Pool, read_only

LEDGER = """
    SELECT entry_id, delta, reason, order_id, by_user, at FROM stock_ledger
     WHERE variant_id = %s AND entry_id < %s ORDER BY entry_id DESC LIMIT %s
"""
ORDER_STOCK = """
    SELECT p.shop_id, r.line_id, r.variant_id, r.quantity, r.state, r.created_at, r.changed_at,
           (SELECT coalesce(sum(l.delta), 0) FROM stock_ledger l
             WHERE l.order_id = r.order_id AND l.variant_id = r.variant_id AND l.reason = 'returned')
      FROM reservations r JOIN variants v USING (variant_id) JOIN products p USING (product_id)
     WHERE r.order_id = %s ORDER BY length(r.line_id), r.line_id
"""
_LAST = 2**63 - 1


class PostgresStockReader:
    """Rows of `stock_ledger` and `reservations`."""

    _pool: Pool

    def ledger(self, variant_id: UUID, before: int | None, limit: int) -> list[LedgerLine]:
        """Changes of a variant's on_hand, the latest first."""
        with read_only(self._pool) as cursor:
            cursor.execute(LEDGER, (str(variant_id), _LAST if before is None else before, limit))
            rows = cursor.fetchall()
        return [
            LedgerLine(
                entry_id,
                LedgerEntry(variant_id, delta, reason, UUID(order_id) if order_id else None, UUID(by) if by else None),
                at,
            )
            for entry_id, delta, reason, order_id, by, at in rows
        ]

    def order_stock(self, order_id: UUID) -> list[OrderLine]:
        """What became of an order's lines."""
        with read_only(self._pool) as cursor:
            cursor.execute(ORDER_STOCK, (str(order_id),))
            rows = cursor.fetchall()
        return [
            OrderLine(
                shop_id=UUID(shop_id),
                line_id=line_id,
                variant_id=UUID(variant_id),
                quantity=quantity,
                state=state,
                returned=returned,
                created_at=created_at,
                changed_at=changed_at,
            )
            for shop_id, line_id, variant_id, quantity, state, created_at, changed_at, returned in rows
        ]
