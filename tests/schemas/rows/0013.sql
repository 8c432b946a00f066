INSERT INTO last_folder (app_id, folder, used_at) VALUES ('app-a', CAST('/nowhere' AS BLOB), 1);
