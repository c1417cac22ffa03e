-- Sellers as users told us, shops, and who works in them.

CREATE TABLE sellers (
    user_id    uuid        PRIMARY KEY,
    state      text        NOT NULL,
    version    integer     NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE shops (
    shop_id     uuid        PRIMARY KEY,
    owner_id    uuid        NOT NULL,
    name        text        NOT NULL,
    kind        text        NOT NULL,
    city        text        NOT NULL,
    district    text        NOT NULL,
    postal_code text        NOT NULL,
    line        text        NOT NULL,
    shipping    jsonb       NOT NULL,
    closed      boolean     NOT NULL DEFAULT false,
    suspended   boolean     NOT NULL DEFAULT false,
    version     integer     NOT NULL DEFAULT 1,
    created_at  timestamptz NOT NULL,
    changed_at  timestamptz NOT NULL
);

CREATE INDEX shops_by_owner ON shops (owner_id, shop_id);

CREATE TABLE shop_staff (
    shop_id uuid NOT NULL REFERENCES shops,
    user_id uuid NOT NULL,
    role    text NOT NULL CHECK (role IN ('owner', 'manager', 'staff')),
    PRIMARY KEY (shop_id, user_id)
);

CREATE INDEX shop_staff_by_user ON shop_staff (user_id, shop_id);
