-- What each app's server has shown of itself, so that the page can say what it can do without asking again.

ALTER TABLE app ADD COLUMN server_facts TEXT NOT NULL DEFAULT '{}'; -- JSON, model::capability::ServerFacts
