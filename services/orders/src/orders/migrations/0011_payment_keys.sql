-- What a person's key stands for, whichever way an order is paid: LINE Pay's tries kept theirs, bank transfers kept none.

CREATE TABLE payment_keys (
    user_id     uuid        NOT NULL,
    key         text        NOT NULL,
    order_id    uuid        NOT NULL,
    fingerprint text        NOT NULL,
    created_at  timestamptz NOT NULL,
    PRIMARY KEY (user_id, key)
);

INSERT INTO payment_keys (user_id, key, order_id, fingerprint, created_at)
SELECT DISTINCT ON (buyer_id, key) buyer_id, key, order_id, fingerprint, created_at
  FROM payments
 WHERE created_at > now() - interval '24 hours'
 ORDER BY buyer_id, key, created_at DESC;
