-- Stock, its ledger, and what is reserved for orders.

CREATE TABLE stock (
    variant_id uuid    PRIMARY KEY REFERENCES variants,
    product_id uuid    NOT NULL,
    on_hand    integer NOT NULL DEFAULT 0,
    reserved   integer NOT NULL DEFAULT 0,
    version    integer NOT NULL DEFAULT 1,
    CONSTRAINT on_hand_is_never_negative CHECK (on_hand >= 0),
    CONSTRAINT reserved_is_never_negative CHECK (reserved >= 0),
    CONSTRAINT nothing_is_oversold CHECK (reserved <= on_hand)
) WITH (fillfactor = 70); -- room to update a hot row in place

-- Every change of on_hand: their sum is on_hand.
CREATE TABLE stock_ledger (
    entry_id   bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    variant_id uuid        NOT NULL,
    delta      integer     NOT NULL,
    reason     text        NOT NULL CHECK (reason IN ('set', 'shipped')),
    order_id   uuid,
    by_user    uuid,
    at         timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX stock_ledger_by_variant ON stock_ledger (variant_id, entry_id);

-- One row per order ever heard of. A void that came first leaves the tombstone `void`.
CREATE TABLE reserved_orders (
    order_id   uuid        PRIMARY KEY,
    state      text        NOT NULL
               CHECK (state IN ('unknown', 'held', 'rejected', 'released', 'committed', 'void')),
    created_at timestamptz NOT NULL DEFAULT now(),
    changed_at timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 80);

CREATE TABLE reservations (
    order_id   uuid        NOT NULL REFERENCES reserved_orders,
    line_id    text        NOT NULL,
    variant_id uuid        NOT NULL,
    quantity   bigint      NOT NULL CHECK (quantity > 0),
    state      text        NOT NULL CHECK (state IN ('held', 'committed', 'released', 'rejected')),
    created_at timestamptz NOT NULL DEFAULT now(),
    changed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (order_id, line_id)
);

CREATE INDEX reservations_held ON reservations (variant_id, created_at) WHERE state = 'held';
