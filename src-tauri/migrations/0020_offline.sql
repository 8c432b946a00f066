-- Runs that are kept ready: filled in and checked, and sent only when the user says so. While one is being sent it
-- names its run; whose run is taken back because nothing was sent, it is ready again.

CREATE TABLE prepared (
    id         TEXT PRIMARY KEY,          -- UUIDv7: sorts by when it was kept
    app_id     TEXT NOT NULL REFERENCES app (id),
    title      TEXT NOT NULL,
    entries    TEXT NOT NULL,             -- JSON, model::form::Entries
    form       TEXT NOT NULL,             -- JSON, model::form::Form as it was
    created_at INTEGER NOT NULL,          -- ms
    run_id     TEXT REFERENCES run (id) ON DELETE SET NULL,
    removed_at INTEGER                    -- ms; removal can be undone until the next start
) STRICT, WITHOUT ROWID;

CREATE INDEX prepared_sending ON prepared (run_id) WHERE run_id IS NOT NULL;

-- Runs that the user deleted for good, as their servers call them: their logs still tell of them, and what was deleted
-- does not come back.
CREATE TABLE run_forgotten (
    app_id        TEXT NOT NULL REFERENCES app (id),
    server_run_id TEXT NOT NULL,
    PRIMARY KEY (app_id, server_run_id)
) STRICT, WITHOUT ROWID;

-- How long runs usually take is told by those that were seen here, and what alike ones were given: a log of a hundred
-- thousand others is not looked through for them. The words must be those of the queries.
DROP INDEX run_finished;
CREATE INDEX run_finished ON run (app_id, id)
    WHERE status IN ('succeeded', 'partly_succeeded') AND contents = 'whole' AND deleted_at IS NULL;
CREATE INDEX run_made_here ON run (app_id, id) WHERE origin = 'here' AND deleted_at IS NULL;

-- Runs were taken away whose words may still stand in the index of words, or in the log beside the database.
CREATE TABLE trace (
    id    INTEGER PRIMARY KEY CHECK (id = 1),
    stamp INTEGER NOT NULL                -- counts what was taken away: more may come while the others are swept
) STRICT;
