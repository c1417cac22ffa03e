-- Categories, products and their variants.

CREATE TABLE categories (
    category_id text    PRIMARY KEY,
    parent_id   text    REFERENCES categories,
    name        text    NOT NULL,
    name_en     text    NOT NULL,
    position    integer NOT NULL
);

CREATE TABLE category_attributes (
    category_id  text    NOT NULL REFERENCES categories,
    attribute_id text    NOT NULL,
    name         text    NOT NULL,
    name_en      text    NOT NULL,
    type         text    NOT NULL CHECK (type IN ('text', 'integer', 'number', 'boolean', 'date', 'choice')),
    required     boolean NOT NULL,
    choices      text[]  NOT NULL DEFAULT '{}',
    unit         text,
    position     integer NOT NULL,
    PRIMARY KEY (category_id, attribute_id)
);

CREATE TABLE products (
    product_id       uuid        PRIMARY KEY,
    shop_id          uuid        NOT NULL REFERENCES shops,
    name             text        NOT NULL,
    description      text        NOT NULL,
    category_id      text        NOT NULL REFERENCES categories,
    state            text        NOT NULL CHECK (state IN ('draft', 'listed', 'unlisted', 'deleted')),
    condition        text        NOT NULL CHECK (condition IN ('new', 'used')),
    attributes       jsonb       NOT NULL,
    price            integer     NOT NULL CHECK (price >= 0),
    discount         integer     NOT NULL CHECK (discount BETWEEN 0 AND price),
    levels           jsonb       NOT NULL,
    refund_rules     jsonb       NOT NULL,
    tiers            jsonb       NOT NULL,
    days_to_ship     integer     NOT NULL,
    metadata_id      uuid        NOT NULL UNIQUE,
    metadata_version integer     NOT NULL DEFAULT 1,
    version          integer     NOT NULL DEFAULT 1,
    search_text      text        NOT NULL,
    search_terms     text[]      NOT NULL,
    listed_at        timestamptz,
    created_at       timestamptz NOT NULL,
    changed_at       timestamptz NOT NULL
);

-- Ids sort by time, so these walk from the newest product backwards.
CREATE INDEX products_listed ON products (product_id) WHERE state = 'listed';
CREATE INDEX products_listed_by_category ON products (category_id, product_id) WHERE state = 'listed';
CREATE INDEX products_by_shop ON products (shop_id, product_id) WHERE state <> 'deleted';
CREATE INDEX products_by_terms ON products USING gin (search_terms) WHERE state = 'listed';

CREATE TABLE variants (
    variant_id       uuid    PRIMARY KEY,
    product_id       uuid    NOT NULL REFERENCES products,
    options          text[]  NOT NULL,
    sku              text,
    description      text    NOT NULL,
    price            integer NOT NULL CHECK (price >= 0),
    discount         integer NOT NULL CHECK (discount BETWEEN 0 AND price),
    follows          boolean NOT NULL,
    price_version    integer NOT NULL DEFAULT 1,
    metadata_id      uuid    UNIQUE,
    metadata_version integer NOT NULL DEFAULT 0,
    position         integer NOT NULL,
    deleted          boolean NOT NULL DEFAULT false
);

CREATE INDEX variants_by_product ON variants (product_id, position);
