-- Keys that no longer stand for anything are found by their age and deleted. No payment is looked for by its key any
-- more, since payment_keys has them.

CREATE INDEX payment_keys_by_age ON payment_keys (created_at);
DROP INDEX payments_by_key;
