UPDATE app SET options = '{"workflowId":"01930000-0000-7000-8000-0000000000ff"}' WHERE id = 'app-a';
