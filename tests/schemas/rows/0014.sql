INSERT INTO sent_file (run_id, position, staged_id, variable, label, name, path, size, modified_at, copy, stored_as, content) VALUES
 ('01930000-0000-7000-8000-000000000001', 0, 'staged-1', 'contract', '合同', '租约.pdf', CAST('/nowhere/租约.pdf' AS BLOB), 3, 1, 'kept', '租约.pdf', 'content-1');
INSERT INTO keep_copies (app_id, keep) VALUES ('', 1), ('app-demo', 0);
