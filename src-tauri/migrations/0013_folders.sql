-- Where files were chosen last, for each app: its documents mostly lie in the same place, and those of another app in
-- another one.

CREATE TABLE last_folder (
    app_id  TEXT PRIMARY KEY REFERENCES app (id),
    folder  BLOB NOT NULL,    -- as the system writes it, which need not be Unicode
    used_at INTEGER NOT NULL  -- ms
) STRICT, WITHOUT ROWID;
