INSERT INTO log (app_id, scope, trouble, read_at) VALUES ('app-a', 'all', NULL, 1795000190000);
INSERT INTO log_reading (app_id, part, user_id, newest, gap_from, gap_to, since, complete) VALUES ('app-a', 'own', 'flowdeck-1', 1795000000, NULL, NULL, NULL, 1);
