-- Servers newer than this program send events it does not know: they are kept as they came, for the
-- details view and for whoever has to help.
ALTER TABLE run_body ADD COLUMN unknown_events TEXT NOT NULL DEFAULT '[]'; -- JSON, list of model::run::UnknownEvent
