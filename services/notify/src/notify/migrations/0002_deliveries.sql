-- What leaves the platform: bindings to LINE users, deliveries, and the month's budget of LINE messages.

CREATE TABLE line_bindings (
    user_id      uuid        PRIMARY KEY,
    line_user_id text,
    version      integer     NOT NULL,
    changed_at   timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX line_bindings_by_line_user ON line_bindings (line_user_id);

CREATE TABLE line_friends (
    line_user_id text        PRIMARY KEY,
    blocked      boolean     NOT NULL,
    since        timestamptz NOT NULL
);

-- next_try_at is the lease too: a claim moves it ahead, and whoever dies lets it come due again.
CREATE TABLE deliveries (
    delivery_id     uuid        PRIMARY KEY,
    notification_id uuid        NOT NULL REFERENCES notifications,
    user_id         uuid        NOT NULL,
    channel         text        NOT NULL CHECK (channel IN ('line', 'sns')),
    address         text        NOT NULL,
    retry_key       uuid        NOT NULL UNIQUE,
    state           text        NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'delivered', 'given_up')),
    attempts        integer     NOT NULL DEFAULT 0,
    missed          integer     NOT NULL DEFAULT 0,
    next_try_at     timestamptz NOT NULL,
    expires_at      timestamptz NOT NULL,
    last_error      text,
    created_at      timestamptz NOT NULL DEFAULT now(),
    settled_at      timestamptz,
    UNIQUE (notification_id, channel)
);

CREATE INDEX deliveries_due ON deliveries (channel, next_try_at) WHERE state = 'waiting';
CREATE INDEX deliveries_settled ON deliveries (settled_at) WHERE state <> 'waiting';

-- Pushes that the quota swallowed and no digest has mentioned yet.
CREATE TABLE line_missed (
    user_id uuid    PRIMARY KEY,
    count   integer NOT NULL
);

CREATE TABLE line_budget (
    one          boolean     PRIMARY KEY DEFAULT true CHECK (one),
    closed_until timestamptz NOT NULL,
    refused_at   timestamptz NOT NULL
);
