-- What the dashboards say of the people of a chat, for whoever manages it, and who can be chosen
-- for one. The owner's views, which choose by themselves.
CREATE OR REPLACE VIEW staff.memberships WITH (security_barrier) AS
SELECT d.chat_id, d.person_id, d.max_user_id, d.role, d.reasons, d.state,
       b.state AS blocked_as, b.since AS blocked_since, b.retry_at
  FROM dashboard.memberships d
  LEFT JOIN dashboard.blocked b ON b.chat_id = d.chat_id AND b.person_id = d.person_id
 WHERE EXISTS (SELECT FROM staff.managed_chats c WHERE c.chat_id = d.chat_id);

-- Who belongs to a school today, once for each way: domain.rules.belongs_to_school, and of pupils
-- domain.orders.placement. A pupil's class is the one in which they are placed; a guardian's the
-- pupil's.
CREATE OR REPLACE VIEW staff.people_of_schools WITH (security_barrier) AS
WITH school AS (
    SELECT i.school_id,
           (clock_now() AT TIME ZONE coalesce(s.timezone, 'Europe/Moscow'))::date AS today
      FROM (SELECT unnest((SELECT string_to_array(current_setting('staff.chooses_in', true), ','))::text[])
            UNION
            SELECT current_setting('staff.looks_at', true)
             WHERE current_setting('staff.operator', true) IN ('ids', 'names')) AS i (school_id)
      LEFT JOIN fact_schools s USING (school_id)),
live AS (
    SELECT o.school_id, o.pupil_id, o.class_id, o.kind, o.effective_on, o.ordered_at,
           o.order_id COLLATE "C" AS order_id
      FROM school
      JOIN fact_orders o ON o.school_id = school.school_id AND o.effective_on <= school.today
     WHERE NOT EXISTS (SELECT FROM fact_cancellations c
                        WHERE c.order_id = o.order_id AND c.school_id = o.school_id)),
enrolled AS (
    SELECT DISTINCT ON (school_id, pupil_id) *
      FROM live WHERE kind = 'enrolment'
     ORDER BY school_id, pupil_id, effective_on DESC, ordered_at DESC, order_id DESC),
placed AS (
    SELECT e.school_id, e.pupil_id, e.class_id FROM enrolled e
     WHERE NOT EXISTS (SELECT FROM fact_people p WHERE p.person_id = e.pupil_id AND p.removed)
       AND NOT EXISTS (SELECT FROM live w
                        WHERE w.kind = 'withdrawal' AND w.school_id = e.school_id
                          AND w.pupil_id = e.pupil_id AND w.class_id = e.class_id
                          AND (w.effective_on, w.ordered_at, w.order_id)
                              > (e.effective_on, e.ordered_at, e.order_id)))
SELECT e.school_id, e.person_id, 'staff' AS part, NULL::text AS class_id, NULL::text AS pupil_id
  FROM school JOIN fact_employments e USING (school_id) WHERE NOT e.ended
UNION ALL
SELECT school_id, pupil_id, 'pupil', class_id, pupil_id FROM placed
UNION ALL
SELECT p.school_id, g.guardian_id, 'parent', p.class_id, p.pupil_id
  FROM placed p JOIN fact_guardianships g USING (pupil_id) WHERE NOT g.ended;

-- The same by name, for whoever may read it. Who belongs to a school in which they choose people is
-- known to them (staff.known_people), so that is not asked of one after another.
CREATE OR REPLACE VIEW staff.named_people WITH (security_barrier) AS
SELECT w.school_id, w.person_id, w.part, w.class_id, p.surname, p.given_name, p.patronymic,
       p.birth_date, p.sex
  FROM staff.people_of_schools w
  JOIN fact_people p USING (person_id)
 WHERE NOT p.removed
   AND ((SELECT current_setting('staff.operator', true)) = 'names'
        OR w.school_id = ANY((SELECT string_to_array(current_setting('staff.chooses_in', true), ','))::text[]));

-- Why somebody is not inside a chat in which they belong, of the chats that who asks manages or,
-- by ids, operates.
CREATE OR REPLACE VIEW staff.obstacles WITH (security_barrier) AS
SELECT b.chat_id, b.person_id, b.state, b.since, b.retry_at
  FROM dashboard.blocked b
 WHERE b.person_id IS NOT NULL
   AND ((SELECT current_setting('staff.operator', true)) IN ('ids', 'names')
        OR EXISTS (SELECT FROM staff.managed_chats c WHERE c.chat_id = b.chat_id));

