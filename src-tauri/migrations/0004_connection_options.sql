-- How an app's runs are asked for, where the user wants it otherwise than usual.

-- JSON, model::app::ConnectionOptions
ALTER TABLE app ADD COLUMN options TEXT NOT NULL DEFAULT '{}';
