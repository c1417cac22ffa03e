CREATE TABLE IF NOT EXISTS products (
    id    text    PRIMARY KEY,
    name  text    NOT NULL,
    price integer NOT NULL,
    stock integer NOT NULL,
    first integer NOT NULL
);

CREATE TABLE IF NOT EXISTS orders (
    id         uuid        PRIMARY KEY,
    buyer      text        NOT NULL,
    key        text        NOT NULL,
    product_id text        NOT NULL,
    quantity   integer     NOT NULL,
    total      integer     NOT NULL,
    placed_at  timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE IF NOT EXISTS bells (
    order_id uuid        NOT NULL,
    rung_at  timestamptz NOT NULL DEFAULT now()
);
