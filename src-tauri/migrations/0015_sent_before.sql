-- A file that is chosen again is looked for among those that were sent before, so that it is not sent twice.
CREATE INDEX staged_by_path ON staged_file (path);
