CREATE OR REPLACE VIEW dashboard.blocked AS
WITH expected AS (
    SELECT m.chat_id, m.person_id, p.max_user_id, m.known_since, s.link, s.max_chat_id,
           s.known_at, o.max_user_id IS NOT NULL AS inside, c.school_id
      FROM expected_members m
      JOIN chats c USING (chat_id)
      JOIN chat_sync s USING (chat_id)
      LEFT JOIN fact_profiles p USING (person_id)
      LEFT JOIN observed_members o ON o.chat_id = m.chat_id AND o.max_user_id = p.max_user_id
     WHERE NOT c.deleted AND NOT c.frozen),
gone_out AS (
    SELECT chat_id, max_user_id, min(seen_at) AS seen_at, max(due_at) AS due_at FROM drift
     WHERE kind IN ('left', 'removed_by_administrator') AND resolution IS NULL AND NOT insists
     GROUP BY 1, 2)
SELECT e.chat_id, e.person_id, e.max_user_id,
       CASE WHEN e.max_user_id IS NULL THEN 'no_profile'
            WHEN e.max_user_id = (SELECT max_user_id FROM own_account) THEN 'own_account'
            WHEN g.max_user_id IS NOT NULL THEN 'left'
            WHEN a.off_since IS NOT NULL AND e.max_chat_id IS NOT NULL THEN 'invited'
            WHEN b.reason = 'add.participant.privacy' THEN 'privacy'
            WHEN b.reason = 'add.participant.not.found' THEN 'not_found'
            WHEN b.reason = 'adding.refused' THEN 'invited'
            WHEN b.reason = 'chat.full' THEN 'chat_full'
            WHEN b.max_user_id IS NOT NULL THEN 'refused'
            ELSE 'paused' END AS state,
       CASE WHEN e.max_user_id IS NULL THEN e.known_since
            WHEN g.max_user_id IS NOT NULL THEN g.seen_at
            WHEN b.max_user_id IS NOT NULL THEN b.since
            WHEN f.max_user_id IS NOT NULL THEN f.since
            ELSE greatest(a.off_since, e.known_since) END AS since,
       CASE WHEN e.max_user_id IS NULL THEN NULL
            WHEN g.max_user_id IS NOT NULL THEN g.due_at
            WHEN a.off_since IS NOT NULL THEN a.probe_at
            ELSE coalesce(b.retry_at, f.retry_at) END AS retry_at,
       e.link, coalesce(b.said, f.said) AS code, e.school_id
  FROM expected e
  CROSS JOIN adding a
  LEFT JOIN gone_out g USING (chat_id, max_user_id)
  LEFT JOIN blocked_accounts b USING (chat_id, max_user_id)
  LEFT JOIN setbacks f ON f.chat_id = e.chat_id AND f.max_user_id = e.max_user_id
                      AND f.wish = 'add' AND f.kind = 'paused'
 WHERE NOT e.inside
   AND (e.max_user_id IS NULL OR g.max_user_id IS NOT NULL OR b.max_user_id IS NOT NULL
        OR f.max_user_id IS NOT NULL
        OR e.max_user_id = (SELECT max_user_id FROM own_account)
        OR (a.off_since IS NOT NULL AND e.max_chat_id IS NOT NULL))
UNION ALL
SELECT s.chat_id, NULL, NULL, 'bot_not_administrator', s.waiting_since, s.due_at, s.link, NULL,
       c.school_id
  FROM chat_sync s JOIN chats c USING (chat_id) WHERE s.waiting = 'parked'
UNION ALL
SELECT s.chat_id, NULL, NULL, 'chat_deleted', s.gone_at, s.due_at, s.link, NULL, c.school_id
  FROM chat_sync s JOIN chats c USING (chat_id) WHERE s.waiting = 'gone';

COMMENT ON VIEW dashboard.blocked IS 'Who is expected and not inside for a reason that is no error, and chats that wait for a person as a whole; each with a date.';
COMMENT ON COLUMN dashboard.blocked.state IS 'no_profile, privacy, not_found, refused (no reason that we know; see code), paused (its calls fail), own_account (the profile names the bot), chat_full, left, invited; of a whole chat bot_not_administrator, or chat_deleted: the messenger deleted it for ever.';
COMMENT ON COLUMN dashboard.blocked.person_id IS 'Null where the whole chat waits.';
COMMENT ON COLUMN dashboard.blocked.since IS 'Since when.';
COMMENT ON COLUMN dashboard.blocked.retry_at IS 'When it is tried again by itself; null: when something changes.';
COMMENT ON COLUMN dashboard.blocked.code IS 'What the messenger said, where it is none of the known reasons.';
COMMENT ON COLUMN dashboard.blocked.link IS 'The link of the chat, to hand to the person; null where the messenger gave none.';
COMMENT ON COLUMN dashboard.blocked.school_id IS 'The school of the chat.';
