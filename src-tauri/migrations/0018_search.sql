-- The search over all runs. `run_words` is what FTS5 has of their texts (model::words says which tokens); it keeps no
-- copy of them; `run_marks` has beginnings of words and single characters, and not where they stand, which makes it
-- small. A run's rowid in both is its place, and places are in the order of time: newest first is backwards.
--
-- Runs begin one after the other, so each gets the next number (numbers side by side make lists short). One that comes
-- late, from a server's log or from a file, gets a negative number made of its start, in sixteenths of a second; or the
-- next that is free. Both ranges are read newest first and joined by their starts.
--
-- `run_entry` is what searches are narrowed by, and nothing else, so that it is read fast. It and the list of what is
-- to be indexed are kept by triggers: whoever changes a run does nothing for it. Indexing itself comes later, in turns
-- of its own, so that saving a run does not wait for it.

CREATE VIRTUAL TABLE run_words USING fts5 (words, content = '', contentless_delete = 1, tokenize = 'ascii');
CREATE VIRTUAL TABLE run_marks USING fts5 (marks, content = '', contentless_delete = 1, detail = none, tokenize = 'ascii');

CREATE TABLE run_entry (
    place      INTEGER PRIMARY KEY,
    run_id     TEXT NOT NULL UNIQUE,
    app_id     TEXT NOT NULL,
    status     TEXT NOT NULL,
    origin     TEXT NOT NULL,
    started_at INTEGER NOT NULL,  -- ms
    elapsed    REAL,              -- s
    tokens     INTEGER,
    starred    INTEGER NOT NULL,
    reviewed   INTEGER NOT NULL,
    hidden     INTEGER NOT NULL   -- deleted, and not gone yet
) STRICT;

-- Each holds the place, too, and gives it in its order.
CREATE INDEX run_entry_app ON run_entry (app_id);
CREATE INDEX run_entry_status ON run_entry (status);
CREATE INDEX run_entry_started ON run_entry (started_at);
CREATE INDEX run_entry_starred ON run_entry (starred) WHERE starred = 1;
CREATE INDEX run_entry_origin ON run_entry (origin) WHERE origin <> 'here';

-- What is not in the index as it is now.
CREATE TABLE run_unindexed (
    place INTEGER PRIMARY KEY,
    stamp INTEGER NOT NULL DEFAULT 0  -- counts changes: what was read before one of them is not all
) STRICT;

CREATE TRIGGER run_entered AFTER INSERT ON run BEGIN
    INSERT INTO run_entry
        SELECT CASE
            WHEN NEW.started_at >= coalesce((SELECT started_at FROM run_entry WHERE place > 0 ORDER BY place DESC LIMIT 1), NEW.started_at)
                THEN coalesce((SELECT max(place) FROM run_entry WHERE place > 0), 0) + 1
            WHEN NOT EXISTS (SELECT 1 FROM run_entry WHERE place = nominal) THEN nominal
            ELSE (SELECT e.place + 1 FROM run_entry AS e WHERE e.place >= nominal
                AND NOT EXISTS (SELECT 1 FROM run_entry AS next WHERE next.place = e.place + 1) ORDER BY e.place LIMIT 1)
            END,
            NEW.id, NEW.app_id, NEW.status, NEW.origin, NEW.started_at,
            coalesce(NEW.elapsed, (NEW.finished_at - NEW.started_at) / 1000.0), NEW.total_tokens,
            NEW.starred, NEW.reviewed, NEW.deleted_at IS NOT NULL
        FROM (SELECT min(max(NEW.started_at, 0) * 16 / 1000, 68000000000) - 68719476736 AS nominal);
    INSERT INTO run_unindexed (place) SELECT place FROM run_entry WHERE run_id = NEW.id
        ON CONFLICT (place) DO UPDATE SET stamp = stamp + 1;
END;

