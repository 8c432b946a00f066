-- Runs known from the servers' logs: how far each log is read.
-- Without references to `app`: what is left of a removed app is as good as nothing.

CREATE TABLE log (
    app_id  TEXT PRIMARY KEY,
    scope   TEXT NOT NULL DEFAULT 'own',   -- model::log::LogScope
    trouble TEXT,                          -- model::log::LogTrouble of the last update
    read_at INTEGER                        -- ms; when an update last came to its end
) STRICT, WITHOUT ROWID;

-- Times are those of the log's own lines, ms. All lines from `newest` down to `since` are known, but for the gap.
CREATE TABLE log_reading (
    app_id   TEXT NOT NULL,
    part     TEXT NOT NULL,                -- own | all
    user_id  TEXT NOT NULL,                -- whom `own` means
    newest   INTEGER,
    gap_from INTEGER,                      -- the older end
    gap_to   INTEGER,
    since    INTEGER,
    complete INTEGER NOT NULL DEFAULT 0,   -- down to the log's beginning
    PRIMARY KEY (app_id, part)
) STRICT, WITHOUT ROWID;

CREATE INDEX run_head ON run (app_id, id) WHERE contents = 'head';

-- How many runs a log told of is said while it is read; which go on, and which of here have no name, is looked for with
-- each page or update. The words must be those of the queries.
CREATE INDEX run_of_log ON run (app_id, origin, contents, deleted_at)
    WHERE origin IN ('server', 'web_app', 'other') AND deleted_at IS NULL;
CREATE INDEX run_open_head ON run (app_id, id)
    WHERE contents = 'head' AND deleted_at IS NULL AND status IN ('running', 'paused', 'waiting');
CREATE INDEX run_nameless ON run (app_id, started_at) WHERE server_run_id IS NULL AND status = 'unknown';
