-- Who is not expected may stay: kept by a person, or not ours to remove. Where nothing is due any
-- more, nothing is going to be done about them, and the chat is as it should be.
CREATE OR REPLACE VIEW dashboard.chats AS
SELECT c.chat_id, c.school_id, c.kind, c.class_id, c.group_id AS subject_group_id, c.title,
       s.max_chat_id,
       coalesce(e.people, 0) AS expected,
       coalesce(e.accounts, 0) AS deliverable,
       coalesce(o.accounts, 0) AS observed,
       CASE
           WHEN c.deleted THEN 'deleted'
           WHEN c.frozen THEN 'frozen'
           WHEN s.waiting IN ('held', 'rejected') THEN s.waiting
           WHEN s.waiting IN ('parked', 'gone') THEN 'parked'
           WHEN s.max_chat_id IS NULL AND coalesce(e.accounts, 0) = 0 THEN 'not_created'
           WHEN s.due_at IS NULL AND s.observed_at IS NOT NULL
                AND coalesce(e.outside, 0) = 0 AND coalesce(b.accounts, 0) = 0 THEN 'converged'
           ELSE 'pending'
       END AS state,
       s.last_converged_at,
       s.answered_since,
       c.origin
  FROM chats c
  LEFT JOIN chat_sync s USING (chat_id)
  LEFT JOIN LATERAL (
       SELECT count(*) AS people, count(DISTINCT p.max_user_id) AS accounts,
              count(p.max_user_id) FILTER (WHERE i.max_user_id IS NULL) AS outside
         FROM expected_members m
         LEFT JOIN fact_profiles p USING (person_id)
         LEFT JOIN observed_members i ON i.chat_id = m.chat_id AND i.max_user_id = p.max_user_id
        WHERE m.chat_id = c.chat_id) e ON true
  LEFT JOIN LATERAL (
       SELECT count(*) AS accounts FROM observed_members m WHERE m.chat_id = c.chat_id) o ON true
  LEFT JOIN LATERAL (
       SELECT count(*) AS accounts FROM blocked_accounts m WHERE m.chat_id = c.chat_id) b ON true;

COMMENT ON COLUMN dashboard.chats.state IS 'converged, pending, held (waits for a person''s decision), rejected (a person decided against what the register asks for), frozen, parked, not_created or deleted; frozen counts neither as converged nor as unconverged. parked: a person must act in the messenger; dashboard.blocked says how.';
COMMENT ON COLUMN dashboard.chats.answered_since IS 'Since when part of what is known of the chat is only what calls were answered; null: it was read since, so converged is seen and not only answered.';
COMMENT ON COLUMN dashboard.chats.origin IS 'rule: the register asks for it; hand: somebody made it.';
COMMENT ON VIEW dashboard.chats IS 'One row a chat that exists for a school.';
COMMENT ON COLUMN dashboard.chats.expected IS 'People who belong in the chat by the rules and decisions.';
COMMENT ON COLUMN dashboard.chats.deliverable IS 'Distinct linked accounts of the expected people.';
COMMENT ON COLUMN dashboard.chats.observed IS 'Distinct accounts in the messenger as far as we know, without the bot.';