-- It began at another time than was thought: another place.
CREATE TRIGGER run_began_otherwise AFTER UPDATE OF started_at ON run WHEN NEW.started_at <> OLD.started_at BEGIN
    DELETE FROM run_entry WHERE run_id = NEW.id;
    INSERT INTO run_entry
        SELECT CASE
            WHEN NEW.started_at >= coalesce((SELECT started_at FROM run_entry WHERE place > 0 ORDER BY place DESC LIMIT 1), NEW.started_at)
                THEN coalesce((SELECT max(place) FROM run_entry WHERE place > 0), 0) + 1
            WHEN NOT EXISTS (SELECT 1 FROM run_entry WHERE place = nominal) THEN nominal
            ELSE (SELECT e.place + 1 FROM run_entry AS e WHERE e.place >= nominal
                AND NOT EXISTS (SELECT 1 FROM run_entry AS next WHERE next.place = e.place + 1) ORDER BY e.place LIMIT 1)
            END,
            NEW.id, NEW.app_id, NEW.status, NEW.origin, NEW.started_at,
            coalesce(NEW.elapsed, (NEW.finished_at - NEW.started_at) / 1000.0), NEW.total_tokens,
            NEW.starred, NEW.reviewed, NEW.deleted_at IS NOT NULL
        FROM (SELECT min(max(NEW.started_at, 0) * 16 / 1000, 68000000000) - 68719476736 AS nominal);
    INSERT INTO run_unindexed (place) SELECT place FROM run_entry WHERE run_id = NEW.id
        ON CONFLICT (place) DO UPDATE SET stamp = stamp + 1;
END;

CREATE TRIGGER run_narrowed AFTER UPDATE ON run
WHEN NEW.status <> OLD.status OR NEW.elapsed IS NOT OLD.elapsed OR NEW.finished_at IS NOT OLD.finished_at
    OR NEW.total_tokens IS NOT OLD.total_tokens OR NEW.starred <> OLD.starred OR NEW.reviewed <> OLD.reviewed
    OR NEW.origin <> OLD.origin OR NEW.deleted_at IS NOT OLD.deleted_at
BEGIN
    UPDATE run_entry SET status = NEW.status, origin = NEW.origin,
        elapsed = coalesce(NEW.elapsed, (NEW.finished_at - NEW.started_at) / 1000.0), tokens = NEW.total_tokens,
        starred = NEW.starred, reviewed = NEW.reviewed, hidden = NEW.deleted_at IS NOT NULL
        WHERE run_id = NEW.id;
END;

CREATE TRIGGER run_gone AFTER DELETE ON run BEGIN
    DELETE FROM run_entry WHERE run_id = OLD.id;
END;

CREATE TRIGGER run_entry_gone AFTER DELETE ON run_entry BEGIN
    DELETE FROM run_words WHERE rowid = OLD.place;
    DELETE FROM run_marks WHERE rowid = OLD.place;
    DELETE FROM run_unindexed WHERE place = OLD.place;
END;

-- The end of a run counts, too: while it goes on it is not indexed with each piece of it.
CREATE TRIGGER run_reworded AFTER UPDATE ON run
WHEN NEW.title <> OLD.title OR NEW.name IS NOT OLD.name OR NEW.error IS NOT OLD.error
    OR NEW.status <> OLD.status OR NEW.app_id <> OLD.app_id
BEGIN
    INSERT INTO run_unindexed (place) SELECT place FROM run_entry WHERE run_id = NEW.id
        ON CONFLICT (place) DO UPDATE SET stamp = stamp + 1;
END;

CREATE TRIGGER run_body_added AFTER INSERT ON run_body BEGIN
    INSERT INTO run_unindexed (place) SELECT place FROM run_entry WHERE run_id = NEW.run_id
        ON CONFLICT (place) DO UPDATE SET stamp = stamp + 1;
END;

CREATE TRIGGER run_body_changed AFTER UPDATE OF inputs, outputs ON run_body BEGIN
    INSERT INTO run_unindexed (place) SELECT place FROM run_entry WHERE run_id = NEW.run_id
        ON CONFLICT (place) DO UPDATE SET stamp = stamp + 1;
END;

CREATE TRIGGER step_added AFTER INSERT ON step BEGIN
    INSERT INTO run_unindexed (place) SELECT place FROM run_entry WHERE run_id = NEW.run_id
        ON CONFLICT (place) DO UPDATE SET stamp = stamp + 1;
