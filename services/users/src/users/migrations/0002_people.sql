-- Sellers, address books and LINE bindings.

CREATE TABLE sellers (
    user_id      uuid        PRIMARY KEY REFERENCES accounts,
    kind         text        NOT NULL CHECK (kind IN ('person', 'company')),
    display_name text        NOT NULL,
    phone        text        NOT NULL,
    state        text        NOT NULL CHECK (state IN ('pending', 'approved', 'rejected', 'suspended')),
    decided_by   text        NOT NULL,
    version      integer     NOT NULL,
    created_at   timestamptz NOT NULL,
    changed_at   timestamptz NOT NULL
);

CREATE INDEX sellers_by_state ON sellers (state, user_id);

CREATE TABLE addresses (
    user_id     uuid        NOT NULL REFERENCES accounts,
    address_id  uuid        NOT NULL,
    name        text        NOT NULL,
    phone       text        NOT NULL,
    city        text        NOT NULL,
    district    text        NOT NULL,
    postal_code text        NOT NULL,
    line        text        NOT NULL,
    is_default  boolean     NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, address_id)
);

CREATE UNIQUE INDEX addresses_one_default ON addresses (user_id) WHERE is_default;

CREATE TABLE line_nonces (
    nonce_digest bytea       PRIMARY KEY,
    user_id      uuid        NOT NULL REFERENCES accounts,
    expires_at   timestamptz NOT NULL
);

CREATE INDEX line_nonces_by_user ON line_nonces (user_id, expires_at);
CREATE INDEX line_nonces_by_end ON line_nonces (expires_at);

CREATE TABLE line_bindings (
    user_id      uuid        PRIMARY KEY REFERENCES accounts,
    line_user_id text        UNIQUE,
    version      integer     NOT NULL,
    changed_at   timestamptz NOT NULL
);
