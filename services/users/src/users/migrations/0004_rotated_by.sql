-- Which token made the living generation: that one alone may be shown again, by a client whose answer got lost.

ALTER TABLE sessions ADD COLUMN rotated_by bytea;
