INSERT INTO keep_rule (app_id, days, files_days) VALUES ('', 365, 30), ('app-a', NULL, NULL);
INSERT INTO keep_state (id, seen_at, steady_since, backup_at, backup_size) VALUES (1, 1795000300000, 1795000000000, 1795000200000, 4096);
