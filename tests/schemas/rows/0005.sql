UPDATE run_body SET unknown_events = '[{"name":"node_dreamt","at":5,"data":{"a":1}}]' WHERE run_id = '01930000-0000-7000-8000-000000000001';
