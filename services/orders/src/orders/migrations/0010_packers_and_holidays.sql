-- Packers were called staff, and a shop may be on holiday: until a day, that one too, or until it says otherwise.

UPDATE shop_staff SET role = 'packer' WHERE role = 'staff';

ALTER TABLE shops ADD COLUMN on_holiday boolean NOT NULL DEFAULT false;
ALTER TABLE shops ADD COLUMN holiday_until date;
