INSERT INTO run_form (id, form) VALUES (1, '{"fields":[],"limits":{}}');
UPDATE run_body SET form_id = 1, form = NULL WHERE run_id = '01930000-0000-7000-8000-000000000001';
