-- What a shop says of itself, its pictures, its holiday, and in how many days its products leave unless they say so.

ALTER TABLE shops ADD COLUMN introduction text NOT NULL DEFAULT '';
ALTER TABLE shops ADD COLUMN days_to_ship integer NOT NULL DEFAULT 2;
ALTER TABLE shops ADD COLUMN on_holiday boolean NOT NULL DEFAULT false;
ALTER TABLE shops ADD COLUMN holiday_until date;
ALTER TABLE shops ADD COLUMN pictures jsonb NOT NULL DEFAULT '{}'; -- logo and cover: photo id and URL
