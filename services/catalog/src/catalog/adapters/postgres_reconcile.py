"""Looks for what must not be in the stock tables, for `chassis.reconcile`."""

IMPOSSIBLE = """
    SELECT variant_id::text, on_hand, reserved FROM stock
     WHERE on_hand < 0 OR reserved < 0 OR reserved > on_hand LIMIT %(most)s
"""
LEDGER_DIFFERS = """
    SELECT stock.variant_id::text, on_hand, coalesce(sum, 0)::bigint AS ledger
      FROM stock
      LEFT JOIN (SELECT variant_id, sum(delta) FROM stock_ledger GROUP BY 1) AS ledger USING (variant_id)
     WHERE on_hand <> coalesce(sum, 0) LIMIT %(most)s
"""
HELD_DIFFERS = """
    SELECT stock.variant_id::text, reserved, coalesce(sum, 0)::bigint AS held
      FROM stock
      LEFT JOIN (SELECT variant_id, sum(quantity) FROM reservations WHERE state = 'held' GROUP BY 1) AS held
           USING (variant_id)
     WHERE reserved <> coalesce(sum, 0) LIMIT %(most)s
"""
ORDER_DIFFERS = """
    SELECT order_id::text, line_id, reserved_orders.state AS order_state, reservations.state AS line_state
      FROM reservations JOIN reserved_orders USING (order_id)
     WHERE reservations.state <> reserved_orders.state LIMIT %(most)s
"""
HELD_LONG = """
    SELECT order_id::text, line_id, variant_id::text, quantity, created_at::text FROM reservations
     WHERE state = 'held' AND created_at < now() - interval '1 day' ORDER BY created_at LIMIT %(most)s
"""
LOOKS = {
    "stock below nothing or oversold": IMPOSSIBLE,
    "on_hand is not the sum of its ledger": LEDGER_DIFFERS,
    "reserved is not what orders hold": HELD_DIFFERS,
    "a line and its order disagree": ORDER_DIFFERS,
    "held for over a day": HELD_LONG,
}
