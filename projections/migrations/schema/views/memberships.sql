-- Who is blocked is asked of each who is not inside, and whose a surplus account is by a join: so a
-- question about one person, or one chat, goes through no others.
CREATE OR REPLACE VIEW dashboard.memberships AS
SELECT m.chat_id, m.person_id, p.max_user_id, m.role, m.reasons,
       CASE
           WHEN p.max_user_id IS NULL THEN 'no_profile'
           WHEN o.max_user_id IS NOT NULL THEN 'present'
           WHEN EXISTS (SELECT FROM dashboard.blocked b
                         WHERE b.chat_id = m.chat_id AND b.max_user_id = p.max_user_id)
           THEN 'blocked'
           ELSE 'to_add'
       END AS state,
       c.school_id
  FROM expected_members m
  JOIN chats c USING (chat_id)
  LEFT JOIN fact_profiles p USING (person_id)
  LEFT JOIN observed_members o ON o.chat_id = m.chat_id AND o.max_user_id = p.max_user_id
UNION ALL
SELECT o.chat_id, k.person_id, o.max_user_id,
       CASE WHEN o.is_admin THEN 'administrator' ELSE 'member' END, '[]'::jsonb,
       CASE WHEN h.state = 'kept' OR (s.due_at IS NULL AND s.observed_at IS NOT NULL)
            THEN 'present' ELSE 'to_remove' END,
       c.school_id
  FROM observed_members o
  LEFT JOIN fact_profiles k
         ON k.max_user_id = o.max_user_id
            AND NOT EXISTS (SELECT FROM fact_profiles f
                             WHERE f.max_user_id = k.max_user_id AND f.person_id < k.person_id)
  JOIN chats c ON c.chat_id = o.chat_id
  JOIN chat_sync s ON s.chat_id = o.chat_id
  LEFT JOIN dashboard.kept h ON h.chat_id = o.chat_id AND h.max_user_id = o.max_user_id
 WHERE NOT EXISTS (
       SELECT FROM expected_members m JOIN fact_profiles p USING (person_id)
        WHERE m.chat_id = o.chat_id AND p.max_user_id = o.max_user_id);

COMMENT ON COLUMN dashboard.memberships.state IS 'present, to_add, to_remove, no_profile or blocked; dashboard.blocked says why. A surplus account is present where it is kept or not ours to remove.';
COMMENT ON VIEW dashboard.memberships IS 'One row for each chat and expected person, and one for each surplus account.';
COMMENT ON COLUMN dashboard.memberships.person_id IS 'Null where nobody is linked to a surplus account.';
COMMENT ON COLUMN dashboard.memberships.school_id IS 'The school of the chat.';
