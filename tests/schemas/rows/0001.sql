-- What a program of the first schema wrote.
INSERT INTO app (id, position, origin, demo_slug, base_url, user_id, key_state, server_version, branding, form, refreshed_at, removed_at) VALUES
 ('app-a', 1, 'server', NULL, 'https://dify.example/v1', 'flowdeck-1', 'keychain', '1.12.1', '{"title":"合同 Review","icon":{"kind":"initial"}}', '{"fields":[{"variable":"contract","label":"合同 Contract","required":true,"hidden":false,"hint":null,"placeholder":null,"control":{"type":"paragraph","maxLength":200,"default":""}}],"limits":{}}', 1795000000000, NULL),
 ('app-demo', 2, 'demo', 'every-control', 'http://127.0.0.1:1/v1', 'flowdeck-demo', 'session', NULL, '{"title":"Every control"}', '{}', 1795000000000, NULL),
 ('app-gone', 3, 'server', NULL, 'http://dify.test/v1', 'u', 'missing', NULL, '{"title":"Left"}', '{}', 1, 1795000000001);
INSERT INTO run (id, app_id, title, status, started_at, finished_at, elapsed, total_tokens, total_steps, error, server_run_id, task_id, workflow_id, trace_id) VALUES
 ('01930000-0000-7000-8000-000000000001', 'app-a', 'Lease 租约', 'succeeded', 1795000000000, 1795000003500, 3.5, 1204, 2, NULL, 'server-1', 'task-1', 'version-1', 'trace-1'),
 ('01930000-0000-7000-8000-000000000002', 'app-a', '', 'failed', 1795000010000, 1795000011000, NULL, NULL, NULL, '{"cause":"stopped"}', NULL, NULL, NULL, NULL),
 ('01930000-0000-7000-8000-000000000003', 'app-gone', 'Old', 'unknown', 1795000020000, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO run_body (run_id, entries, inputs, outputs, notices) VALUES
 ('01930000-0000-7000-8000-000000000001', '{"contract":{"kind":"text","value":"第一条 Article 1"}}', '[{"variable":"contract","label":"合同 Contract","value":"第一条 Article 1","isFiles":false}]', '{"summary":"押金 deposit","n":1.50}', '[]'),
 ('01930000-0000-7000-8000-000000000002', '{}', '[]', '{}', '[]'),
 ('01930000-0000-7000-8000-000000000003', '{}', '[]', '{}', '[]');
INSERT INTO step (run_id, position, step) VALUES
 ('01930000-0000-7000-8000-000000000001', 0, '{"id":"s0","nodeId":"n0","nodeType":"start","title":"开始","status":"succeeded","order":0,"parent":null,"round":null,"roundsBegun":null,"roundsTotal":null,"startedAt":5,"finishedAt":6,"elapsed":null,"tokens":null,"price":null,"currency":null,"tries":[],"inputs":{"a":"x"},"processData":null,"outputs":null,"error":null,"agentLog":[],"reasoning":""}'),
 ('01930000-0000-7000-8000-000000000001', 1, '{"id":"s1","nodeId":"n1","nodeType":"llm","title":"LLM","status":"succeeded","order":1,"parent":null,"round":null,"roundsBegun":null,"roundsTotal":null,"startedAt":6,"finishedAt":9,"elapsed":3.0,"tokens":1204,"price":null,"currency":null,"tries":[],"inputs":null,"processData":null,"outputs":{"text":"押金"},"error":null,"agentLog":[],"reasoning":""}');
INSERT INTO run_text (run_id, source, text) VALUES
 ('01930000-0000-7000-8000-000000000001', 'llm.text', 'The deposit 押'),
 ('01930000-0000-7000-8000-000000000001', 'llm.text', '金 is due.');
INSERT INTO run_file (run_id, position, variable, name, extension, mime_type, size, local, stored_as) VALUES
 ('01930000-0000-7000-8000-000000000001', 0, 'files', 'report.md', 'md', 'text/markdown', 6, 'stored', 'report.md'),
 ('01930000-0000-7000-8000-000000000001', 1, 'files', 'lost.md', 'md', NULL, NULL, 'failed', NULL);
