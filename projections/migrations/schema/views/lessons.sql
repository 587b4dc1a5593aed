CREATE OR REPLACE VIEW dashboard.lessons AS
SELECT l.lesson_id, w.school_id, w.group_id AS subject_group_id, w.starts_at, w.ends_at, w.cancelled,
       w.decided AS wanted, l.standing,
       CASE WHEN l.waiting = 'refused' THEN 'refused'
            WHEN l.waiting = 'no_chat' THEN 'no_chat'
            WHEN NOT w.known THEN 'unknown'
            WHEN l.waiting = 'running' THEN 'running'
            WHEN l.due_at IS NOT NULL OR l.lease_until > clock_now()
                 OR l.live AND l.seen IS DISTINCT FROM w.fingerprint THEN 'pending'
            WHEN w.ends_at <= clock_now() THEN 'over'
            WHEN l.standing = 'made' THEN 'converged'
            ELSE 'none' END AS state,
       l.attempts, l.failing_since, l.failing_because, l.waiting_since, l.converged_at
  FROM lesson_calls l JOIN lesson_wishes w USING (lesson_id);
COMMENT ON VIEW dashboard.lessons IS 'One row per lesson about which somebody decided: how the messenger''s call stands to it. Never the link.';
COMMENT ON COLUMN dashboard.lessons.wanted IS 'Whether the last decision of a person is that there is a distance lesson';
COMMENT ON COLUMN dashboard.lessons.standing IS 'What is known of the call: none, asked (it may have been made), made, doubted (a change without an answer)';
COMMENT ON COLUMN dashboard.lessons.state IS 'converged, pending, running (it should go and people are in it), no_chat (the subject''s chat is not in the messenger), unknown (the register has not told of it), refused (the messenger said no), over, none';
