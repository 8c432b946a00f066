-- What the user calls an app, and what its picture was fetched from: its links expire, so it is fetched anew only
-- when the server names another one. The index is for how long an app's runs usually take: those that came to a
-- result, newest first, without a look at the others.

ALTER TABLE app ADD COLUMN given_name TEXT;  -- NULL: as the server calls it
ALTER TABLE app ADD COLUMN icon_from TEXT;   -- what /site names, not the link; NULL: not a picture

-- The words must be those of `past_runs`.
CREATE INDEX run_finished ON run (app_id, id) WHERE status IN ('succeeded', 'partly_succeeded');
