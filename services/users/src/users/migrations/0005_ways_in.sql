-- Mailed links, accounts that are entered by LINE alone, and accounts that were given up.
-- An account without an address or a password has another way in, or is deleted: what is left of it says nothing of
-- a person.

ALTER TABLE accounts ALTER COLUMN email DROP NOT NULL;
ALTER TABLE accounts ALTER COLUMN password_hash DROP NOT NULL;
ALTER TABLE accounts ADD COLUMN email_verified_at timestamptz;
ALTER TABLE accounts ADD COLUMN deleted_at timestamptz;

ALTER TABLE sellers DROP CONSTRAINT sellers_state_check;
ALTER TABLE sellers ADD CONSTRAINT sellers_state_check
    CHECK (state IN ('pending', 'approved', 'rejected', 'suspended', 'closed'));

-- Letters that wait to be sent. They name an address, not an account: whether there is one is looked up when sending.
CREATE TABLE mails (
    mail_id    uuid        PRIMARY KEY,
    purpose    text        NOT NULL CHECK (purpose IN ('verify_email', 'reset_password', 'password_changed')),
    address    text        NOT NULL,
    tries      integer     NOT NULL DEFAULT 0,
    due_at     timestamptz NOT NULL,
    created_at timestamptz NOT NULL
);

CREATE INDEX mails_due ON mails (due_at);
CREATE INDEX mails_by_address ON mails (address);

CREATE TABLE mail_tokens (
    token_digest bytea       PRIMARY KEY,
    user_id      uuid        NOT NULL REFERENCES accounts,
    purpose      text        NOT NULL,
    address      text        NOT NULL,
    expires_at   timestamptz NOT NULL
);

CREATE INDEX mail_tokens_by_user ON mail_tokens (user_id, purpose, expires_at);
CREATE INDEX mail_tokens_by_end ON mail_tokens (expires_at);
