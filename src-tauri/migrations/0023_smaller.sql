-- What made the history larger than it has to be. Nothing is rewritten here: rows of earlier versions keep what they
-- have, and are read as they are.

-- The form of a run is that of hundreds of others, and often longer than what was filled in: it stands once. It goes
-- with the last run that names it.
CREATE TABLE run_form (
    id   INTEGER PRIMARY KEY,
    form TEXT NOT NULL UNIQUE  -- JSON, model::form::Form as it was
) STRICT;

ALTER TABLE run_body ADD COLUMN form_id INTEGER REFERENCES run_form (id);
CREATE INDEX run_body_form ON run_body (form_id) WHERE form_id IS NOT NULL;

CREATE TRIGGER run_form_left AFTER DELETE ON run_body
    WHEN OLD.form_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM run_body WHERE form_id = OLD.form_id)
BEGIN
    DELETE FROM run_form WHERE id = OLD.form_id;
END;

-- The details of a run that goes on may come with one form, and then with another.
CREATE TRIGGER run_form_changed AFTER UPDATE OF form_id ON run_body
    WHEN OLD.form_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM run_body WHERE form_id = OLD.form_id)
BEGIN
    DELETE FROM run_form WHERE id = OLD.form_id;
END;

-- One index in place of three that all list the runs of an app: each row of one holds two ids. What tells the runs
-- apart that were made here, and those that came to a result, stands beside them.
DROP INDEX run_finished;
DROP INDEX run_made_here;
DROP INDEX run_of_app;
CREATE INDEX run_of_app ON run (app_id, id, origin, status, contents, deleted_at);
