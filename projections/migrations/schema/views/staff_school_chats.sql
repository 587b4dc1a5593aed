-- The list of a school's chats for its staff («Управление чатами»). The owner's views: they count
-- people whom who asks may not see one by one, and tell no more than the numbers.

-- What the standing of a chat is made of, but for the numbers (projections.staff.standings).
-- ``undecided``: of the sets that the guard holds here, by whose limit; ``takings``: of how many
-- accounts they are.
CREATE OR REPLACE VIEW staff.chat_standings WITH (security_barrier) AS
SELECT c.chat_id, c.school_id, c.frozen, c.deleted, s.max_chat_id, s.due_at, s.observed_at,
       s.attempts, s.waiting,
       coalesce((SELECT d.choice = 'deleted' FROM decisions d
                  WHERE d.chat_id = c.chat_id AND d.subject = 'deleted'
                  ORDER BY d.at DESC, d.decision_id COLLATE "C" DESC LIMIT 1), false)
           AS deletion_decided,
       ARRAY(SELECT DISTINCT h.scope FROM held_plans h
              WHERE h.chat_id = c.chat_id AND h.state = 'held' ORDER BY h.scope) AS undecided,
       (SELECT coalesce(sum(jsonb_array_length(h.actions)), 0) FROM held_plans h
         WHERE h.chat_id = c.chat_id AND h.state = 'held')::int AS takings,
       EXISTS (SELECT FROM setbacks b WHERE b.chat_id = c.chat_id) AS stuck,
       EXISTS (SELECT FROM blocked_accounts b WHERE b.chat_id = c.chat_id) AS blocked
  FROM chats c
  LEFT JOIN chat_sync s USING (chat_id)
 WHERE (SELECT current_setting('staff.operator', true)) IN ('ids', 'names')
    OR c.school_id = ANY((SELECT string_to_array(current_setting('staff.works_in', true), ','))::text[])
    OR c.chat_id = ANY((SELECT string_to_array(current_setting('staff.own_chats', true), ','))::text[]);

-- How many belong in a chat, how many of them are linked, and how many of those are not inside.
-- Their profiles are found by one array: half of what looking for one after another costs.
CREATE OR REPLACE VIEW staff.chat_numbers WITH (security_barrier) AS
SELECT c.chat_id,
       (SELECT count(*) FROM expected_members m WHERE m.chat_id = c.chat_id) AS people,
       n.linked, n.outside
  FROM chats c
  LEFT JOIN LATERAL (
       SELECT count(*) AS linked, count(*) FILTER (WHERE i.max_user_id IS NULL) AS outside
         FROM fact_profiles p
         LEFT JOIN observed_members i ON i.chat_id = c.chat_id AND i.max_user_id = p.max_user_id
        WHERE p.max_user_id IS NOT NULL AND p.person_id = ANY(ARRAY(
              SELECT m.person_id FROM expected_members m WHERE m.chat_id = c.chat_id))) n ON true
 WHERE (SELECT current_setting('staff.operator', true)) IN ('ids', 'names')
    OR c.school_id = ANY((SELECT string_to_array(current_setting('staff.works_in', true), ','))::text[])
    OR c.chat_id = ANY((SELECT string_to_array(current_setting('staff.own_chats', true), ','))::text[]);

GRANT SELECT ON staff.chat_standings, staff.chat_numbers TO rollcall_staff;

COMMENT ON VIEW staff.chat_standings IS 'What is known of how each chat stands, of those that who asks may see: domain.access._sees_chat.';
COMMENT ON VIEW staff.chat_numbers IS 'How many belong in each of those, are linked, and are not inside.';
