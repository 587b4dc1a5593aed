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
      FROM unnest((SELECT string_to_array(current_setting('staff.chooses_in', true), ','))::text[])
           AS i (school_id)
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
      JOIN fact_people p ON p.person_id = e.pupil_id AND NOT p.removed
     WHERE NOT EXISTS (SELECT FROM live w
                        WHERE w.kind = 'withdrawal' AND w.school_id = e.school_id
                          AND w.pupil_id = e.pupil_id AND w.class_id = e.class_id
                          AND (w.effective_on, w.ordered_at, w.order_id)
                              > (e.effective_on, e.ordered_at, e.order_id)))
SELECT e.school_id, e.person_id, 'staff' AS part, NULL::text AS class_id
  FROM school JOIN fact_employments e USING (school_id) WHERE NOT e.ended
UNION ALL
SELECT school_id, pupil_id, 'pupil', class_id FROM placed
UNION ALL
SELECT p.school_id, g.guardian_id, 'parent', p.class_id
  FROM placed p JOIN fact_guardianships g USING (pupil_id) WHERE NOT g.ended;

GRANT SELECT ON staff.memberships, staff.people_of_schools TO rollcall_staff;

COMMENT ON VIEW staff.memberships IS 'dashboard.memberships with why somebody is not inside, of the chats that are managed by who asks.';
COMMENT ON VIEW staff.people_of_schools IS 'Who belongs today to a school in which who asks chooses people, as staff, pupil or parent, and of which class; somebody may stand there more than once.';
