CREATE OR REPLACE VIEW dashboard.memberships AS
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
  LEFT JOIN (SELECT DISTINCT chat_id, max_user_id FROM dashboard.blocked) b
         ON b.chat_id = m.chat_id AND b.max_user_id = p.max_user_id
UNION ALL
SELECT o.chat_id, k.person_id, o.max_user_id,
       CASE WHEN o.is_admin THEN 'administrator' ELSE 'member' END, '[]'::jsonb,
       CASE WHEN h.state = 'kept' OR (s.due_at IS NULL AND s.observed_at IS NOT NULL)
            THEN 'present' ELSE 'to_remove' END
  FROM observed_members o
  JOIN chat_sync s USING (chat_id)
  LEFT JOIN dashboard.kept h USING (chat_id, max_user_id)
  LEFT JOIN LATERAL (
       SELECT min(f.person_id) AS person_id FROM fact_profiles f
        WHERE f.max_user_id = o.max_user_id) k ON true
 WHERE NOT EXISTS (
       SELECT FROM expected_members m JOIN fact_profiles p USING (person_id)
        WHERE m.chat_id = o.chat_id AND p.max_user_id = o.max_user_id);

COMMENT ON COLUMN dashboard.memberships.state IS 'present, to_add, to_remove, no_profile or blocked; dashboard.blocked says why. A surplus account is present where it is kept or not ours to remove.';
COMMENT ON VIEW dashboard.memberships IS 'One row for each chat and expected person, and one for each surplus account.';
COMMENT ON COLUMN dashboard.memberships.person_id IS 'Null where nobody is linked to a surplus account.';
