-- What users entered outlives the program: half-filled forms, inputs saved under a name, and the files all of them
-- and the runs name. Each keeps the form it was filled in for, so that what changed since can be said.

CREATE TABLE draft (
    app_id     TEXT PRIMARY KEY REFERENCES app (id),
    entries    TEXT NOT NULL,              -- JSON, model::form::Entries
    form       TEXT NOT NULL,              -- JSON, model::form::Form as it was
    changes    TEXT NOT NULL,              -- JSON, model::changes::FormChanges: said, and not yet put away
    revision   INTEGER NOT NULL,           -- the page counts its saves: an older one that comes late is dropped
    changed_at INTEGER NOT NULL            -- ms
) STRICT, WITHOUT ROWID;

CREATE TABLE preset (
    id         TEXT PRIMARY KEY,
    app_id     TEXT NOT NULL REFERENCES app (id),
    name       TEXT NOT NULL,
    entries    TEXT NOT NULL,              -- JSON, model::form::Entries
    form       TEXT NOT NULL,              -- JSON, model::form::Form as it was
    created_at INTEGER NOT NULL,           -- ms
    used_at    INTEGER,                    -- ms
    removed_at INTEGER                     -- ms; removal can be undone until the next start
) STRICT;

CREATE UNIQUE INDEX preset_name ON preset (app_id, name) WHERE removed_at IS NULL;

CREATE TABLE staged_file (
    id             TEXT PRIMARY KEY,
    path           BLOB NOT NULL,          -- as the system writes it, which need not be Unicode
    name           TEXT NOT NULL,
    size           INTEGER NOT NULL,
    modified_at    INTEGER,                -- ms; size and time tell whether the file changed since
    staged_at      INTEGER NOT NULL,       -- ms
    upload_file_id TEXT,                   -- the server's id, good for that server and user only
    base_url       TEXT,
    user_id        TEXT,
    uploaded_at    INTEGER                 -- ms
) STRICT, WITHOUT ROWID;

-- Which files a run names, so that files nobody names are found without reading every run.
CREATE TABLE run_staged (
    run_id    TEXT NOT NULL REFERENCES run (id) ON DELETE CASCADE,
    staged_id TEXT NOT NULL,
    PRIMARY KEY (run_id, staged_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX run_of_staged ON run_staged (staged_id);
