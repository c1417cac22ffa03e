-- Carts, checkouts, orders.

-- One row a buyer: the lock of the cart, and how many checkouts began in the minute that runs.
CREATE TABLE carts (
    buyer_id     uuid        PRIMARY KEY,
    minute_since timestamptz NOT NULL DEFAULT 'epoch',
    checkouts    integer     NOT NULL DEFAULT 0
) WITH (fillfactor = 70);

CREATE TABLE cart_lines (
    buyer_id      uuid        NOT NULL,
    variant_id    uuid        NOT NULL,
    quantity      integer     NOT NULL CHECK (quantity > 0),
    price_version integer     NOT NULL,
    added_at      timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (buyer_id, variant_id)
);

-- A key that was used again after its 24 hours is taken away from the older checkout.
CREATE TABLE checkouts (
    checkout_id     uuid        PRIMARY KEY,
    buyer_id        uuid        NOT NULL,
    idempotency_key text,
    fingerprint     text        NOT NULL,
    order_ids       uuid[]      NOT NULL,
    created_at      timestamptz NOT NULL,
    UNIQUE (buyer_id, idempotency_key)
);

-- Lines, history and orders of a checkout are written by one statement and never deleted: no foreign keys among them.
CREATE TABLE orders (
    order_id        uuid        PRIMARY KEY,
    checkout_id     uuid        NOT NULL,
    buyer_id        uuid        NOT NULL,
    shop_id         uuid        NOT NULL,
    shop_name       text        NOT NULL,
    seller_id       uuid        NOT NULL,
    status          text        NOT NULL
                    CHECK (status IN ('pending', 'unpaid', 'to_ship', 'shipping', 'completed', 'void')),
    payment_method  text        NOT NULL CHECK (payment_method IN ('line_pay', 'cod', 'bank_transfer')),
    payment_status  text        NOT NULL
                    CHECK (payment_status IN ('none', 'requested', 'confirming', 'captured', 'refunding', 'refunded',
                                              'failed')),
    items_total     bigint      NOT NULL,
    shipping_fee    bigint      NOT NULL,
    total_price     bigint      NOT NULL,
    shipping        jsonb       NOT NULL,
    note            text,
    version         integer     NOT NULL,
    void_reason     text,
    voided_by       uuid,
    pay_before      timestamptz,
    paid_at         timestamptz,
    shipped_at      timestamptz,
    completed_at    timestamptz,
    tracking_number text,
    created_at      timestamptz NOT NULL,
    CONSTRAINT a_total_is_its_parts CHECK (total_price = items_total + shipping_fee),
    CONSTRAINT a_void_order_says_why CHECK ((status = 'void') = (void_reason IS NOT NULL))
);

-- Ids sort by time, so pages of every tab are ranges of these.
CREATE INDEX orders_of_buyer ON orders (buyer_id, status, order_id);
CREATE INDEX orders_of_shop ON orders (shop_id, status, order_id);
CREATE INDEX orders_to_be_paid ON orders (pay_before) WHERE status = 'unpaid';

CREATE TABLE order_lines (
    order_id      uuid    NOT NULL,
    line_id       text    NOT NULL,
    variant_id    uuid    NOT NULL,
    product_id    uuid    NOT NULL,
    name          text    NOT NULL,
    options       jsonb   NOT NULL,
    quantity      integer NOT NULL CHECK (quantity > 0),
    price         bigint  NOT NULL,
    discount      bigint  NOT NULL,
    final_price   bigint  NOT NULL,
    price_version integer NOT NULL,
    refund_rule   jsonb   NOT NULL,
    photo_url     text,
    PRIMARY KEY (order_id, line_id),
    CONSTRAINT a_final_price_is_its_parts CHECK (final_price = price - discount AND final_price >= 0)
);

CREATE TABLE order_history (
    order_id    uuid        NOT NULL,
    version     integer     NOT NULL,
    from_status text,
    to_status   text        NOT NULL,
    at          timestamptz NOT NULL,
    by_user     uuid,
    reason      text,
    PRIMARY KEY (order_id, version)
);
