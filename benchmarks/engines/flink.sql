-- Topics to expected memberships with reasons, as one Flink SQL job. Statements end with a line
-- of their own that holds a semicolon; what stands in braces is filled in by on_flink.py.
--
-- Dates are text, YYYY-MM-DD, which compares as they do; instants are microseconds since 1970.
-- Flink has no midnight: which day it is in which zone comes in by a topic, so that a new day
-- changes memberships with no order arriving. What counts for a chat is the first day that does
-- not: tomorrow, or the closing date of a closed chat.
CREATE TABLE records (
    `type` STRING, id STRING, source STRING, `time` STRING,
    data ROW<
        school_id STRING, class_id STRING, group_id STRING, person_id STRING, order_id STRING,
        pupil_id STRING, guardian_id STRING, class_teacher_id STRING, version BIGINT,
        status STRING, closed_on STRING, timezone STRING, effective_on STRING, ordered_at STRING,
        roles ARRAY<STRING>, teacher_ids ARRAY<STRING>, pupils STRING>
) WITH (
    'connector' = 'kafka',
    'topic' = '{topics}',
    'properties.bootstrap.servers' = '{bootstrap}',
    'properties.group.id' = 'engines-flink',
    'properties.fetch.min.bytes' = '1',
    'scan.startup.mode' = 'earliest-offset',
    'format' = 'json',
    'json.ignore-parse-errors' = 'true'
)
;
CREATE TABLE days (
    zone STRING, tomorrow STRING,
    PRIMARY KEY (zone) NOT ENFORCED
) WITH (
    'connector' = 'upsert-kafka',
    'topic' = '{days}',
    'properties.bootstrap.servers' = '{bootstrap}',
    'key.format' = 'json',
    'value.format' = 'json'
)
;
CREATE TABLE members (
    chat_id STRING, person_id STRING, administers BOOLEAN, reasons STRING,
    PRIMARY KEY (chat_id, person_id) NOT ENFORCED
) WITH (
    'connector' = 'upsert-kafka',
    'topic' = '{members}',
    'properties.bootstrap.servers' = '{bootstrap}',
    'properties.linger.ms' = '5',
    'properties.batch.size' = '262144',
    'key.format' = 'json',
    'value.format' = 'json'
)
;
CREATE VIEW events AS
SELECT `type`, id, source, data, {microseconds:`time`} AS noted FROM records
;

-- Facts: of each entity the state of the highest rank.
CREATE VIEW schools AS
SELECT school_id, zone, closed_on FROM (
    SELECT data.school_id AS school_id, data.timezone AS zone,
           CASE WHEN data.status = 'closed' THEN data.closed_on ELSE '9999-99-99' END AS closed_on,
           {place:data.school_id} FROM events WHERE `type` = 'sgo.school.changed.v1')
 WHERE place = 1
;
CREATE VIEW classes AS
SELECT class_id, school_id, class_teacher_id, closed_on, noted FROM (
    SELECT data.class_id AS class_id, data.school_id AS school_id,
           data.class_teacher_id AS class_teacher_id, noted,
           CASE WHEN data.status = 'closed' THEN data.closed_on ELSE '9999-99-99' END AS closed_on,
           {place:data.class_id} FROM events
     WHERE `type` IN ('sgo.class.created.v1', 'sgo.class.changed.v1'))
 WHERE place = 1
;
CREATE VIEW subject_groups AS
SELECT group_id, school_id, class_id, teacher_ids, pupils, closed_on, noted FROM (
    SELECT data.group_id AS group_id, data.school_id AS school_id, data.class_id AS class_id,
           data.teacher_ids AS teacher_ids, data.pupils AS pupils, noted,
           CASE WHEN data.status = 'closed' THEN data.closed_on ELSE '9999-99-99' END AS closed_on,
           {place:data.group_id} FROM events WHERE `type` = 'sgo.subject-group.changed.v1')
 WHERE place = 1
;
CREATE VIEW removed AS
SELECT person_id FROM (
    SELECT data.person_id AS person_id, data.status AS status,
           {place:data.person_id} FROM events WHERE `type` = 'sgo.person.changed.v1')
 WHERE place = 1 AND status = 'removed'
