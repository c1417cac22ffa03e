-- Invitations to work in a shop, or to take it over. The address is kept until the invitation is settled.

CREATE TABLE shop_invitations (
    invitation_id uuid        PRIMARY KEY,
    shop_id       uuid        NOT NULL REFERENCES shops,
    role          text        NOT NULL CHECK (role IN ('owner', 'manager', 'packer')),
    email         text,
    user_id       uuid,
    invited_by    uuid        NOT NULL,
    state         text        NOT NULL CHECK (state IN ('pending', 'accepted', 'declined', 'revoked')),
    created_at    timestamptz NOT NULL,
    expires_at    timestamptz NOT NULL
);

CREATE UNIQUE INDEX shop_invitations_one_address ON shop_invitations (shop_id, email) WHERE state = 'pending';
CREATE UNIQUE INDEX shop_invitations_one_user ON shop_invitations (shop_id, user_id) WHERE state = 'pending';
CREATE INDEX shop_invitations_of_address ON shop_invitations (email) WHERE state = 'pending';
CREATE INDEX shop_invitations_of_user ON shop_invitations (user_id) WHERE state = 'pending';
CREATE INDEX shop_invitations_by_end ON shop_invitations (expires_at);
