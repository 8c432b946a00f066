-- A run is known from before it is sent, and may wait for a person: two words before `starting`, and one beside
-- `paused`. The index must name the words of `unfinished_runs`.
DROP INDEX run_unfinished;
CREATE INDEX run_unfinished ON run (id) WHERE status IN
    ('preparing', 'uploading', 'starting', 'running', 'stopping', 'out_of_contact', 'waiting', 'paused');

ALTER TABLE run_body ADD COLUMN questions TEXT NOT NULL DEFAULT '[]'; -- JSON, list of model::human_input::Question
-- JSON, model::form::Form as it was: what changed since is said when the run is run again. Runs of earlier
-- versions have none.
ALTER TABLE run_body ADD COLUMN form TEXT;
