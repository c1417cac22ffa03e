-- Copies of what catalog sells and of its shops, and media's cover photos. The greatest version of each counts.

CREATE TABLE products (
    product_id uuid    PRIMARY KEY,
    version    integer NOT NULL
);

CREATE TABLE offers (
    variant_id      uuid    PRIMARY KEY,
    product_id      uuid    NOT NULL,
    product_version integer NOT NULL,
    shop_id         uuid    NOT NULL,
    seller_id       uuid    NOT NULL,
    name            text    NOT NULL,
    options         jsonb   NOT NULL,
    price           bigint  NOT NULL,
    discount        bigint  NOT NULL,
    price_version   integer NOT NULL,
    tiers           jsonb   NOT NULL,
    refund_rule     jsonb   NOT NULL,
    listed          boolean NOT NULL
);

CREATE INDEX offers_by_product ON offers (product_id);

-- How many of a variant are left, as catalog last said: a hint, never a promise.
CREATE TABLE stock_hints (
    variant_id uuid    PRIMARY KEY,
    version    integer NOT NULL,
    available  bigint  NOT NULL
) WITH (fillfactor = 70); -- room to update a hot row in place

-- A shop learned by asking instead of by an event is incomplete: its staff is not known.
CREATE TABLE shops (
    shop_id  uuid    PRIMARY KEY,
    version  integer NOT NULL,
    owner_id uuid    NOT NULL,
    name     text    NOT NULL,
    state    text    NOT NULL,
    shipping jsonb   NOT NULL,
    complete boolean NOT NULL
);

CREATE TABLE shop_staff (
    shop_id uuid NOT NULL REFERENCES shops,
    user_id uuid NOT NULL,
    role    text NOT NULL,
    PRIMARY KEY (shop_id, user_id)
);

CREATE INDEX shop_staff_by_user ON shop_staff (user_id, shop_id);

CREATE TABLE cover_photos (
    product_id  uuid    PRIMARY KEY,
    metadata_id uuid    NOT NULL,
    version     integer NOT NULL,
    url         text
);
