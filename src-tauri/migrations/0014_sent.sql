-- What went into a run, and the copy that is kept of it: a past run is read beside its documents, also when these were
-- changed or thrown away since. Copies lie in the folder `sent` of the run's folder. The index finds an earlier copy of
-- the same file, so that a document that is sent often is kept once.

CREATE TABLE sent_file (
    run_id      TEXT NOT NULL REFERENCES run (id) ON DELETE CASCADE,
    position    INTEGER NOT NULL,
    staged_id   TEXT,                      -- the chosen file; NULL: a link
    variable    TEXT NOT NULL,
    label       TEXT NOT NULL,             -- of the field it stood in
    name        TEXT NOT NULL,             -- as the user knows it; the link itself of a link
    path        BLOB,                      -- where it was, as the system writes it
    size        INTEGER,                   -- of what was sent
    modified_at INTEGER,                   -- ms, of what was sent
    copy        TEXT NOT NULL,             -- model::sent::SentCopy
    stored_as   TEXT,                      -- file name in the folder `sent`
    content     TEXT,                      -- the same for copies that share their bytes on the disk
    PRIMARY KEY (run_id, position)
) STRICT, WITHOUT ROWID;

CREATE INDEX sent_file_kept ON sent_file (size, modified_at) WHERE copy = 'kept';
CREATE INDEX sent_file_copying ON sent_file (run_id) WHERE copy = 'copying';

-- Whether copies are kept: the row with an empty id says it of all apps that have none of their own.
CREATE TABLE keep_copies (
    app_id TEXT PRIMARY KEY,
    keep   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
