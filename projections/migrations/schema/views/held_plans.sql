CREATE OR REPLACE VIEW dashboard.held_plans AS
SELECT p.hash, p.chat_id, p.school_id, p.scope, p.removals, p.people, p.actions,
       p.removal_limit, p.would_be, p.held_at, p.state, p.decided_by, p.decided_at, p.expires_at,
       CASE WHEN p.state = 'held'
                 AND p.scope IN ('school', 'total', 'unlink_school', 'unlink_total')
            THEN held_school_hash(p.school_id, p.lot) END AS school_hash
  FROM held_plans p;

COMMENT ON VIEW dashboard.held_plans IS 'What the guard held, one row a set of removals and demotions in one chat; those with state held wait for a person.';
COMMENT ON COLUMN dashboard.held_plans.hash IS 'The name by which a person approves or rejects exactly these.';
COMMENT ON COLUMN dashboard.held_plans.scope IS 'Whose limit they would pass: flapping (one account again and again), chat, strangers, school, total; of people who unlinked or changed their account unlink_school or unlink_total.';
COMMENT ON COLUMN dashboard.held_plans.removals IS 'How many of them count towards the limits of chat, school and installation.';
COMMENT ON COLUMN dashboard.held_plans.people IS 'Who would leave or lose rights, a row for each person behind an account: max_user_id, person_id, cause and the reasons that ended.';
COMMENT ON COLUMN dashboard.held_plans.actions IS 'The calls that wait.';
COMMENT ON COLUMN dashboard.held_plans.removal_limit IS 'How many the limit allows in its window: removals, or people who unlink.';
COMMENT ON COLUMN dashboard.held_plans.would_be IS 'How many there would be with these.';
COMMENT ON COLUMN dashboard.held_plans.state IS 'held, approved, rejected, superseded (another set now, or few enough), expired (the decision has ended) or done.';
COMMENT ON COLUMN dashboard.held_plans.decided_by IS 'Who decided last; dashboard.plan_decisions has every decision.';
COMMENT ON COLUMN dashboard.held_plans.expires_at IS 'When the decision ends.';
COMMENT ON COLUMN dashboard.held_plans.school_hash IS 'One name for all that its school has waiting for the limit of the school, or in all.';