END;

CREATE TRIGGER step_changed AFTER UPDATE ON step BEGIN
    INSERT INTO run_unindexed (place) SELECT place FROM run_entry WHERE run_id = NEW.run_id
        ON CONFLICT (place) DO UPDATE SET stamp = stamp + 1;
END;

CREATE TRIGGER step_gone AFTER DELETE ON step BEGIN
    INSERT INTO run_unindexed (place) SELECT place FROM run_entry WHERE run_id = OLD.run_id
        ON CONFLICT (place) DO UPDATE SET stamp = stamp + 1;
END;

CREATE TRIGGER run_text_added AFTER INSERT ON run_text BEGIN
    INSERT INTO run_unindexed (place) SELECT place FROM run_entry WHERE run_id = NEW.run_id
        ON CONFLICT (place) DO UPDATE SET stamp = stamp + 1;
END;

CREATE TRIGGER run_text_gone AFTER DELETE ON run_text BEGIN
    INSERT INTO run_unindexed (place) SELECT place FROM run_entry WHERE run_id = OLD.run_id
        ON CONFLICT (place) DO UPDATE SET stamp = stamp + 1;
END;

CREATE TRIGGER run_file_added AFTER INSERT ON run_file BEGIN
    INSERT INTO run_unindexed (place) SELECT place FROM run_entry WHERE run_id = NEW.run_id
        ON CONFLICT (place) DO UPDATE SET stamp = stamp + 1;
END;

CREATE TRIGGER run_file_renamed AFTER UPDATE OF name ON run_file WHEN NEW.name <> OLD.name BEGIN
    INSERT INTO run_unindexed (place) SELECT place FROM run_entry WHERE run_id = NEW.run_id
        ON CONFLICT (place) DO UPDATE SET stamp = stamp + 1;
END;

CREATE TRIGGER sent_file_added AFTER INSERT ON sent_file BEGIN
    INSERT INTO run_unindexed (place) SELECT place FROM run_entry WHERE run_id = NEW.run_id
        ON CONFLICT (place) DO UPDATE SET stamp = stamp + 1;
END;

CREATE TRIGGER run_note_added AFTER INSERT ON run_note BEGIN
    INSERT INTO run_unindexed (place) SELECT place FROM run_entry WHERE run_id = NEW.run_id
        ON CONFLICT (place) DO UPDATE SET stamp = stamp + 1;
END;

CREATE TRIGGER run_note_changed AFTER UPDATE ON run_note BEGIN
    INSERT INTO run_unindexed (place) SELECT place FROM run_entry WHERE run_id = NEW.run_id
        ON CONFLICT (place) DO UPDATE SET stamp = stamp + 1;
END;

CREATE TRIGGER run_note_gone AFTER DELETE ON run_note BEGIN
    INSERT INTO run_unindexed (place) SELECT place FROM run_entry WHERE run_id = OLD.run_id
        ON CONFLICT (place) DO UPDATE SET stamp = stamp + 1;
END;

CREATE TRIGGER run_tag_added AFTER INSERT ON run_tag BEGIN
    INSERT INTO run_unindexed (place) SELECT place FROM run_entry WHERE run_id = NEW.run_id
        ON CONFLICT (place) DO UPDATE SET stamp = stamp + 1;
END;

CREATE TRIGGER run_tag_gone AFTER DELETE ON run_tag BEGIN
    INSERT INTO run_unindexed (place) SELECT place FROM run_entry WHERE run_id = OLD.run_id
        ON CONFLICT (place) DO UPDATE SET stamp = stamp + 1;
END;

-- All runs of before, in the order of their starts; they are indexed in the background.
INSERT INTO run_entry
    SELECT row_number() OVER (ORDER BY started_at, id), id, app_id, status, origin, started_at,
        coalesce(elapsed, (finished_at - started_at) / 1000.0), total_tokens, starred, reviewed, deleted_at IS NOT NULL
    FROM run;
INSERT INTO run_unindexed (place) SELECT place FROM run_entry;
