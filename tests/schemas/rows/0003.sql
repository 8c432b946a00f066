INSERT INTO network (id, proxy, manual, password_state, certificates_name, certificates) VALUES (1, 'off', '{}', 'missing', NULL, NULL);
UPDATE app SET plain_http_accepted = 1 WHERE id = 'app-gone';
