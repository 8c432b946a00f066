UPDATE app SET server_facts = '{}' WHERE id = 'app-a';
