-- How many of a product are sold at least, and how it travels (NULL: as its shop ships).

ALTER TABLE offers
    ADD COLUMN min_quantity integer NOT NULL DEFAULT 1,
    ADD COLUMN methods      text[];
