-- The tables that one order touches, with the indexes ours have, in one database.
CREATE TABLE orders (
    order_id    uuid        PRIMARY KEY,
    buyer_id    uuid        NOT NULL,
    shop_id     uuid        NOT NULL,
    status      text        NOT NULL,
    items_total bigint      NOT NULL,
    shipping    jsonb       NOT NULL,
    created_at  timestamptz NOT NULL
);
CREATE INDEX orders_of_buyer ON orders (buyer_id, status, order_id);
CREATE INDEX orders_of_shop ON orders (shop_id, status, order_id);

CREATE TABLE order_lines (
    order_id    uuid    NOT NULL,
    line_id     text    NOT NULL,
    variant_id  integer NOT NULL,
    name        text    NOT NULL,
    options     jsonb   NOT NULL,
    quantity    integer NOT NULL,
    price       bigint  NOT NULL,
    final_price bigint  NOT NULL,
    refund_rule jsonb   NOT NULL,
    PRIMARY KEY (order_id, line_id)
);

CREATE TABLE order_history (
    order_id  uuid        NOT NULL,
    version   integer     NOT NULL,
    to_status text        NOT NULL,
    at        timestamptz NOT NULL,
    PRIMARY KEY (order_id, version)
);

CREATE TABLE outbox (
    id           uuid        PRIMARY KEY,
    topic        text        NOT NULL,
    body         bytea       NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now(),
    published_at timestamptz
);
CREATE INDEX outbox_unpublished ON outbox (id) WHERE published_at IS NULL;

CREATE TABLE reservations (
    order_id   uuid        NOT NULL,
    line_id    text        NOT NULL,
    variant_id integer     NOT NULL,
    quantity   bigint      NOT NULL,
    state      text        NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (order_id, line_id)
);
CREATE INDEX reservations_held ON reservations (variant_id, created_at) WHERE state = 'held';

CREATE TABLE stock (
    variant_id integer PRIMARY KEY,
    on_hand    integer NOT NULL,
    reserved   integer NOT NULL DEFAULT 0,
    version    integer NOT NULL DEFAULT 1,
    CHECK (reserved BETWEEN 0 AND on_hand)
) WITH (fillfactor = 70);
INSERT INTO stock (variant_id, on_hand) SELECT number, 100000000 FROM generate_series(1, 1000) AS number;
