"""The parts that statements of searches are put together from, by `search_statements`."""

TABLES = "products found JOIN shops open USING (shop_id)"
PUBLIC = "found.state = 'listed' AND NOT (open.closed OR open.suspended)"
# Looked up shop by shop: what the planner expects of words and bands is a guess, and a join could be the wrong one.
OPEN = """
    JOIN LATERAL (SELECT FROM shops open
                   WHERE open.shop_id = found.shop_id AND NOT (open.closed OR open.suspended) OFFSET 0) AS open ON true
"""
SALES = """
    JOIN LATERAL (SELECT sold FROM product_sales WHERE product_id = found.product_id OFFSET 0) AS sales ON true
"""
ORDERED = """
    SELECT found.product_id, {key} AS key FROM {tables}
     WHERE {public} {conditions} {further}
     ORDER BY {by}found.product_id {direction} LIMIT %(limit)s
"""
# A frequent word fills the page from the first so many of everything. Then come the bands from there on: from nowhere,
# when the walk has seen everything.
WALK = """
    walked{name} AS MATERIALIZED ({walk} LIMIT {walked}),
    last{name} AS MATERIALIZED (SELECT key, product_id FROM walked{name} OFFSET {walked} - 1 LIMIT 1)
"""
WALKED = """
    (SELECT found.product_id, {key} AS key FROM walked{name} AS found {open} WHERE found.fits LIMIT %(limit)s)
"""
EVERYTHING = """
    SELECT found.product_id, {key} AS key, found.shop_id, {fits} AS fits FROM products found
     WHERE found.state = 'listed' {further} ORDER BY {by}found.product_id {direction}
"""
EVERYTHING_SOLD = """
    SELECT sales.product_id, sales.sold AS key, found.shop_id, coalesce(found.fits, false) AS fits
      FROM product_sales sales
      LEFT JOIN LATERAL (SELECT found.shop_id, {fits} AS fits FROM products found
                          WHERE found.product_id = sales.product_id AND found.state = 'listed' OFFSET 0) AS found
           ON true
     WHERE true {further} ORDER BY sales.sold DESC, sales.product_id DESC
"""
# Months in which nothing was listed are skipped, so that no id, however odd, makes the walk long.
TIMES = """
    times{name} (band) AS (
        (SELECT time_band(product_id) FROM products
          WHERE state = 'listed' AND {further} ORDER BY product_id DESC LIMIT 1)
        UNION ALL
        (SELECT earlier.band FROM times{name} AS later CROSS JOIN LATERAL (
                SELECT time_band(product_id) AS band FROM products
                 WHERE state = 'listed' AND product_id < time_band_begins(later.band)
                 ORDER BY product_id DESC LIMIT 1) AS earlier)
    )
"""
NEWEST = """
    (SELECT place.product_id, {key} AS key
       FROM times{name} AS times CROSS JOIN LATERAL (
            SELECT found.product_id FROM products found {joins}
             WHERE found.state = 'listed' AND ARRAY[time_band(found.product_id)] @> ARRAY[times.band]
               {conditions} AND {further}
             ORDER BY found.product_id DESC LIMIT %(limit)s) AS place
      LIMIT %(limit)s)
"""
PRICES = """
    (SELECT place.product_id, place.key
       FROM generate_series(amount_band((SELECT key FROM last)), {end}, {step}) AS prices (band)
      CROSS JOIN LATERAL (
            SELECT found.product_id, found.price_min AS key FROM products found {open}
             WHERE found.state = 'listed' AND ARRAY[amount_band(found.price_min)] @> ARRAY[prices.band]
               {conditions} AND (found.price_min, found.product_id) {further} (SELECT key, product_id FROM last)
             ORDER BY found.price_min {direction}, found.product_id {direction} LIMIT %(limit)s) AS place
      LIMIT %(limit)s)
"""
LAST_PRICE = "(SELECT amount_band(price_min) FROM products WHERE state = 'listed' ORDER BY price_min {} LIMIT 1)"
# By the band the index knows; and what has grown out of it since, which is little.
SALES_BANDS = """
    (SELECT place.product_id, place.key
       FROM generate_series(amount_band((SELECT key FROM last)), 1, -1) AS numbers (band)
      CROSS JOIN LATERAL (
            SELECT found.product_id, sales.sold AS key FROM products found {open} {sales}
             WHERE found.state = 'listed' AND ARRAY[amount_band(found.sold_ranked)] @> ARRAY[numbers.band]
               AND amount_band(sales.sold) = numbers.band {conditions}
               AND (sales.sold, found.product_id) < (SELECT key, product_id FROM last)
             UNION ALL
            SELECT found.product_id, sales.sold
              FROM product_sales sales JOIN products found USING (product_id) {open}
             WHERE amount_band(sales.sold) <> amount_band(sales.sold_ranked) AND amount_band(sales.sold) = numbers.band
               AND found.state = 'listed' {conditions}
               AND (sales.sold, found.product_id) < (SELECT key, product_id FROM last)
             ORDER BY key DESC, product_id DESC LIMIT %(limit)s) AS place
      LIMIT %(limit)s)
"""
UNSOLD = "AND ARRAY[amount_band(found.sold_ranked)] @> ARRAY[0] AND sales.sold = 0"
FROM_THE_LAST = "product_id < (SELECT product_id FROM last{name})"
UNSOLD_AFTER_THE_LAST = "((SELECT key FROM last) > 0 OR {product_id} < (SELECT product_id FROM last))"

# How a filter is said alone, and how the index of words knows it.
FILTERS = {
    "categories": (
        "found.category_id = ANY(%(categories)s)",
        "ARRAY[found.category_id] && %(categories)s::text[]",
    ),
    "shop": ("found.shop_id = %(shop)s::uuid", "ARRAY[found.shop_id] @> ARRAY[%(shop)s::uuid]"),
    "condition": ("found.condition = %(condition)s", "ARRAY[found.condition] @> ARRAY[%(condition)s]"),
    "least": ("found.price_min >= %(least)s",) * 2,
    "most": ("found.price_min <= %(most)s",) * 2,
}
