-- Stock that is added and subtracted, once for each key, and goods that come back of an order.

ALTER TABLE stock_ledger
    ADD COLUMN change_key text,
    DROP CONSTRAINT stock_ledger_reason_check,
    ADD CONSTRAINT stock_ledger_reason_check
        CHECK (reason IN ('set', 'added', 'subtracted', 'shipped', 'returned'));

CREATE UNIQUE INDEX stock_ledger_by_key ON stock_ledger (variant_id, change_key) WHERE change_key IS NOT NULL;
CREATE INDEX stock_ledger_by_order ON stock_ledger (order_id) WHERE order_id IS NOT NULL;
