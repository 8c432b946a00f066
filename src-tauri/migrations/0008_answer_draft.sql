-- Half-filled answers to what runs ask people outlive the program, as half-filled forms do. A question's form stays as
-- it was asked, so that nothing has to be kept of it. Cleared once the question is settled.

CREATE TABLE answer_draft (
    run_id     TEXT NOT NULL REFERENCES run (id) ON DELETE CASCADE,
    place      INTEGER NOT NULL,           -- of the question in the run
    entries    TEXT NOT NULL,              -- JSON, model::form::Entries
    revision   INTEGER NOT NULL,           -- the page counts its saves: an older one that comes late is dropped
    changed_at INTEGER NOT NULL,           -- ms
    PRIMARY KEY (run_id, place)
) STRICT;
