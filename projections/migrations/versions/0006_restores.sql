-- Two things that a database does not know by itself: that it was restored, and that the
-- messenger deleted a chat for ever.

ALTER TABLE chat_sync
    ADD COLUMN restored_at timestamptz,     -- membership became unknown by a restore, and no
                                            -- person need look any more once it is null again
    ADD COLUMN gone_at timestamptz;         -- since when the messenger answers that the chat was
                                            -- deleted for ever; null: it does not

CREATE OR REPLACE VIEW dashboard.blocked AS
WITH expected AS (
    SELECT m.chat_id, m.person_id, p.max_user_id, m.known_since, s.link, s.max_chat_id,
           s.known_at, o.max_user_id IS NOT NULL AS inside
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
            WHEN g.max_user_id IS NOT NULL THEN 'left'
            WHEN a.off_since IS NOT NULL AND e.max_chat_id IS NOT NULL THEN 'invited'
            WHEN b.reason = 'add.participant.privacy' THEN 'privacy'
            WHEN b.reason = 'add.participant.not.found' THEN 'not_found'
            WHEN b.reason = 'adding.refused' THEN 'invited'
            WHEN b.reason = 'chat.full' THEN 'chat_full'
            ELSE 'refused' END AS state,
       CASE WHEN e.max_user_id IS NULL THEN e.known_since
            WHEN g.max_user_id IS NOT NULL THEN g.seen_at
            WHEN b.max_user_id IS NOT NULL THEN b.since
            ELSE greatest(a.off_since, e.known_since) END AS since,
       CASE WHEN e.max_user_id IS NULL THEN NULL
            WHEN g.max_user_id IS NOT NULL THEN g.due_at
            WHEN a.off_since IS NOT NULL THEN a.probe_at
            ELSE b.retry_at END AS retry_at,
       e.link
  FROM expected e
  CROSS JOIN adding a
  LEFT JOIN gone_out g USING (chat_id, max_user_id)
  LEFT JOIN blocked_accounts b USING (chat_id, max_user_id)
 WHERE NOT e.inside
   AND (e.max_user_id IS NULL OR g.max_user_id IS NOT NULL OR b.max_user_id IS NOT NULL
        OR (a.off_since IS NOT NULL AND e.max_chat_id IS NOT NULL))
UNION ALL
SELECT s.chat_id, NULL, NULL, 'bot_not_administrator', s.waiting_since, s.due_at, s.link
  FROM chat_sync s WHERE s.waiting = 'parked'
UNION ALL
SELECT s.chat_id, NULL, NULL, 'chat_deleted', s.gone_at, s.due_at, s.link
  FROM chat_sync s WHERE s.waiting = 'gone';

COMMENT ON VIEW dashboard.blocked IS 'Who is expected and not inside for a reason that is no error, and chats that wait for a person as a whole; each with a date.';
COMMENT ON COLUMN dashboard.blocked.state IS 'no_profile, privacy, not_found, refused (no reason given), chat_full, left, invited; of a whole chat bot_not_administrator, or chat_deleted: the messenger deleted it for ever.';

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
           WHEN s.waiting = 'held' THEN 'held'
           WHEN s.waiting IN ('parked', 'gone') THEN 'parked'
           WHEN s.max_chat_id IS NULL AND coalesce(e.accounts, 0) = 0 THEN 'not_created'
           WHEN s.due_at IS NULL AND s.observed_at IS NOT NULL
                AND coalesce(e.outside, 0) = 0 AND coalesce(b.accounts, 0) = 0 THEN 'converged'
           ELSE 'pending'
       END AS state,
       s.last_converged_at
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

COMMENT ON COLUMN dashboard.chats.state IS 'converged, pending, held, frozen, parked, not_created or deleted; frozen counts neither as converged nor as unconverged. parked: a person must act in the messenger; dashboard.blocked says how.';
