-- What runs say aloud is kept with them and played offline: what their stream said, and texts of theirs that were
-- read aloud. The files are in the run's folder. And what an app can say aloud.

CREATE TABLE sound (
    run_id    TEXT NOT NULL REFERENCES run (id) ON DELETE CASCADE,
    place     INTEGER NOT NULL,            -- 0 is the stream's own
    text_hash TEXT,                        -- of the text that is read; none for the stream's own
    stored_as TEXT NOT NULL,               -- file name in the folder `speech` of the run's folder
    pieces    TEXT NOT NULL,               -- JSON, what of the file is whole
    complete  INTEGER NOT NULL,            -- all of it is there
    PRIMARY KEY (run_id, place)
) STRICT, WITHOUT ROWID;

ALTER TABLE app ADD COLUMN speech TEXT;    -- JSON, model::sound::AppSpeech; none where it does not speak
