-- What words find is read in the order it is shown, a band of that order at a time: an index of words has no order of its
-- own, so the bands stand in it beside them.

-- Prices and pieces sold: eight bands for each doubling.
CREATE FUNCTION amount_band(amount bigint) RETURNS integer
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN CASE WHEN amount < 8 THEN greatest(amount, 0)::integer
                ELSE 8 * (64 - position('1' IN amount::bit(64)::text))
                     + ((amount >> (61 - position('1' IN amount::bit(64)::text))) & 7)::integer END;

-- The time in an id (UUIDv7): bands of 2^30 ms, 12.4 days; and the least id of a band.
CREATE FUNCTION time_band(id uuid) RETURNS integer
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN (('x' || left(translate(id::text, '-', ''), 12))::bit(48)::bigint >> 30)::integer;

CREATE FUNCTION time_band_begins(band integer) RETURNS uuid
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN rpad(lpad(to_hex(band::bigint << 30), 12, '0'), 32, '0')::uuid;

-- Pieces sold as the index of words knows them: the band of product_sales.sold, but for those in product_sales_to_rank.
ALTER TABLE products ADD COLUMN sold_ranked bigint NOT NULL DEFAULT 0;
ALTER TABLE product_sales ADD COLUMN sold_ranked bigint NOT NULL DEFAULT 0;

UPDATE product_sales SET sold_ranked = sold WHERE sold <> 0;
UPDATE products SET sold_ranked = sold FROM product_sales sales
 WHERE sales.product_id = products.product_id AND sold <> 0;

CREATE INDEX product_sales_to_rank ON product_sales (amount_band(sold))
 WHERE amount_band(sold) <> amount_band(sold_ranked);

-- What waits to be sorted into the index is read with every band: so little of it that nobody notices.
CREATE INDEX products_by_terms_and_bands ON products USING gin (
    search_terms, (ARRAY[time_band(product_id)]), (ARRAY[amount_band(price_min)]), (ARRAY[amount_band(sold_ranked)]),
    (ARRAY[category_id]), (ARRAY[shop_id]), (ARRAY[condition])
) WITH (gin_pending_list_limit = 64) WHERE state = 'listed';
DROP INDEX products_by_terms; -- whoever looks for search_terms alone finds them in the new one

-- Names that begin with one or two characters, the newest first.
CREATE INDEX products_listed_by_first ON products (left(search_text, 1), product_id) WHERE state = 'listed';
CREATE INDEX products_listed_by_first_two ON products (left(search_text, 2), product_id) WHERE state = 'listed';
