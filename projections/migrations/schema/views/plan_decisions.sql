CREATE OR REPLACE VIEW dashboard.plan_decisions AS
SELECT d.entry, p.hash, p.chat_id, p.school_id, d.decision, d.decided_by, d.ran_by, d.at,
       d.expires_at
  FROM plan_decisions d JOIN held_plans p USING (held_id);

COMMENT ON VIEW dashboard.plan_decisions IS 'What people decided about held plans, one row each time; no row is ever changed.';
COMMENT ON COLUMN dashboard.plan_decisions.decided_by IS 'Who decided, as they were named.';
COMMENT ON COLUMN dashboard.plan_decisions.ran_by IS 'The account of the machine that ran the command; null where it was no command.';