-- «Сводка школы»: the same people with their names and whether they are linked, for whoever sees the
-- summary of the school or of the class (domain.access._sees_summary).
CREATE OR REPLACE VIEW staff.summary_people WITH (security_barrier) AS
SELECT w.school_id, w.person_id, w.part, w.class_id, w.pupil_id, f.max_user_id IS NOT NULL AS linked,
       CASE WHEN s.named THEN p.surname END AS surname,
       CASE WHEN s.named THEN p.given_name END AS given_name,
       CASE WHEN s.named THEN p.patronymic END AS patronymic, f.max_user_id
  FROM (SELECT current_setting('staff.operator', true) IN ('ids', 'names') AS operates,
               current_setting('staff.operator', true) IS DISTINCT FROM 'ids' AS named) s
 CROSS JOIN staff.people_of_schools w
  LEFT JOIN fact_people p USING (person_id)
  LEFT JOIN fact_profiles f USING (person_id)
 -- Not by p, so that whoever asks for no name has it left out. A pupil who was removed is nowhere.
 WHERE (w.part = 'pupil'
        OR NOT EXISTS (SELECT FROM fact_people r WHERE r.person_id = w.person_id AND r.removed))
   AND (s.operates
        OR w.school_id = ANY((SELECT string_to_array(current_setting('staff.administers', true), ','))::text[])
        OR w.class_id || '|' || w.school_id
           = ANY((SELECT string_to_array(current_setting('staff.leads_at', true), ','))::text[]));

-- Who belongs in which chat, and is inside, of those chats.
CREATE OR REPLACE VIEW staff.summary_places WITH (security_barrier) AS
SELECT m.chat_id, m.person_id, o.max_user_id IS NOT NULL AS inside
  FROM expected_members m
  LEFT JOIN fact_profiles f USING (person_id)
  LEFT JOIN observed_members o ON o.chat_id = m.chat_id AND o.max_user_id = f.max_user_id
 WHERE (SELECT current_setting('staff.operator', true)) IN ('ids', 'names')
    OR EXISTS (SELECT FROM staff.managed_chats c WHERE c.chat_id = m.chat_id);

-- The same a row a chat: who belongs in it, and which accounts are inside.
CREATE OR REPLACE VIEW staff.rosters WITH (security_barrier) AS
SELECT c.chat_id, c.school_id, c.class_id, c.kind, c.deleted, c.frozen,
       ARRAY(SELECT m.person_id FROM expected_members m WHERE m.chat_id = c.chat_id) AS people,
       ARRAY(SELECT o.max_user_id FROM observed_members o WHERE o.chat_id = c.chat_id) AS accounts
  FROM chats c
 WHERE (SELECT current_setting('staff.operator', true)) IN ('ids', 'names')
    OR EXISTS (SELECT FROM staff.managed_chats k WHERE k.chat_id = c.chat_id);

GRANT SELECT ON staff.memberships, staff.people_of_schools, staff.named_people, staff.obstacles,
    staff.summary_people, staff.summary_places, staff.rosters TO rollcall_staff;

COMMENT ON VIEW staff.memberships IS 'dashboard.memberships with why somebody is not inside, of the chats that are managed by who asks.';
COMMENT ON VIEW staff.people_of_schools IS 'Who belongs today to a school in which who asks chooses people, as staff, pupil or parent, and of which class; somebody may stand there more than once. To an operator, of the one school that they look at (staff.looks_at).';
COMMENT ON COLUMN staff.people_of_schools.pupil_id IS 'The pupil themselves, or of a parent the pupil by whom they belong.';
COMMENT ON VIEW staff.named_people IS 'staff.people_of_schools with names, as far as who asks may read them: domain.access._knows.';
COMMENT ON VIEW staff.summary_people IS 'staff.people_of_schools with names and whether they are linked, of the schools and classes whose summary who asks may see: domain.access._sees_summary. Names only to whoever may read them.';
COMMENT ON VIEW staff.summary_places IS 'Who belongs in which chat and whether they are inside, of the chats whose people may be seen by who asks: domain.access._sees_members.';
COMMENT ON VIEW staff.rosters IS 'The people who belong in each of those chats, and the accounts that are inside.';
COMMENT ON VIEW staff.obstacles IS 'dashboard.blocked of the people of those chats whose people may be seen by who asks: domain.access._sees_members.';
