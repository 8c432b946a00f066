-- How long runs are kept, and what is remembered of keeping: since when the clock has gone on steadily, so that one that
-- is set wrongly deletes nothing, and when a backup was made last.

-- The row with an empty id speaks for all apps that have none of their own; without it, everything is kept.
CREATE TABLE keep_rule (
    app_id     TEXT PRIMARY KEY,
    days       INTEGER,                    -- older runs go; NULL: they are kept
    files_days INTEGER                     -- of older runs the files go; NULL: they are kept
) STRICT, WITHOUT ROWID;

CREATE TABLE keep_state (
    id           INTEGER PRIMARY KEY CHECK (id = 1),
    seen_at      INTEGER,                  -- ms, when the clock was looked at last
    steady_since INTEGER,                  -- ms, since when it has gone on without a leap
    backup_at    INTEGER,                  -- ms
    backup_size  INTEGER                   -- bytes
) STRICT;
