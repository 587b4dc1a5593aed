-- Who is expected in which chat, in one statement over the fact tables, by the wire contract.
--
-- It shares nothing with the rules: an order is in force from its date until the pupil's next
-- enrolment in the school, or a withdrawal from its class, so a roster of any day is a range
-- condition and no fold. By-hand decisions and kinds of chat that are switched off are not in it.
-- What stands in braces is filled in by benchmarks/yardstick/statement.py.
CREATE TABLE {target} AS
WITH moment AS MATERIALIZED (SELECT clock_now() AS at),
removed AS MATERIALIZED (SELECT person_id FROM fact_people WHERE removed),

-- Classes with the last day that counts for their placements: today, or the day before closing.
known_class AS (
    SELECT c.class_id, c.school_id, c.class_teacher_id, c.at,
           coalesce(s.timezone, {default_zone}) AS zone,
           (moment.at AT TIME ZONE coalesce(s.timezone, {default_zone}))::date AS today,
           least(c.closed_on, s.closed_on) AS closes_on
      FROM moment CROSS JOIN fact_classes c LEFT JOIN fact_schools s USING (school_id)),
class_day AS MATERIALIZED (
    SELECT class_id, school_id, class_teacher_id, at, zone, today, closes_on,
           CASE WHEN closes_on <= today THEN closes_on - 1 ELSE today END AS day
      FROM known_class),

-- Groups of a class of their own school; any other group's chat is empty.
group_day AS MATERIALIZED (
    SELECT g.group_id, g.class_id, g.school_id, g.teacher_ids, g.pupil_ids, g.at,
           CASE WHEN least(g.closed_on, c.closes_on) <= c.today
                THEN least(g.closed_on, c.closes_on) - 1 ELSE c.today END AS day
      FROM fact_subject_groups g JOIN class_day c USING (class_id, school_id)),

-- Of each live enrolment the date on which it stops placing its pupil.
ordered AS (
    SELECT order_id, kind, school_id, pupil_id, class_id, effective_on,
           least(min(effective_on) FILTER (WHERE kind = 'enrolment') OVER later,
                 min(effective_on) FILTER (WHERE kind = 'withdrawal') OVER later_of_class)
               AS until
      FROM fact_orders o
     WHERE NOT EXISTS (SELECT FROM fact_cancellations c
                        WHERE (c.order_id, c.school_id) = (o.order_id, o.school_id))
       AND NOT EXISTS (SELECT FROM removed WHERE removed.person_id = o.pupil_id)
    WINDOW later AS (
               PARTITION BY school_id, pupil_id
               ORDER BY effective_on DESC, ordered_at DESC, order_id COLLATE "C" DESC
               ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING),
           later_of_class AS (
               PARTITION BY school_id, pupil_id, class_id
               ORDER BY effective_on DESC, ordered_at DESC, order_id COLLATE "C" DESC
               ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)),
in_force AS MATERIALIZED (
    SELECT o.order_id, o.pupil_id, o.class_id, o.effective_on, o.until, c.day, c.zone
      FROM ordered o JOIN class_day c USING (class_id, school_id)
     WHERE o.kind = 'enrolment' AND (o.until IS NULL OR o.until > o.effective_on)),

-- The first instant of an order's date in the school's zone, which may come twice: a wall clock
-- put back over midnight shows it again, and PostgreSQL takes the second.
dates AS (SELECT DISTINCT zone, effective_on FROM in_force),
instants AS (
    SELECT zone, effective_on, effective_on::timestamp AS wall,
           effective_on::timestamp AT TIME ZONE zone AS at FROM dates),
before AS (
    SELECT zone, effective_on, wall, at,
           (wall - ((at - interval '1 day') AT TIME ZONE zone
                    - (at - interval '1 day') AT TIME ZONE 'UTC')) AT TIME ZONE 'UTC' AS earlier
      FROM instants),
firsts AS (
    SELECT zone, effective_on,
           CASE WHEN earlier < at AND earlier AT TIME ZONE zone = wall
                THEN earlier ELSE at END AS at
      FROM before),
since AS MATERIALIZED (
    SELECT zone, effective_on, {instant_of_f} AS text FROM firsts f),

-- A pupil's reason is the same in all chats of the class, so it is made once.
enrolled AS MATERIALIZED (
    SELECT f.class_id, f.pupil_id, f.effective_on, f.until, f.day, f.order_id, since.text AS since,
           jsonb_build_array(jsonb_build_object(
               'kind', 'order', 'ref', f.order_id, 'role', 'member',
               'order', f.order_id, 'since', since.text)) AS reasons
      FROM in_force f JOIN since USING (zone, effective_on)),
class_pupil AS (
    SELECT class_id, pupil_id AS person_id, reasons, order_id, since
      FROM enrolled WHERE effective_on <= day AND (until IS NULL OR until > day)),
