INSERT INTO speech (id, autoplay) VALUES (1, 0);
