INSERT INTO run_cost (run_id, currency, amount) VALUES ('01930000-0000-7000-8000-000000000001', 'USD', '0.000042');
