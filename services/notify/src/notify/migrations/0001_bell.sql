-- The bell: its state, its list, what a user wants of it, and what rules need to know of shops.

CREATE TABLE shops (
    shop_id    uuid        PRIMARY KEY,
    name       text        NOT NULL,
    people     uuid[]      NOT NULL,
    version    integer     NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT now()
);

-- One row per user with a bell: the row every change of it locks, so that seq has no gap and no twin.
CREATE TABLE bell_state (
    user_id uuid    PRIMARY KEY,
    seq     bigint  NOT NULL,
    unread  integer NOT NULL CHECK (unread >= 0)
) WITH (fillfactor = 70);

CREATE TABLE notifications (
    notification_id uuid        PRIMARY KEY,
    event_id        uuid        NOT NULL,
    user_id         uuid        NOT NULL,
    type            text        NOT NULL,
    title           text        NOT NULL,
    body            text        NOT NULL,
    link            text        NOT NULL,
    seq             bigint      NOT NULL,
    created_at      timestamptz NOT NULL,
    seen_at         timestamptz,
    read_at         timestamptz,
    UNIQUE (event_id, user_id),
    UNIQUE (user_id, seq)
);

CREATE INDEX notifications_unread ON notifications (user_id, seq) WHERE read_at IS NULL;

CREATE TABLE preferences (
    user_id     uuid    PRIMARY KEY,
    line        boolean NOT NULL,
    sns         boolean NOT NULL,
    quiet_from  time,
    quiet_to    time,
    muted_types text[]  NOT NULL,
    version     integer NOT NULL
);
