-- Products that list themselves later, and products an operator took off the market.

ALTER TABLE products
    ADD COLUMN list_at       timestamptz,
    ADD COLUMN list_problems jsonb,
    ADD COLUMN block_reason  text,
    ADD COLUMN blocked_at    timestamptz,
    ADD COLUMN blocked_by    uuid,
    DROP CONSTRAINT products_state_check,
    ADD CONSTRAINT products_state_check
        CHECK (state IN ('draft', 'scheduled', 'listed', 'unlisted', 'blocked', 'deleted')),
    ADD CONSTRAINT products_blocked_for_a_reason CHECK (state <> 'blocked' OR block_reason IS NOT NULL);
