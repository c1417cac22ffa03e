-- LINE chat: events that wait for their reply. Texts are not kept; the token goes when the row is settled.

CREATE TABLE chat_inbox (
    webhook_event_id text        PRIMARY KEY,
    line_user_id     text        NOT NULL,
    command          text        NOT NULL,
    reply_token      text,
    received_at      timestamptz NOT NULL,
    state            text        NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'answered', 'expired', 'failed')),
    next_try_at      timestamptz NOT NULL DEFAULT now(),
    settled_at       timestamptz
);

CREATE INDEX chat_inbox_due ON chat_inbox (next_try_at) WHERE state = 'waiting';
CREATE INDEX chat_inbox_settled ON chat_inbox (settled_at) WHERE state <> 'waiting';
