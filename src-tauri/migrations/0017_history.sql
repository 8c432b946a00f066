-- One history of all runs: those made here, those the servers' logs tell of, and those brought as files; and what the
-- user says of them. Lists are filtered by these columns, so they stand in the narrow table; notes stand apart.

ALTER TABLE run ADD COLUMN origin TEXT NOT NULL DEFAULT 'here';     -- model::history::RunOrigin
ALTER TABLE run ADD COLUMN contents TEXT NOT NULL DEFAULT 'whole';  -- whole | head: only what the server's log says
ALTER TABLE run ADD COLUMN name TEXT;                               -- given by the user; NULL: its title counts
ALTER TABLE run ADD COLUMN starred INTEGER NOT NULL DEFAULT 0;
ALTER TABLE run ADD COLUMN reviewed INTEGER NOT NULL DEFAULT 0;
ALTER TABLE run ADD COLUMN deleted_at INTEGER;                      -- ms; hidden everywhere, until it is gone for good

CREATE TABLE run_note (
    run_id TEXT PRIMARY KEY REFERENCES run (id) ON DELETE CASCADE,
    note   TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE run_tag (
    run_id TEXT NOT NULL REFERENCES run (id) ON DELETE CASCADE,
    tag    TEXT NOT NULL,
    PRIMARY KEY (run_id, tag)
) STRICT, WITHOUT ROWID;

CREATE INDEX run_of_tag ON run_tag (tag, run_id);
CREATE INDEX run_deleted ON run (deleted_at) WHERE deleted_at IS NOT NULL;
