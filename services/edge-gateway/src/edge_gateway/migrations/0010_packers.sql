-- Packers were called staff.

UPDATE shops
   SET staff = (SELECT jsonb_object_agg(person, CASE role WHEN 'staff' THEN 'packer' ELSE role END)
                  FROM jsonb_each_text(staff) AS one (person, role))
 WHERE staff @@ '$.* == "staff"';
