INSERT INTO sound (run_id, place, text_hash, stored_as, pieces, complete) VALUES ('01930000-0000-7000-8000-000000000001', 0, NULL, 'stream.mp3', '[]', 1);
