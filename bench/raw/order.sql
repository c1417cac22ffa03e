-- One order as a transaction of one statement: order, two lines, history, outbox, and the stock held for it.
\set first random(1, 500)
\set second random(501, 1000)
WITH placed AS (
    INSERT INTO orders (order_id, buyer_id, shop_id, status, items_total, shipping, created_at)
    VALUES (gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 'pending', 200,
            '{"method": "home_delivery", "address": {"name": "林小美", "phone": "0912345678", "city": "臺北市"}}', now())
    RETURNING order_id
), lines AS (
    INSERT INTO order_lines (order_id, line_id, variant_id, name, options, quantity, price, final_price, refund_rule)
    SELECT order_id, line::text, variant, '量測商品', '[]', 1, 100, 100, '{}'
      FROM placed, (VALUES (1, :first::integer), (2, :second::integer)) AS two (line, variant)
), stepped AS (
    INSERT INTO order_history (order_id, version, to_status, at) SELECT order_id, 1, 'pending', now() FROM placed
), said AS (
    INSERT INTO outbox (id, topic, body)
    SELECT gen_random_uuid(), 'orders.order_placed.v1', convert_to(repeat('x', 700), 'UTF8') FROM placed
), held AS (
    INSERT INTO reservations (order_id, line_id, variant_id, quantity, state)
    SELECT order_id, line::text, variant, 1, 'held'
      FROM placed, (VALUES (1, :first::integer), (2, :second::integer)) AS two (line, variant)
)
UPDATE stock SET reserved = reserved + 1, version = version + 1
 WHERE variant_id IN (:first::integer, :second::integer) AND on_hand - reserved >= 1;
