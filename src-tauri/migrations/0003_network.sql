-- How requests leave this computer, and which apps may be asked without encryption.
--
-- `network` has one row, or none before anything was set. No password is in it: that of a proxy lives where
-- the apps' keys live. Certificates are public; the copy makes them survive the file they came from.

CREATE TABLE network (
    id                INTEGER PRIMARY KEY CHECK (id = 1),
    proxy             TEXT NOT NULL,       -- system | off | manual
    manual            TEXT NOT NULL,       -- JSON, model::network::ManualProxy
    password_state    TEXT NOT NULL,       -- keychain | session | missing
    certificates_name TEXT,                -- of the file they came from
    certificates      TEXT                 -- PEM
) STRICT;

-- 1 once the user agreed that key and documents travel unencrypted to base_url. Apps connected before the
-- question existed are asked when their key is replaced.
ALTER TABLE app ADD COLUMN plain_http_accepted INTEGER NOT NULL DEFAULT 0;
