-- Packers were called staff.

ALTER TABLE shop_staff DROP CONSTRAINT shop_staff_role_check;
UPDATE shop_staff SET role = 'packer' WHERE role = 'staff';
ALTER TABLE shop_staff ADD CONSTRAINT shop_staff_role_check CHECK (role IN ('owner', 'manager', 'packer'));
