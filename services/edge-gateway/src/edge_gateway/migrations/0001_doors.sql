-- Shops' staff as catalog told us, devices, what they counted, and who holds the MQTT session.

CREATE TABLE shops (
    shop_id uuid    PRIMARY KEY,
    version integer NOT NULL,
    staff   jsonb   NOT NULL -- user id to role
);

CREATE TABLE devices (
    device_id       uuid        PRIMARY KEY,
    shop_id         uuid        NOT NULL,
    name            text        NOT NULL,
    state           text        NOT NULL CHECK (state IN ('enrolling', 'active', 'needs_enrolment', 'removed')),
    credential      integer     NOT NULL,
    enrolling_until timestamptz,
    created_at      timestamptz NOT NULL,
    last_seen_at    timestamptz,
    revoked_at      timestamptz -- when the broker confirmed that a removed device's credentials are gone
);

CREATE INDEX devices_by_shop ON devices (shop_id, device_id);
CREATE INDEX devices_to_revoke ON devices (device_id) WHERE state = 'removed' AND revoked_at IS NULL;

CREATE TABLE readings (
    device_id   uuid        NOT NULL,
    message_id  text        NOT NULL,
    counted_at  timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    minute      timestamptz NOT NULL,
    entering    boolean     NOT NULL,
    people      integer     NOT NULL CHECK (people > 0),
    seen_by     text        NOT NULL,
    skewed      boolean     NOT NULL,
    PRIMARY KEY (device_id, message_id)
);

CREATE INDEX readings_by_arrival ON readings USING brin (received_at);

CREATE TABLE footfall_minutes (
    device_id uuid        NOT NULL,
    minute    timestamptz NOT NULL,
    shop_id   uuid        NOT NULL,
    entered   bigint      NOT NULL,
    went_out  bigint      NOT NULL,
    PRIMARY KEY (device_id, minute)
);

CREATE INDEX footfall_by_shop ON footfall_minutes (shop_id, minute) INCLUDE (entered, went_out);

CREATE TABLE mqtt_session (
    only_one   boolean     PRIMARY KEY DEFAULT true CHECK (only_one),
    client_id  text        NOT NULL, -- a secret: whoever connects with it takes the session over
    holder     uuid,
    held_until timestamptz
);

INSERT INTO mqtt_session (client_id) VALUES ('edge-gateway-' || gen_random_uuid());
