-- Imports of whole sheets: what was asked, how far it has come, the rows as they were read, and what is wrong with them.

CREATE TABLE imports (
    import_id      uuid        PRIMARY KEY,
    shop_id        uuid        NOT NULL REFERENCES shops,
    by_user        uuid        NOT NULL,
    mode           text        NOT NULL CHECK (mode IN ('all_or_nothing', 'skip_bad')),
    dry_run        boolean     NOT NULL,
    idempotency_key text,
    file_name      text        NOT NULL,
    address        text        NOT NULL, -- where the file can be had for a day, without a key to the bucket
    sha256         text        NOT NULL,
    size           integer     NOT NULL,
    state          text        NOT NULL
                   CHECK (state IN ('waiting', 'checking', 'applying', 'done', 'refused', 'cancelled')),
    code           text,
    format         text,
    encoding       text,
    rows_read      integer     NOT NULL DEFAULT 0,
    products       integer     NOT NULL DEFAULT 0,
    next_product   integer     NOT NULL DEFAULT 0,
    rows_valid     integer     NOT NULL DEFAULT 0,
    rows_failed    integer     NOT NULL DEFAULT 0,
    created        integer     NOT NULL DEFAULT 0,
    updated        integer     NOT NULL DEFAULT 0,
    unchanged      integer     NOT NULL DEFAULT 0,
    failed         integer     NOT NULL DEFAULT 0,
    problems       integer     NOT NULL DEFAULT 0,
    photos         integer     NOT NULL DEFAULT 0,
    claimed_until  timestamptz NOT NULL DEFAULT '-infinity',
    failures       integer     NOT NULL DEFAULT 0,
    created_at     timestamptz NOT NULL,
    started_at     timestamptz,
    ended_at       timestamptz
);

CREATE INDEX imports_by_shop ON imports (shop_id, import_id);
CREATE INDEX imports_unfinished ON imports (shop_id, import_id) WHERE state IN ('waiting', 'checking', 'applying');
CREATE UNIQUE INDEX imports_by_key ON imports (shop_id, by_user, idempotency_key) WHERE idempotency_key IS NOT NULL;

-- A wish, not a column: it must not wait for the transaction that works on the import.
CREATE TABLE import_cancels (
    import_id uuid        PRIMARY KEY REFERENCES imports,
    by_user   uuid        NOT NULL,
    at        timestamptz NOT NULL DEFAULT now()
);

-- The sheet. `product_no` counts its products from 0 in the order they first appear.
CREATE TABLE import_rows (
    import_id  uuid    NOT NULL,
    product_no integer NOT NULL,
    row_no     integer NOT NULL,
    cells      json    NOT NULL,
    formulas   json    NOT NULL,
    PRIMARY KEY (import_id, product_no, row_no)
);

CREATE TABLE import_problems (
    problem_id bigint  GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    import_id  uuid    NOT NULL REFERENCES imports,
    row_no     integer NOT NULL,
    column_name text,
    code       text    NOT NULL,
    severity   text    NOT NULL CHECK (severity IN ('error', 'warning')),
    zh         text    NOT NULL,
    en         text    NOT NULL
);

CREATE INDEX import_problems_by_import ON import_problems (import_id, problem_id);

-- Photographs that media was asked to fetch, under the ids they will have.
CREATE TABLE import_photos (
    photo_id    uuid    PRIMARY KEY,
    import_id   uuid    NOT NULL REFERENCES imports,
    product_id  uuid    NOT NULL,
    row_no      integer NOT NULL,
    column_name text    NOT NULL,
    state       text    NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'stored', 'refused'))
);

CREATE INDEX import_photos_by_import ON import_photos (import_id, state);
