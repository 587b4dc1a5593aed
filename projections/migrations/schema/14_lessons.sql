-- Distance lessons: the messenger's call of each, a queue of its own, and what staff may see.

-- A row for each lesson about which a person ever decided. Of the call it holds what is known.
CREATE TABLE lesson_calls (
    lesson_id text PRIMARY KEY,
    school_id text NOT NULL DEFAULT '',     -- the queue's own copy: whose turn it takes
    standing text NOT NULL DEFAULT 'none'   -- domain.lesson_work.Standing
        CHECK (standing IN ('none', 'asked', 'made', 'doubted')),
    call_id text,
    join_url text,                          -- a secret: it lets in whoever has it
    plans jsonb NOT NULL DEFAULT '[]',      -- title and times, as they are or may be
    max_chat_id bigint,                     -- the chat that the call was asked for in
    live boolean NOT NULL DEFAULT true,     -- false once it is over and nothing can be wanted of it
    seen text,                              -- lesson_wishes.fingerprint at the last look
    lane smallint NOT NULL DEFAULT 2,
    due_at timestamptz,                     -- null: nothing to do
    due_generation bigint NOT NULL DEFAULT 0,
    lease_token bigint NOT NULL DEFAULT 0,
    lease_until timestamptz,
    attempts int NOT NULL DEFAULT 0,        -- passes that failed in a row
    failing_since timestamptz,
    failing_because text,
    waiting text,                           -- domain.lesson_outcomes.LessonWait
    waiting_since timestamptz,
    converged_at timestamptz,               -- when it was last found to be as it should be
    CHECK ((standing IN ('made', 'doubted')) = (call_id IS NOT NULL))
);
CREATE INDEX ON lesson_calls (lane, due_at) WHERE due_at IS NOT NULL;
-- Beside the index by (lane, due_at), which tells the lane: of a lane and a school the oldest.
CREATE INDEX ON lesson_calls (lane, school_id, due_at) WHERE due_at IS NOT NULL;
CREATE INDEX ON lesson_calls (lesson_id) WHERE live;
CREATE INDEX ON lesson_calls (waiting) WHERE waiting IS NOT NULL;
CREATE INDEX ON lesson_calls (attempts) WHERE attempts > 0;
CREATE INDEX ON lesson_calls (lease_until) WHERE lease_until IS NOT NULL;
CREATE TRIGGER takes_turns AFTER INSERT OR UPDATE OF school_id ON lesson_calls
    FOR EACH ROW EXECUTE FUNCTION takes_turns();

-- The journal of its calls: committed before each, the outcome after it. The link is in none.
CREATE TABLE lesson_intents (
    intent_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    lesson_id text NOT NULL REFERENCES lesson_calls,
    lease_token bigint NOT NULL,
    action text NOT NULL CHECK (action IN ('make', 'change', 'delete')),
    body jsonb NOT NULL,
    committed_at timestamptz NOT NULL,
    settled_at timestamptz,                 -- null: its outcome is not known
    outcome text
);
CREATE INDEX ON lesson_intents (lesson_id) WHERE settled_at IS NULL;
CREATE INDEX ON lesson_intents (settled_at);

-- What each lesson's call should be, by the register and by people's decisions, in one place.
-- A lesson whose group is another school's is nobody's: a reason never crosses schools.
CREATE VIEW lesson_wishes AS
SELECT l.lesson_id, f.lesson_id IS NOT NULL AND g.group_id IS NOT NULL AS known,
       coalesce(d.choice, '') <> '' AS decided, d.choice AS title, coalesce(d.insists, false) AS insists,
       d.decision_id,
       f.school_id, f.group_id, f.teacher_id, f.starts_at, f.ends_at,
       coalesce(f.cancelled, false) AS cancelled,
       f.school_id = g.school_id AND NOT coalesce(c.deleted, false) AS possible,
       s.max_chat_id AS chat,
       md5(ROW(f.version, f.at, f.source, f.event_id, g.version, g.at, g.source, g.event_id,
               c.deleted, s.max_chat_id, d.decision_id)::text) AS fingerprint
  FROM lesson_calls l
  LEFT JOIN fact_lessons f USING (lesson_id)
  LEFT JOIN fact_subject_groups g ON g.group_id = f.group_id
  LEFT JOIN chats c ON c.chat_id = 'subject:' || f.group_id
  LEFT JOIN chat_sync s ON s.chat_id = c.chat_id
  LEFT JOIN LATERAL (
       SELECT decision_id, choice, insists FROM decisions d
        WHERE d.lesson_id = l.lesson_id
        ORDER BY at DESC, decision_id COLLATE "C" DESC LIMIT 1) d ON true;

