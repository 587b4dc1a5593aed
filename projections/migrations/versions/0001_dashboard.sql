-- What dashboards and tests read: stable, and it may only grow.
CREATE SCHEMA dashboard;

CREATE VIEW dashboard.chats AS
SELECT c.chat_id, c.school_id, c.kind, c.class_id, c.group_id AS subject_group_id, c.title,
       s.max_chat_id,
       coalesce(e.people, 0) AS expected,
       coalesce(e.accounts, 0) AS deliverable,
       coalesce(o.accounts, 0) AS observed,
       CASE
           WHEN c.deleted THEN 'deleted'
           WHEN c.frozen THEN 'frozen'
           WHEN s.waiting = 'held' THEN 'held'
           WHEN s.waiting = 'parked' THEN 'parked'
           WHEN s.max_chat_id IS NULL AND coalesce(e.accounts, 0) = 0 THEN 'not_created'
           WHEN s.due_at IS NULL AND s.observed_at IS NOT NULL
                AND coalesce(e.accounts, 0) = coalesce(o.accounts, 0)
                AND coalesce(b.accounts, 0) = 0 THEN 'converged'
           ELSE 'pending'
       END AS state,
       s.last_converged_at
  FROM chats c
  LEFT JOIN chat_sync s USING (chat_id)
  LEFT JOIN LATERAL (
       SELECT count(*) AS people, count(DISTINCT p.max_user_id) AS accounts
         FROM expected_members m LEFT JOIN fact_profiles p USING (person_id)
        WHERE m.chat_id = c.chat_id) e ON true
  LEFT JOIN LATERAL (
       SELECT count(*) AS accounts FROM observed_members m WHERE m.chat_id = c.chat_id) o ON true
  LEFT JOIN LATERAL (
       SELECT count(*) AS accounts FROM blocked_accounts m WHERE m.chat_id = c.chat_id) b ON true;

COMMENT ON VIEW dashboard.chats IS 'One row a chat that exists for a school.';
COMMENT ON COLUMN dashboard.chats.expected IS 'People who belong in the chat by the rules and decisions.';
COMMENT ON COLUMN dashboard.chats.deliverable IS 'Distinct linked accounts of the expected people.';
COMMENT ON COLUMN dashboard.chats.observed IS 'Distinct accounts in the messenger as far as we know, without the bot.';
COMMENT ON COLUMN dashboard.chats.state IS 'converged, pending, held, frozen, parked, not_created or deleted; frozen counts neither as converged nor as unconverged.';

CREATE VIEW dashboard.memberships AS
SELECT m.chat_id, m.person_id, p.max_user_id, m.role, m.reasons,
       CASE
           WHEN p.max_user_id IS NULL THEN 'no_profile'
           WHEN o.max_user_id IS NOT NULL THEN 'present'
           WHEN b.max_user_id IS NOT NULL THEN 'blocked'
           ELSE 'to_add'
       END AS state
  FROM expected_members m
  LEFT JOIN fact_profiles p USING (person_id)
  LEFT JOIN observed_members o ON o.chat_id = m.chat_id AND o.max_user_id = p.max_user_id
  LEFT JOIN blocked_accounts b ON b.chat_id = m.chat_id AND b.max_user_id = p.max_user_id
UNION ALL
SELECT o.chat_id, k.person_id, o.max_user_id,
       CASE WHEN o.is_admin THEN 'administrator' ELSE 'member' END, '[]'::jsonb, 'to_remove'
  FROM observed_members o
  LEFT JOIN LATERAL (
       SELECT min(f.person_id) AS person_id FROM fact_profiles f
        WHERE f.max_user_id = o.max_user_id) k ON true
 WHERE NOT EXISTS (
       SELECT FROM expected_members m JOIN fact_profiles p USING (person_id)
        WHERE m.chat_id = o.chat_id AND p.max_user_id = o.max_user_id);

COMMENT ON VIEW dashboard.memberships IS 'One row for each chat and expected person, and one for each surplus account.';
COMMENT ON COLUMN dashboard.memberships.person_id IS 'Null where nobody is linked to a surplus account.';
COMMENT ON COLUMN dashboard.memberships.state IS 'present, to_add, to_remove, no_profile or blocked.';
