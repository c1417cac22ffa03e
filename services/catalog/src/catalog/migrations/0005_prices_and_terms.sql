-- Discounts as rules with a period, the terms a product is sold on, and what a variant says about itself.
-- `discount` stays the amount in force; the rule beside it says when it changes.

ALTER TABLE products
    ADD COLUMN discount_kind    text        NOT NULL DEFAULT 'amount' CHECK (discount_kind IN ('amount', 'percent')),
    ADD COLUMN discount_value   integer     NOT NULL DEFAULT 0 CHECK (discount_value >= 0),
    ADD COLUMN discount_from    timestamptz,
    ADD COLUMN discount_until   timestamptz,
    ADD COLUMN min_quantity     integer     NOT NULL DEFAULT 1 CHECK (min_quantity > 0),
    ADD COLUMN weight_g         integer,
    ADD COLUMN package_cm       jsonb,
    ADD COLUMN shipping_methods text[],
    ADD COLUMN group_buy        jsonb,
    ADD COLUMN next_at          timestamptz;

ALTER TABLE variants
    ADD COLUMN discount_kind  text    NOT NULL DEFAULT 'amount' CHECK (discount_kind IN ('amount', 'percent')),
    ADD COLUMN discount_value integer NOT NULL DEFAULT 0 CHECK (discount_value >= 0),
    ADD COLUMN discount_from  timestamptz,
    ADD COLUMN discount_until timestamptz,
    ADD COLUMN gtin           text,
    ADD COLUMN low_stock_at   integer CHECK (low_stock_at >= 0);

UPDATE products SET discount_value = discount WHERE discount <> 0;
UPDATE variants SET discount_value = discount WHERE discount <> 0;

-- What was free text becomes rules: at least the seven days of the law.
UPDATE products
   SET refund_rules = jsonb_build_object(
           'days', CASE WHEN jsonb_typeof(refund_rules -> 'days') = 'number'
                        THEN least(90, greatest(7, floor((refund_rules ->> 'days')::numeric)::bigint)) ELSE 7 END,
           'return_shipping', 'buyer', 'exclusions', '[]'::jsonb, 'note', '');

-- What time will change, soonest first.
CREATE INDEX products_by_next ON products (next_at) WHERE next_at IS NOT NULL;
