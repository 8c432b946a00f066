INSERT INTO run (id, app_id, title, status, started_at, user_id) VALUES ('01930000-0000-7000-8000-000000000009', 'app-a', 'Nine', 'stopped', 1795000090000, 'another-user');
INSERT INTO run_body (run_id, entries, inputs, outputs, notices) VALUES ('01930000-0000-7000-8000-000000000009', '{}', '[]', '{}', '[]');