group_pupil AS (
    SELECT g.group_id, e.pupil_id AS person_id, e.reasons
      FROM group_day g JOIN enrolled e USING (class_id)
     WHERE g.pupil_ids IS NULL AND e.effective_on <= g.day AND (e.until IS NULL OR e.until > g.day)
    UNION ALL
    SELECT g.group_id, e.pupil_id, e.reasons
      FROM (SELECT DISTINCT group_id, class_id, day, unnest(pupil_ids) AS pupil_id
              FROM group_day WHERE pupil_ids IS NOT NULL) AS g
      JOIN enrolled e USING (class_id, pupil_id)
     WHERE e.effective_on <= g.day AND (e.until IS NULL OR e.until > g.day)),
guardian AS (
    SELECT p.class_id, b.guardian_id AS person_id,
           jsonb_agg(jsonb_build_object(
               'kind', 'guardianship', 'ref', b.guardian_id || ':' || b.pupil_id,
               'role', 'member', 'order', p.order_id, 'since', p.since)
               ORDER BY b.pupil_id COLLATE "C") AS reasons
      FROM class_pupil p JOIN fact_guardianships b ON b.pupil_id = p.person_id
     WHERE NOT b.ended
       AND NOT EXISTS (SELECT FROM removed WHERE removed.person_id = b.guardian_id)
     GROUP BY p.class_id, b.guardian_id),

-- Teachers: not those whose employment in the school has ended; none known says nothing.
class_teacher AS MATERIALIZED (
    SELECT c.class_id, c.class_teacher_id AS person_id,
           jsonb_build_array(jsonb_build_object(
               'kind', 'class_teacher', 'ref', c.class_id, 'role', 'administrator',
               'since', {instant_of_c})) AS reasons
      FROM class_day c
     WHERE c.class_teacher_id IS NOT NULL
       AND NOT EXISTS (SELECT FROM fact_employments e WHERE e.ended
                        AND (e.person_id, e.school_id) = (c.class_teacher_id, c.school_id))
       AND NOT EXISTS (SELECT FROM removed WHERE removed.person_id = c.class_teacher_id)),
group_teacher AS (
    SELECT g.group_id, g.person_id,
           jsonb_build_array(jsonb_build_object(
               'kind', 'subject_group', 'ref', g.group_id, 'role', 'administrator',
               'since', {instant_of_g})) AS reasons
      FROM (SELECT DISTINCT group_id, school_id, at, unnest(teacher_ids) AS person_id
              FROM group_day) AS g
     WHERE NOT EXISTS (SELECT FROM fact_employments e WHERE e.ended
                        AND (e.person_id, e.school_id) = (g.person_id, g.school_id))
       AND NOT EXISTS (SELECT FROM removed WHERE removed.person_id = g.person_id)),
employed AS (
    SELECT e.school_id, e.person_id, 'administrator' = ANY (e.roles) AS leads,
           'teacher' = ANY (e.roles) AS teaches,
           jsonb_build_object('kind', 'employment', 'ref', e.school_id,
                              'since', {instant_of_e}) AS reason
      FROM fact_employments e JOIN fact_schools s USING (school_id)
     WHERE NOT e.ended AND e.roles && ARRAY['teacher', 'administrator']
       AND NOT EXISTS (SELECT FROM removed WHERE removed.person_id = e.person_id))

-- Reasons in their fixed order: class teacher, order, guardianship, subject group.
SELECT 'staff_room:' || school_id AS chat_id, person_id,
       CASE WHEN leads THEN 'administrator' ELSE 'member' END AS role,
       CASE WHEN leads THEN jsonb_build_array(reason || '{"role": "administrator"}')
            ELSE '[]' END
       || CASE WHEN teaches THEN jsonb_build_array(reason || '{"role": "member"}')
               ELSE '[]' END AS reasons
  FROM employed
UNION ALL
SELECT 'class:' || class_id, person_id,
       CASE WHEN t.reasons IS NULL THEN 'member' ELSE 'administrator' END,
       coalesce(t.reasons || p.reasons, t.reasons, p.reasons)
  FROM class_pupil p FULL JOIN class_teacher t USING (class_id, person_id)
UNION ALL
SELECT 'parents:' || class_id, person_id,
       CASE WHEN t.reasons IS NULL THEN 'member' ELSE 'administrator' END,
       coalesce(t.reasons || g.reasons, t.reasons, g.reasons)
  FROM guardian g FULL JOIN class_teacher t USING (class_id, person_id)
UNION ALL
SELECT 'subject:' || group_id, person_id,
       CASE WHEN t.reasons IS NULL THEN 'member' ELSE 'administrator' END,
       coalesce(p.reasons || t.reasons, p.reasons, t.reasons)
  FROM group_pupil p FULL JOIN group_teacher t USING (group_id, person_id)
