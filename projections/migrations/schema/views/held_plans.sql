CREATE OR REPLACE VIEW dashboard.held_plans AS
SELECT p.hash, p.chat_id, p.school_id, p.scope, p.removals, p.people, p.actions,
       p.removal_limit, p.would_be, p.held_at, p.state, p.decided_by, p.decided_at, p.expires_at,
       CASE WHEN p.state = 'held' AND p.scope IN ('school', 'total')
            THEN held_school_hash(p.school_id) END AS school_hash
  FROM held_plans p;

COMMENT ON VIEW dashboard.held_plans IS 'Plans that the guard held, one row each time; those with state held wait for a person.';
COMMENT ON COLUMN dashboard.held_plans.hash IS 'The name by which a person approves or rejects exactly this plan.';
COMMENT ON COLUMN dashboard.held_plans.scope IS 'Whose limit it would pass: chat, strangers, school or total.';
COMMENT ON COLUMN dashboard.held_plans.removals IS 'How many accounts it removes that count towards the limits.';
COMMENT ON COLUMN dashboard.held_plans.people IS 'Who would leave, a row for each person behind an account: max_user_id, person_id, cause and the reasons that ended.';
COMMENT ON COLUMN dashboard.held_plans.actions IS 'The calls of the plan in their order.';
COMMENT ON COLUMN dashboard.held_plans.removal_limit IS 'How many removals the limit allows in its window.';
COMMENT ON COLUMN dashboard.held_plans.would_be IS 'How many there would be with this plan.';
COMMENT ON COLUMN dashboard.held_plans.state IS 'held, approved, rejected, superseded (the plan changed) or done.';
COMMENT ON COLUMN dashboard.held_plans.expires_at IS 'When the approval ends.';
COMMENT ON COLUMN dashboard.held_plans.school_hash IS 'One name for all that its school has waiting for the limit of the school, or in all.';
