-- Signing keys, and counters of attempts. The counters may start afresh after a crash, so they need no log.

CREATE TABLE signing_keys (
    kid            text        PRIMARY KEY,
    public_jwk     jsonb       NOT NULL,
    sealed_private bytea       NOT NULL,
    signs_from     timestamptz NOT NULL,
    created_at     timestamptz NOT NULL DEFAULT now()
);

CREATE UNLOGGED TABLE throttles (
    key     text        PRIMARY KEY,
    full_at timestamptz NOT NULL
);

CREATE INDEX throttles_by_end ON throttles (full_at);

CREATE UNLOGGED TABLE login_failures (
    account       text        PRIMARY KEY,
    failures      integer     NOT NULL,
    blocked_until timestamptz NOT NULL,
    last_at       timestamptz NOT NULL
);

CREATE INDEX login_failures_by_age ON login_failures (last_at);
