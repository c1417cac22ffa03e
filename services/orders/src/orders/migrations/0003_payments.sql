-- Tries to pay with LINE Pay. Where the money stands is orders.payment_status; these rows are what LINE needs.

CREATE TABLE payments (
    order_id        uuid        NOT NULL REFERENCES orders,
    attempt         integer     NOT NULL,
    line_order_id   text        NOT NULL UNIQUE,
    buyer_id        uuid        NOT NULL,
    amount          bigint      NOT NULL CHECK (amount > 0),
    key             text        NOT NULL,
    fingerprint     text        NOT NULL,
    created_at      timestamptz NOT NULL,
    transaction_id  text        UNIQUE,
    payment_url     text,
    next_at         timestamptz,
    tries           integer     NOT NULL DEFAULT 0,
    requested_at    timestamptz,
    confirm_sent_at timestamptz,
    refund_sent_at  timestamptz,
    captured_at     timestamptz,
    refunded_at     timestamptz,
    error           text,
    PRIMARY KEY (order_id, attempt)
);

CREATE UNIQUE INDEX at_most_one_capture ON payments (order_id) WHERE captured_at IS NOT NULL;
CREATE INDEX payments_due ON payments (next_at) WHERE next_at IS NOT NULL;
CREATE INDEX payments_by_key ON payments (buyer_id, key);
