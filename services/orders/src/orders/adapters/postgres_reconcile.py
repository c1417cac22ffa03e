"""Looks for what must not be in orders' tables, for `chassis.reconcile`."""

from orders.domain.order import ALLOWED

PENDING_LONG = """
    SELECT order_id::text, shop_id::text, created_at::text FROM orders
     WHERE status = 'pending' AND created_at < now() - interval '1 minute' ORDER BY order_id LIMIT %(most)s
"""
UNPAID_LONG = """
    SELECT order_id::text, payment_status, pay_before::text FROM orders
     WHERE status = 'unpaid' AND pay_before < now() - interval '5 minutes' ORDER BY pay_before LIMIT %(most)s
"""
HISTORY_GAPS = """
    SELECT order_id::text, count(*)::integer AS steps, max(version) AS last FROM order_history
     GROUP BY order_id HAVING min(version) <> 1 OR max(version) <> count(*) LIMIT %(most)s
"""
HISTORY_DIFFERS = """
    SELECT orders.order_id::text, orders.status, orders.version, last.to_status, last.version AS last_version
      FROM orders
      LEFT JOIN LATERAL (SELECT to_status, version FROM order_history h WHERE h.order_id = orders.order_id
                          ORDER BY version DESC LIMIT 1) AS last ON true
     WHERE last.version IS DISTINCT FROM orders.version OR last.to_status IS DISTINCT FROM orders.status
     LIMIT %(most)s
"""
ILLEGAL_STEPS = """
    SELECT order_id::text, version, from_status, to_status FROM order_history
     WHERE coalesce(from_status, '') || '>' || to_status <> ALL(%(allowed)s) LIMIT %(most)s
"""
SUMS_DIFFER = """
    SELECT orders.order_id::text, items_total, coalesce(sum, 0)::bigint AS lines
      FROM orders
      LEFT JOIN (SELECT order_id, sum(final_price * quantity) FROM order_lines GROUP BY 1) AS lines USING (order_id)
     WHERE items_total <> coalesce(sum, 0) LIMIT %(most)s
"""
MONEY_STUCK = """
    SELECT order_id::text, attempt, payment_status, payments.error, tries
      FROM payments JOIN orders USING (order_id)
     WHERE payment_status IN ('confirming', 'refunding') AND tries > 10 LIMIT %(most)s
"""
CAPTURED_AND_VOID = """
    SELECT order_id::text, payment_status FROM orders
     WHERE status = 'void' AND payment_status IN ('captured', 'confirming') LIMIT %(most)s
"""
LOOKS = {
    "pending for over a minute": PENDING_LONG,
    "unpaid long after its time": UNPAID_LONG,
    "the history has a gap": HISTORY_GAPS,
    "an order and its history disagree": HISTORY_DIFFERS,
    "a step outside the table": ILLEGAL_STEPS,
    "items_total is not the sum of its lines": SUMS_DIFFER,
    "LINE Pay has not settled this for long": MONEY_STUCK,
    "a void order holds money": CAPTURED_AND_VOID,
}
ALLOWED_STEPS = [">pending", *(f"{before}>{after}" for before, targets in ALLOWED.items() for after in targets)]
