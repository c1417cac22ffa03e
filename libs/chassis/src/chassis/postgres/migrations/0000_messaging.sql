-- Outbox and inbox, partitioned by day of the event's id. The partitions are made by chassis.postgres.partitions.

CREATE TABLE outbox (
    id           uuid        NOT NULL PRIMARY KEY,
    topic        text        NOT NULL,
    body         bytea       NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now(),
    published_at timestamptz,
    leased_until timestamptz,
    attempts     integer     NOT NULL DEFAULT 0,
    last_error   text
) PARTITION BY RANGE (id);

CREATE INDEX outbox_unpublished ON outbox (id) WHERE published_at IS NULL;

CREATE TABLE inbox (
    consumer    text        NOT NULL,
    event_id    uuid        NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (consumer, event_id)
) PARTITION BY RANGE (event_id);
