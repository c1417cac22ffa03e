-- Orders number first to last with a line and two steps each; ids are UUIDv7, spread evenly over the last year.
WITH made AS MATERIALIZED (
    SELECT number,
           now() - interval '365 days' + number * interval '31 seconds' AS at,
           (ARRAY['to_ship', 'shipping', 'completed', 'completed', 'void'])[number %% 5 + 1] AS status
      FROM generate_series(%(first)s, %(last)s) AS number
), named AS MATERIALIZED (
    SELECT *,
           (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7000'
            || lpad(to_hex(32768 + number / 65536), 4, '0') || lpad(to_hex(number), 12, '0'))::uuid AS order_id
      FROM made
), placed AS (
    INSERT INTO orders (order_id, checkout_id, buyer_id, shop_id, shop_name, seller_id, status, payment_method,
                        payment_status, items_total, shipping_fee, total_price, shipping, version, void_reason,
                        created_at)
    SELECT order_id, order_id, %(buyer)s, %(shop)s, 'growth', %(seller)s, status, 'cod', 'none', 100, 80, 180,
           '{"method": "home_delivery", "address": {"name": "林小美", "phone": "0912345678", "city": "臺北市",
             "district": "大安區", "postal_code": "106", "line": "和平東路二段 1 號"}}', 2,
           CASE WHEN status = 'void' THEN 'out_of_stock' END, at
      FROM named
), stepped AS (
    INSERT INTO order_history (order_id, version, from_status, to_status, at)
    SELECT order_id, 1, NULL, 'pending', at FROM named
    UNION ALL
    SELECT order_id, 2, 'pending', status, at FROM named
)
INSERT INTO order_lines (order_id, line_id, variant_id, product_id, name, options, quantity, price, discount,
                         final_price, price_version, refund_rule)
SELECT order_id, '1', order_id, order_id, '量測商品', '[]', 1, 100, 0, 100, 1, '{}' FROM named
