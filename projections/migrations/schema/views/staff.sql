-- What the dashboards say, for who asks (see schema/12_console.sql). The owner's views: they
-- count people whom who asks may not see one by one, and tell no more than the number.
CREATE OR REPLACE VIEW staff.chats WITH (security_barrier) AS
SELECT d.*
  FROM dashboard.chats d
 WHERE (SELECT current_setting('staff.operator', true)) IN ('ids', 'names')
    OR d.school_id = ANY((SELECT string_to_array(current_setting('staff.works_in', true), ','))::text[])
    OR d.chat_id = ANY((SELECT string_to_array(current_setting('staff.own_chats', true), ','))::text[]);

CREATE OR REPLACE VIEW staff.chat_links WITH (security_barrier) AS
SELECT s.chat_id, s.link
  FROM chat_sync s
 WHERE s.link IS NOT NULL
   AND (s.chat_id = ANY((SELECT string_to_array(current_setting('staff.own_chats', true), ','))::text[])
        OR EXISTS (SELECT FROM staff.managed_chats c WHERE c.chat_id = s.chat_id));

CREATE OR REPLACE VIEW staff.family_obstacles WITH (security_barrier) AS
SELECT b.chat_id, b.person_id, b.state, b.since, b.retry_at
  FROM dashboard.blocked b
 WHERE b.person_id = ANY((SELECT string_to_array(current_setting('staff.family', true), ','))::text[]);

GRANT SELECT ON staff.chats, staff.chat_links, staff.family_obstacles TO rollcall_staff;

COMMENT ON VIEW staff.chats IS 'dashboard.chats, the rows that who asks may see.';
COMMENT ON VIEW staff.chat_links IS 'The link that lets people in, of the chats that are one''s own, a child''s, or managed by who asks. Operators see none.';
COMMENT ON VIEW staff.family_obstacles IS 'Why one, or one''s child, is not in a chat in which they belong: dashboard.blocked of those people.';
