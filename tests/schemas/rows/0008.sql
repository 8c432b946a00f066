INSERT INTO answer_draft (run_id, place, entries, revision, changed_at) VALUES ('01930000-0000-7000-8000-000000000006', 0, '{"answer":{"kind":"text","value":"yes"}}', 3, 1795000080000);
