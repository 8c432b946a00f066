-- What people were asked, what agents noted, and what lies beyond the first mebibyte of a run came into the index after
-- runs had been indexed without. All are indexed again, in the background; until then each is found as before.
INSERT INTO run_unindexed (place) SELECT place FROM run_entry WHERE true
    ON CONFLICT (place) DO UPDATE SET stamp = stamp + 1;
