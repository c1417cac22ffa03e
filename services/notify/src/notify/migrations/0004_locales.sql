-- The language each user reads, from users; and of a delivery, so that every try of it says the same.

CREATE TABLE locales (
    user_id    uuid        PRIMARY KEY,
    locale     text        NOT NULL CHECK (locale IN ('zh-TW', 'en')),
    version    integer     NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT now()
);

ALTER TABLE deliveries ADD COLUMN locale text NOT NULL DEFAULT 'zh-TW' CHECK (locale IN ('zh-TW', 'en'));
