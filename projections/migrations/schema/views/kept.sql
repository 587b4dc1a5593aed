CREATE OR REPLACE VIEW dashboard.kept AS
SELECT k.chat_id, c.school_id, k.max_user_id, p.person_id, k.author, k.at,
       o.max_user_id IS NOT NULL AS present,
       CASE WHEN is_barred(k.chat_id, k.max_user_id) THEN 'barred'
            WHEN expected_since(k.chat_id, k.max_user_id, k.at) THEN 'overtaken'
            ELSE 'kept' END AS state
  FROM kept_accounts k
  JOIN chats c USING (chat_id)
  LEFT JOIN observed_members o USING (chat_id, max_user_id)
  LEFT JOIN LATERAL (
       SELECT min(f.person_id) AS person_id FROM fact_profiles f
        WHERE f.max_user_id = k.max_user_id) p ON true;

COMMENT ON VIEW dashboard.kept IS 'Accounts that a person of the school keeps in a chat although nobody expects them there.';
COMMENT ON COLUMN dashboard.kept.author IS 'Who keeps them.';
COMMENT ON COLUMN dashboard.kept.present IS 'Whether they are in the chat, as far as we know.';
COMMENT ON COLUMN dashboard.kept.state IS 'kept; barred (excluded by hand, or removed from the register: they leave all the same) or overtaken (expected since: the register alone decides again).';