;
CREATE VIEW employments AS
SELECT person_id, school_id, roles, ended, noted FROM (
    SELECT data.person_id AS person_id, data.school_id AS school_id, data.roles AS roles,
           data.status = 'ended' AS ended, noted,
           {place:data.person_id, data.school_id} FROM events
     WHERE `type` = 'sgo.employment.changed.v1')
 WHERE place = 1
;
CREATE VIEW gone AS SELECT person_id, school_id FROM employments WHERE ended
;
CREATE VIEW guardianships AS
SELECT g.guardian_id, g.pupil_id FROM (
    SELECT data.guardian_id AS guardian_id, data.pupil_id AS pupil_id, data.status AS status,
           {place:data.guardian_id, data.pupil_id} FROM events
     WHERE `type` = 'sgo.guardianship.changed.v1')
  AS g LEFT JOIN removed r ON r.person_id = g.guardian_id
 WHERE g.place = 1 AND g.status = 'active' AND r.person_id IS NULL
;
CREATE VIEW orders AS
SELECT order_id, enrols, school_id, pupil_id, class_id, effective_on, ordered_at FROM (
    SELECT data.order_id AS order_id, `type` = 'sgo.enrolment.ordered.v1' AS enrols,
           data.school_id AS school_id, data.pupil_id AS pupil_id, data.class_id AS class_id,
           data.effective_on AS effective_on,
           {microseconds:data.ordered_at} AS ordered_at,
           {unversioned:data.order_id} FROM events
     WHERE `type` IN ('sgo.enrolment.ordered.v1', 'sgo.withdrawal.ordered.v1'))
 WHERE place = 1
;
CREATE VIEW cancellations AS
SELECT DISTINCT data.order_id AS order_id, data.school_id AS school_id FROM events
 WHERE `type` = 'sgo.order.cancelled.v1'
;

-- An enrolment places its pupil until the pupil's next enrolment in the school, or a withdrawal
-- from its class.
CREATE VIEW live_orders AS
SELECT o.* FROM orders o
  LEFT JOIN cancellations c ON c.order_id = o.order_id AND c.school_id = o.school_id
  LEFT JOIN removed r ON r.person_id = o.pupil_id
 WHERE c.order_id IS NULL AND r.person_id IS NULL
;
CREATE VIEW ends AS
SELECT e.order_id, MIN(o.effective_on) AS until
  FROM live_orders e JOIN live_orders o ON o.school_id = e.school_id AND o.pupil_id = e.pupil_id
 WHERE e.enrols AND (o.enrols OR o.class_id = e.class_id) AND o.order_id <> e.order_id
   AND (o.effective_on > e.effective_on
        OR o.effective_on = e.effective_on AND o.ordered_at > e.ordered_at
        OR o.effective_on = e.effective_on AND o.ordered_at = e.ordered_at
           AND o.order_id > e.order_id)
 GROUP BY e.order_id
;
CREATE VIEW placings AS
SELECT e.order_id, e.school_id, e.pupil_id, e.class_id, e.effective_on, ends.until
  FROM live_orders e LEFT JOIN ends ON ends.order_id = e.order_id
 WHERE e.enrols
;

-- Classes and groups with the first day that does not count any more.
CREATE VIEW class_days AS
SELECT c.class_id, c.school_id, c.closes_on, d.zone, d.tomorrow,
       CASE WHEN c.closes_on < d.tomorrow THEN c.closes_on ELSE d.tomorrow END AS before_day
  FROM (SELECT c.class_id, c.school_id, COALESCE(s.zone, '{default_zone}') AS zone,
               CASE WHEN s.closed_on < c.closed_on THEN s.closed_on ELSE c.closed_on END
                   AS closes_on
          FROM classes c LEFT JOIN schools s ON s.school_id = c.school_id) AS c
  JOIN days d ON d.zone = c.zone
;
CREATE VIEW group_days AS
SELECT g.group_id, g.class_id, g.school_id, g.pupils,
       CASE WHEN g.closed_on < c.closes_on AND g.closed_on < c.tomorrow THEN g.closed_on
            ELSE c.before_day END AS before_day
  FROM subject_groups g JOIN class_days c ON c.class_id = g.class_id AND c.school_id = g.school_id
;
CREATE VIEW enrolled AS
SELECT p.class_id, p.pupil_id, p.order_id, p.effective_on, p.until, c.before_day,
       {midnight:p.effective_on, c.zone} AS since
  FROM placings p JOIN class_days c ON c.class_id = p.class_id AND c.school_id = p.school_id
