-- Listed products number first to last with a variant and a description each, in the market's shops. Names are five of
-- %(words)s; ids are UUIDv7, spread over the last year.
WITH made AS MATERIALIZED (
    SELECT number,
           now() - interval '365 days' + number * interval '300 seconds' AS at,
           (SELECT string_agg((%(words)s::text[])[1 + floor(random() * cardinality(%(words)s::text[]))::int], ' ')
              FROM generate_series(1, 5) WHERE number = number) AS name,
           50 + floor(random() * 5000)::int AS price,
           floor(random() * 1000)::int AS sold
      FROM generate_series(%(first)s, %(last)s) AS number
), named AS MATERIALIZED (
    SELECT made.*,
           (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7000'
            || lpad(to_hex(32768 + number / 65536), 4, '0') || lpad(to_hex(number), 12, '0'))::uuid AS product_id,
           (SELECT array_agg(DISTINCT term)
              FROM unnest(string_to_array(name, ' ')) AS word,
                   generate_series(1, length(word)) AS place,
                   LATERAL (VALUES (substr(word, place, 1)), (substr(word, place, 2))) AS terms (term)) AS terms
      FROM made
), put AS (
    INSERT INTO products (product_id, shop_id, name, description, category_id, state, condition, attributes, price,
                          discount, levels, refund_rules, tiers, days_to_ship, metadata_id, search_text, search_terms,
                          listed_at, created_at, changed_at, price_min, sold_ranked)
    SELECT product_id, (%(shops)s::uuid[])[1 + number %% cardinality(%(shops)s::uuid[])], name,
           repeat('這是量測用的商品說明，', 20), %(category)s, 'listed', 'new', '{}', price, 0, '[]',
           '{"days": 7, "return_shipping": "buyer", "exclusions": [], "note": ""}', '[]', 2, product_id, name, terms,
           at, at, at, price, sold
      FROM named
), varied AS (
    INSERT INTO variants (variant_id, product_id, options, description, price, discount, follows, position)
    SELECT product_id, product_id, '{}', '', price, 0, true, 0 FROM named
), stocked AS (
    INSERT INTO stock (variant_id, product_id, on_hand) SELECT product_id, product_id, 10 FROM named
), entered AS (
    INSERT INTO stock_ledger (variant_id, delta, reason) SELECT product_id, 10, 'set' FROM named
)
INSERT INTO product_sales (product_id, sold, sold_ranked) SELECT product_id, sold, sold FROM named
