-- What runs cost, apart from their steps: a week's sum must not read every step of it. Amounts are decimal text, added
-- up exactly and by currency. Whoever writes a step with a price marks its run; it is counted when it is asked for, or
-- in the background. Runs of earlier versions are all marked once: looking into their steps here would take minutes.

CREATE TABLE run_cost (
    run_id   TEXT NOT NULL REFERENCES run (id) ON DELETE CASCADE,
    currency TEXT NOT NULL,
    amount   TEXT NOT NULL,
    PRIMARY KEY (run_id, currency)
) STRICT, WITHOUT ROWID;

CREATE TABLE run_uncounted (
    run_id TEXT PRIMARY KEY REFERENCES run (id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TRIGGER step_costs AFTER INSERT ON step WHEN instr(new.step, '"price":"') > 0 BEGIN
    INSERT INTO run_uncounted (run_id) VALUES (new.run_id) ON CONFLICT DO NOTHING;
END;

CREATE TRIGGER step_costs_now AFTER UPDATE ON step WHEN instr(new.step, '"price":"') > 0 BEGIN
    INSERT INTO run_uncounted (run_id) VALUES (new.run_id) ON CONFLICT DO NOTHING;
END;

INSERT INTO run_uncounted (run_id) SELECT id FROM run;
