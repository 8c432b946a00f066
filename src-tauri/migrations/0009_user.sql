-- A run belongs to the user it was started for: servers show and stop it for no other, and a connection's user can be
-- changed. Of runs that are over nothing is asked any more.
ALTER TABLE run ADD COLUMN user_id TEXT;
UPDATE run SET user_id = (SELECT app.user_id FROM app WHERE app.id = run.app_id)
    WHERE status NOT IN ('succeeded', 'partly_succeeded', 'failed', 'stopped');