;
CREATE VIEW class_pupils AS
SELECT class_id, pupil_id, order_id, since FROM enrolled
 WHERE effective_on < before_day AND (until IS NULL OR until >= before_day)
;

-- A reason is text: kind, ref, role, since, and the order that it rests on. Ids hold neither
-- bars nor quotes, so a roster's own JSON can be asked for one.
CREATE VIEW group_pupils AS
SELECT g.group_id, e.pupil_id, e.order_id, e.since
  FROM group_days g JOIN enrolled e ON e.class_id = g.class_id
 WHERE e.effective_on < g.before_day AND (e.until IS NULL OR e.until >= g.before_day)
   AND (g.pupils = 'whole-class' OR LOCATE('"' || e.pupil_id || '"', g.pupils) > 0)
;
CREATE VIEW class_teachers AS
SELECT c.class_id, c.class_teacher_id AS person_id, c.noted FROM classes c
  LEFT JOIN gone e ON e.person_id = c.class_teacher_id AND e.school_id = c.school_id
  LEFT JOIN removed r ON r.person_id = c.class_teacher_id
 WHERE c.class_teacher_id IS NOT NULL AND e.person_id IS NULL AND r.person_id IS NULL
;
CREATE VIEW group_teachers AS
SELECT g.group_id, g.person_id, g.noted
  FROM (SELECT g.group_id, g.school_id, g.class_id, g.noted, t.person_id
          FROM subject_groups g CROSS JOIN UNNEST(ARRAY_DISTINCT(g.teacher_ids)) AS t (person_id)
       ) AS g
  JOIN classes c ON c.class_id = g.class_id AND c.school_id = g.school_id
  LEFT JOIN gone e ON e.person_id = g.person_id AND e.school_id = g.school_id
  LEFT JOIN removed r ON r.person_id = g.person_id
 WHERE e.person_id IS NULL AND r.person_id IS NULL
;
CREATE VIEW employed AS
SELECT e.school_id, e.person_id, e.roles, e.noted FROM employments e
  JOIN schools s ON s.school_id = e.school_id
  LEFT JOIN removed r ON r.person_id = e.person_id
 WHERE NOT e.ended AND r.person_id IS NULL
;
CREATE VIEW reasons AS
SELECT 'staff_room:' || school_id AS chat_id, person_id, 0 AS administers,
       'employment|' || school_id || '|member|' || CAST(noted AS STRING) || '|' AS reason
  FROM employed WHERE ARRAY_CONTAINS(roles, 'teacher')
UNION ALL
SELECT 'staff_room:' || school_id, person_id, 1,
       'employment|' || school_id || '|administrator|' || CAST(noted AS STRING) || '|'
  FROM employed WHERE ARRAY_CONTAINS(roles, 'administrator')
UNION ALL
SELECT 'class:' || class_id, person_id, 1,
       'class_teacher|' || class_id || '|administrator|' || CAST(noted AS STRING) || '|'
  FROM class_teachers
UNION ALL
SELECT 'parents:' || class_id, person_id, 1,
       'class_teacher|' || class_id || '|administrator|' || CAST(noted AS STRING) || '|'
  FROM class_teachers
UNION ALL
SELECT 'class:' || class_id, pupil_id, 0,
       'order|' || order_id || '|member|' || CAST(since AS STRING) || '|' || order_id
  FROM class_pupils
UNION ALL
SELECT 'parents:' || p.class_id, g.guardian_id, 0,
       'guardianship|' || g.guardian_id || ':' || g.pupil_id || '|member|'
       || CAST(p.since AS STRING) || '|' || p.order_id
  FROM class_pupils p JOIN guardianships g ON g.pupil_id = p.pupil_id
UNION ALL
SELECT 'subject:' || group_id, person_id, 1,
       'subject_group|' || group_id || '|administrator|' || CAST(noted AS STRING) || '|'
  FROM group_teachers
UNION ALL
SELECT 'subject:' || group_id, pupil_id, 0,
       'order|' || order_id || '|member|' || CAST(since AS STRING) || '|' || order_id
  FROM group_pupils
;
INSERT INTO members
SELECT chat_id, person_id, SUM(administers) > 0, LISTAGG(reason)
  FROM reasons GROUP BY chat_id, person_id
;
