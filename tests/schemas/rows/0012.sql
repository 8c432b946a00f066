UPDATE app SET given_name = 'Contracts 我的', icon_from = 'x' WHERE id = 'app-a';