-- Whoever asks sees a lesson that they give (as its teacher, or of its group), and those of their
-- own groups and of their children's: domain.access_lessons. The views are the owner's and choose
-- by themselves; what they rest on is not granted, the link least of all.
CREATE VIEW staff.lesson_parts WITH (security_barrier) AS
SELECT lesson_id, bool_or(gives) AS gives, bool_or(opens) AS opens
  FROM (SELECT f.lesson_id, true AS gives, true AS opens
          FROM fact_lessons f
         WHERE f.teacher_id = (SELECT nullif(current_setting('staff.self', true), ''))
           AND f.school_id = ANY((SELECT string_to_array(current_setting('staff.works_in', true), ','))::text[])
         UNION ALL
        SELECT f.lesson_id, true, true
          FROM fact_lessons f
         WHERE f.group_id = ANY((SELECT string_to_array(current_setting('staff.teaches', true), ','))::text[])
           AND f.school_id = ANY((SELECT string_to_array(current_setting('staff.works_in', true), ','))::text[])
         UNION ALL
        SELECT f.lesson_id, false, 'subject:' || f.group_id = ANY(
               (SELECT string_to_array(current_setting('staff.chats', true), ','))::text[])
          FROM fact_lessons f
         WHERE f.group_id = ANY((SELECT ARRAY(
               SELECT substr(c, length('subject:') + 1)
                 FROM unnest(string_to_array(current_setting('staff.own_chats', true), ',')) c
                WHERE starts_with(c, 'subject:')))::text[])) parts
 GROUP BY lesson_id;
COMMENT ON VIEW staff.lesson_parts IS 'What who asks is to each lesson of theirs or of their children: domain.access_lessons.';

CREATE VIEW staff.lessons WITH (security_barrier) AS
SELECT f.lesson_id, f.school_id, f.group_id, f.teacher_id, f.lesson_topic, f.starts_at, f.ends_at,
       f.cancelled, g.subject, g.class_id,
       coalesce(g.name, k.name || ' - ' || g.subject, g.subject) AS group_name,
       k.name AS class_name, coalesce(t.timezone, 'Europe/Moscow') AS timezone,
       nullif(w.title, '') AS title, w.decision_id, l.standing, l.plans, l.waiting, l.attempts,
       o.gives, o.opens
  FROM staff.lesson_parts o
  JOIN fact_lessons f USING (lesson_id)
  JOIN fact_subject_groups g USING (group_id, school_id)
  LEFT JOIN fact_classes k USING (class_id, school_id)
  LEFT JOIN fact_schools t USING (school_id)
  LEFT JOIN lesson_calls l USING (lesson_id)
  LEFT JOIN lesson_wishes w USING (lesson_id);
COMMENT ON VIEW staff.lessons IS 'The lessons of who asks and of their children: domain.access_lessons.sees_lesson.';

-- The link: of a lesson that runs now and that somebody wants, to whom it is open, and to nobody
-- else, whatever is asked.
CREATE VIEW staff.lesson_links WITH (security_barrier) AS
SELECT l.lesson_id, l.join_url
  FROM staff.lesson_parts o
  JOIN lesson_calls l USING (lesson_id)
  JOIN lesson_wishes w USING (lesson_id)
 WHERE o.opens AND w.decided AND w.possible AND NOT w.cancelled AND l.standing IN ('made', 'doubted')
   AND (SELECT clock_now()) >= w.starts_at AND (SELECT clock_now()) < w.ends_at;
COMMENT ON VIEW staff.lesson_links IS 'Links into calls, for whom they are open now: domain.access_lessons.opens_lesson.';

GRANT SELECT ON staff.lesson_parts, staff.lessons, staff.lesson_links TO rollcall_staff;
