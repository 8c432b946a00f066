-- When the run's text grew last, ms: after a kill that is its last sign of life, where a step writes for minutes.
ALTER TABLE run ADD COLUMN text_at INTEGER;
