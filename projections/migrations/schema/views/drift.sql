CREATE OR REPLACE VIEW dashboard.drift AS
SELECT d.entry, d.chat_id, c.school_id, c.kind AS chat_kind, d.max_user_id, p.person_id, d.kind,
       d.by_user_id, d.seen_at, d.due_at, d.resolution, d.resolved_at,
       d.kind = 'added_by_administrator' AND d.resolution IS NULL AND d.due_at IS NOT NULL
           AS is_proposal
  FROM drift d
  JOIN chats c USING (chat_id)
  LEFT JOIN LATERAL (
       SELECT min(f.person_id) AS person_id FROM fact_profiles f
        WHERE f.max_user_id = d.max_user_id) p ON true;

COMMENT ON VIEW dashboard.drift IS 'What people changed in the messenger against what we had made of a chat, one row each time.';
COMMENT ON COLUMN dashboard.drift.kind IS 'added_by_administrator, added (by link or unknown), removed_by_administrator, left, promoted, demoted, title_changed or bot_lost.';
COMMENT ON COLUMN dashboard.drift.max_user_id IS 'The account concerned; null where it is about the chat itself.';
COMMENT ON COLUMN dashboard.drift.person_id IS 'A person linked to that account now; null where there is none.';
COMMENT ON COLUMN dashboard.drift.by_user_id IS 'The account that did it, where an update of the messenger told.';
COMMENT ON COLUMN dashboard.drift.due_at IS 'When an open proposal ends, or when who went out is put back; an open departure without a date waits for a new reason.';
COMMENT ON COLUMN dashboard.drift.resolution IS 'Null while open. gone, expected, kept, tolerated, put_back, returned, not_expected, set_right, bot_back, or recorded where the chat is only observed or frozen.';
COMMENT ON COLUMN dashboard.drift.is_proposal IS 'A person of the school may keep this account; without that it leaves at due_at.';
