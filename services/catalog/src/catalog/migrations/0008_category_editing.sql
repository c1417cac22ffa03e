-- Categories that operators edit. The tree has one version; whoever edits it locks this row.

ALTER TABLE categories ADD COLUMN retired boolean NOT NULL DEFAULT false;

CREATE TABLE category_tree (
    one     boolean PRIMARY KEY DEFAULT true CHECK (one),
    version integer NOT NULL
);
INSERT INTO category_tree (version) VALUES (1);

CREATE INDEX products_by_category ON products (category_id) WHERE state <> 'deleted';
