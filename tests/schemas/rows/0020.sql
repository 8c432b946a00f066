INSERT INTO prepared (id, app_id, title, entries, form, created_at, run_id, removed_at) VALUES
 ('01930000-0000-7000-8000-0000000000a0', 'app-a', 'Waits 等待', '{"contract":{"kind":"text","value":"later"}}', '{"fields":[],"limits":{}}', 1795000200000, NULL, NULL),
 ('01930000-0000-7000-8000-0000000000a1', 'app-a', 'Being sent', '{}', '{"fields":[],"limits":{}}', 1795000200000, '01930000-0000-7000-8000-000000000001', NULL);
INSERT INTO run_forgotten (app_id, server_run_id) VALUES ('app-a', 'deleted-1');
INSERT INTO trace (id, stamp) VALUES (1, 2);
