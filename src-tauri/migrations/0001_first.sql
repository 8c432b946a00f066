-- The first schema: connected apps, and every run from its first moment.
--
-- `run` is narrow because lists and filters read it alone (a wide table costs 3 to 40 ms a page where
-- this costs 0.7); what a run holds stands in `run_body`, `step`, `run_text` and `run_file`.
-- Streamed text is kept in pieces, so that saving once a second costs the new piece, not the whole text.
-- No table holds a key: keys live in the system keychain.

CREATE TABLE app (
    id             TEXT PRIMARY KEY,
    position       INTEGER NOT NULL,
    origin         TEXT NOT NULL,          -- server | demo
    demo_slug      TEXT,                   -- which built-in app, for origin = demo
    base_url       TEXT NOT NULL,
    user_id        TEXT NOT NULL,          -- the `user` of every request: stable per connection
    key_state      TEXT NOT NULL,          -- keychain | session | missing | refused
    server_version TEXT,
    branding       TEXT NOT NULL,          -- JSON, model::app::Branding
    form           TEXT NOT NULL,          -- JSON, model::form::Form
    refreshed_at   INTEGER NOT NULL,       -- ms
    removed_at     INTEGER                 -- ms; the row stays for the runs that name it
) STRICT;

CREATE TABLE run (
    id            TEXT PRIMARY KEY,        -- UUIDv7: sorts by start
    app_id        TEXT NOT NULL REFERENCES app (id),
    title         TEXT NOT NULL,
    status        TEXT NOT NULL,
    started_at    INTEGER NOT NULL,        -- ms
    finished_at   INTEGER,                 -- ms
    elapsed       REAL,                    -- s
    total_tokens  INTEGER,
    total_steps   INTEGER,
    error         TEXT,                    -- JSON, model::run::RunError
    server_run_id TEXT,
    task_id       TEXT,
    workflow_id   TEXT,
    trace_id      TEXT
) STRICT, WITHOUT ROWID;

CREATE INDEX run_of_app ON run (app_id, id);
-- Not unique: a server that repeats an id must not make a run unsavable.
CREATE INDEX run_of_server ON run (app_id, server_run_id) WHERE server_run_id IS NOT NULL;
CREATE INDEX run_unfinished ON run (id)
    WHERE status IN ('starting', 'running', 'stopping', 'out_of_contact', 'paused');

CREATE TABLE run_body (
    run_id  TEXT PRIMARY KEY REFERENCES run (id) ON DELETE CASCADE,
    entries TEXT NOT NULL,                 -- JSON, what stood in the form
    inputs  TEXT NOT NULL,                 -- JSON, list of model::run::InputShown
    outputs TEXT NOT NULL,                 -- JSON object
    notices TEXT NOT NULL                  -- JSON, list of model::run::Notice
) STRICT;

CREATE TABLE step (
    run_id   TEXT NOT NULL REFERENCES run (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    step     TEXT NOT NULL,                -- JSON, model::run::Step
    PRIMARY KEY (run_id, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE run_text (
    id     INTEGER PRIMARY KEY,            -- order of arrival
    run_id TEXT NOT NULL REFERENCES run (id) ON DELETE CASCADE,
    source TEXT NOT NULL,
    text   TEXT NOT NULL
) STRICT;

CREATE INDEX run_text_of_run ON run_text (run_id);

CREATE TABLE run_file (
    run_id    TEXT NOT NULL REFERENCES run (id) ON DELETE CASCADE,
    position  INTEGER NOT NULL,
    variable  TEXT NOT NULL,
    name      TEXT NOT NULL,
    extension TEXT NOT NULL,
    mime_type TEXT,
    size      INTEGER,
    local     TEXT NOT NULL,               -- fetching | stored | failed
    stored_as TEXT,                        -- file name in the run's folder
    PRIMARY KEY (run_id, position)
) STRICT, WITHOUT ROWID;

CREATE INDEX run_file_fetching ON run_file (run_id) WHERE local = 'fetching';
