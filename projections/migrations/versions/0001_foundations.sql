-- Everything that Rollcall keeps. Text that decides between facts compares by code point.

-- The one clock. Both settings are of a session and only tests ever give them: the shift moves
-- the clock, and clock_at is the instant itself, for runs that must not depend on real time.
CREATE FUNCTION clock_now() RETURNS timestamptz LANGUAGE sql VOLATILE PARALLEL SAFE AS $$
    SELECT coalesce(
        nullif(current_setting('rollcall.clock_at', true), '')::timestamptz,
        clock_timestamp() + coalesce(
            nullif(current_setting('rollcall.clock_shift', true), '')::interval, interval '0'))
$$;

-- ── Facts: the latest whole state of each entity, with its origin ──────────────────────────

CREATE TABLE fact_schools (
    school_id text PRIMARY KEY,
    name text NOT NULL,
    timezone text NOT NULL,
    community_id text,
    closed_on date,
    version bigint NOT NULL, at timestamptz NOT NULL,
    source text COLLATE "C" NOT NULL, event_id text COLLATE "C" NOT NULL,
    topic text NOT NULL, part int NOT NULL, off bigint NOT NULL, known_since timestamptz NOT NULL
);

CREATE TABLE fact_classes (
    class_id text PRIMARY KEY,
    school_id text NOT NULL,
    name text NOT NULL,
    school_year text NOT NULL,
    class_teacher_id text,
    closed_on date,
    version bigint NOT NULL, at timestamptz NOT NULL,
    source text COLLATE "C" NOT NULL, event_id text COLLATE "C" NOT NULL,
    topic text NOT NULL, part int NOT NULL, off bigint NOT NULL, known_since timestamptz NOT NULL
);
CREATE INDEX ON fact_classes (school_id);
CREATE INDEX ON fact_classes (class_teacher_id);

CREATE TABLE fact_orders (
    order_id text PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('enrolment', 'withdrawal')),
    order_number text NOT NULL,
    ordered_at timestamptz NOT NULL,
    school_id text NOT NULL,
    pupil_id text NOT NULL,
    class_id text NOT NULL,
    effective_on date NOT NULL,
    version bigint NOT NULL, at timestamptz NOT NULL,
    source text COLLATE "C" NOT NULL, event_id text COLLATE "C" NOT NULL,
    topic text NOT NULL, part int NOT NULL, off bigint NOT NULL, known_since timestamptz NOT NULL
);
CREATE INDEX ON fact_orders (pupil_id);
CREATE INDEX ON fact_orders (class_id);

CREATE TABLE fact_cancellations (
    order_id text NOT NULL,
    school_id text NOT NULL,
    cancelled_at timestamptz NOT NULL,
    version bigint NOT NULL, at timestamptz NOT NULL,
    source text COLLATE "C" NOT NULL, event_id text COLLATE "C" NOT NULL,
    topic text NOT NULL, part int NOT NULL, off bigint NOT NULL, known_since timestamptz NOT NULL,
    PRIMARY KEY (order_id, school_id)
);

CREATE TABLE fact_people (
    person_id text PRIMARY KEY,
    surname text NOT NULL,
    given_name text NOT NULL,
    patronymic text,
    birth_date date,
    sex text NOT NULL,
    removed boolean NOT NULL,
    version bigint NOT NULL, at timestamptz NOT NULL,
    source text COLLATE "C" NOT NULL, event_id text COLLATE "C" NOT NULL,
    topic text NOT NULL, part int NOT NULL, off bigint NOT NULL, known_since timestamptz NOT NULL
);

CREATE TABLE fact_employments (
    person_id text NOT NULL,
    school_id text NOT NULL,
    roles text[] NOT NULL,
    ended boolean NOT NULL,
    version bigint NOT NULL, at timestamptz NOT NULL,
    source text COLLATE "C" NOT NULL, event_id text COLLATE "C" NOT NULL,
    topic text NOT NULL, part int NOT NULL, off bigint NOT NULL, known_since timestamptz NOT NULL,
    PRIMARY KEY (person_id, school_id)
);
CREATE INDEX ON fact_employments (school_id);

CREATE TABLE fact_guardianships (
    guardian_id text NOT NULL,
    pupil_id text NOT NULL,
    ended boolean NOT NULL,
    version bigint NOT NULL, at timestamptz NOT NULL,
    source text COLLATE "C" NOT NULL, event_id text COLLATE "C" NOT NULL,
    topic text NOT NULL, part int NOT NULL, off bigint NOT NULL, known_since timestamptz NOT NULL,
    PRIMARY KEY (guardian_id, pupil_id)
);
CREATE INDEX ON fact_guardianships (pupil_id);

CREATE TABLE fact_subject_groups (
    group_id text PRIMARY KEY,
    school_id text NOT NULL,
    class_id text NOT NULL,
    subject text NOT NULL,
    name text,
    teacher_ids text[] NOT NULL,
    pupil_ids text[],              -- null: the whole class
    closed_on date,
    version bigint NOT NULL, at timestamptz NOT NULL,
    source text COLLATE "C" NOT NULL, event_id text COLLATE "C" NOT NULL,
    topic text NOT NULL, part int NOT NULL, off bigint NOT NULL, known_since timestamptz NOT NULL
);
CREATE INDEX ON fact_subject_groups (class_id);
CREATE INDEX ON fact_subject_groups (school_id);
CREATE INDEX ON fact_subject_groups USING gin (teacher_ids);

CREATE TABLE fact_profiles (
    person_id text PRIMARY KEY,
    max_user_id bigint,            -- null: unlinked
    version bigint NOT NULL, at timestamptz NOT NULL,
    source text COLLATE "C" NOT NULL, event_id text COLLATE "C" NOT NULL,
    topic text NOT NULL, part int NOT NULL, off bigint NOT NULL, known_since timestamptz NOT NULL
);
CREATE INDEX ON fact_profiles (max_user_id);

CREATE TABLE fact_lessons (
    lesson_id text PRIMARY KEY,
    school_id text NOT NULL,
    group_id text NOT NULL,
    lesson_topic text NOT NULL,
    teacher_id text NOT NULL,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    cancelled boolean NOT NULL,
    version bigint NOT NULL, at timestamptz NOT NULL,
    source text COLLATE "C" NOT NULL, event_id text COLLATE "C" NOT NULL,
    topic text NOT NULL, part int NOT NULL, off bigint NOT NULL, known_since timestamptz NOT NULL
);
CREATE INDEX ON fact_lessons (group_id);

-- Every version of a fact that we ever read and that is not the one that counts.
CREATE TABLE fact_history (
    kind text NOT NULL,            -- the table's name without «fact_»
    key text NOT NULL,             -- the entity's ids, joined by '|'
    version bigint NOT NULL, at timestamptz NOT NULL,
    source text COLLATE "C" NOT NULL, event_id text COLLATE "C" NOT NULL,
    body jsonb NOT NULL,
    topic text NOT NULL, part int NOT NULL, off bigint NOT NULL, known_since timestamptz NOT NULL,
    superseded_at timestamptz NOT NULL
);
-- Over a hash, since source and event_id together may be longer than an index takes.
CREATE UNIQUE INDEX ON fact_history (kind, key, version, at, md5(source || ' ' || event_id));

-- ── Ingest: where each partition stands, what could not be read ────────────────────────────

CREATE TABLE ingest_partitions (
    topic text NOT NULL,
    part int NOT NULL,
    topic_id text NOT NULL,        -- Kafka's id of the topic: another id is another topic
    next_off bigint NOT NULL,      -- the first offset that we have not read
    reached_off bigint NOT NULL,   -- the highest that next_off ever was: below it is a replay
    state text NOT NULL DEFAULT 'reading' CHECK (state IN ('reading', 'gap')),
    state_reason text,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (topic, part)
);

-- The end of each partition as it was seen over the last minutes; from it follows how old
-- the oldest record is that we have not read.
CREATE TABLE topic_ends (
    topic text NOT NULL,
    part int NOT NULL,
    end_off bigint NOT NULL,
    seen_at timestamptz NOT NULL,
    PRIMARY KEY (topic, part, end_off)
);

-- One row. While it is armed no chat is changed, by any process.
CREATE TABLE catch_up (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    armed_at timestamptz,          -- null: not armed
    reason text,
    ends_seen_at timestamptz,      -- when the ends to be passed were seen; null: not yet
    passed_at timestamptz,         -- when ingest had passed them; marks up to then must be derived too
    watched_at timestamptz,        -- the last look at the topics' ends
    lagging_since timestamptz      -- since when something unread or underived is too old; null: nothing
);
INSERT INTO catch_up (armed_at, reason) VALUES (clock_now(), 'a new database');

CREATE TABLE catch_up_ends (
    topic text NOT NULL,
    part int NOT NULL,
    end_off bigint NOT NULL,
    PRIMARY KEY (topic, part)
);

CREATE TABLE quarantine (
    topic text NOT NULL,
    part int NOT NULL,
    off bigint NOT NULL,
    key bytea,
    value bytea,
    headers jsonb NOT NULL DEFAULT '[]',   -- [[name, base64 of the value]]
    reason text NOT NULL,
    first_seen timestamptz NOT NULL,
    PRIMARY KEY (topic, part, off)
);

-- ── Derive: what must be looked at anew, and what came of it ───────────────────────────────

-- Generations come from one sequence, so a mark that was cleared and set again is never
-- taken for the one that was read.
CREATE SEQUENCE stale_generations;
CREATE TABLE stale_entities (
    kind text NOT NULL CHECK (kind IN
        ('school', 'class', 'group', 'pupil', 'person', 'employment', 'profile', 'order', 'chat')),
    id text NOT NULL,
    scope text NOT NULL DEFAULT '',        -- the school, for an employment; else ''
    generation bigint NOT NULL DEFAULT nextval('stale_generations'),
    lane smallint NOT NULL DEFAULT 1,      -- domain.lanes.Lane
    cause_at timestamptz NOT NULL,         -- the time of the event: valid time where no order gives one
    marked_at timestamptz NOT NULL,        -- of the first mark that is not derived yet
    claimed_until timestamptz,
    PRIMARY KEY (kind, id, scope)
);
CREATE INDEX ON stale_entities (generation);
CREATE INDEX ON stale_entities (lane, (kind = 'chat'), generation);

CREATE TABLE chats (
    chat_id text PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('staff_room', 'class', 'parents', 'subject')),
    school_id text NOT NULL,
    class_id text,
    group_id text,
    title text NOT NULL,
    closes_on date,
    frozen boolean NOT NULL DEFAULT false,
    deleted boolean NOT NULL DEFAULT false, -- by a person; stays so until a person brings it back
    next_change_at timestamptz,             -- when the answer changes with no event arriving
    derived_at timestamptz
);
CREATE INDEX ON chats (school_id);
CREATE INDEX ON chats (class_id);
CREATE INDEX ON chats (group_id);
CREATE INDEX ON chats (next_change_at) WHERE next_change_at IS NOT NULL;

CREATE TABLE expected_members (
    chat_id text NOT NULL REFERENCES chats,
    person_id text NOT NULL,
    role text NOT NULL CHECK (role IN ('member', 'administrator')),
    by_hand boolean NOT NULL DEFAULT false,
    reasons jsonb NOT NULL,                 -- [{kind, ref, role, since, order?}]
    valid_from timestamptz NOT NULL,
    known_since timestamptz NOT NULL,
    PRIMARY KEY (chat_id, person_id)
);
CREATE INDEX ON expected_members (person_id);

-- A log with two times: from valid_from on, as known since known_from, the person had this
-- role for these reasons (role null: had none).
CREATE TABLE membership_history (
    entry bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    chat_id text NOT NULL,
    person_id text NOT NULL,
    role text,
    reasons jsonb NOT NULL,
    valid_from timestamptz NOT NULL,
    known_from timestamptz NOT NULL
);
CREATE INDEX ON membership_history (chat_id, person_id, known_from);
CREATE INDEX ON membership_history (person_id);

-- By-hand decisions of staff: our own journal, never lost by a replay.
CREATE TABLE decisions (
    decision_id text PRIMARY KEY,
    chat_id text NOT NULL,
    person_id text,                         -- null for decisions about the chat itself
    subject text NOT NULL CHECK (subject IN ('membership', 'role', 'title', 'deleted')),
    choice text NOT NULL,
    author text NOT NULL,
    at timestamptz NOT NULL
);
CREATE INDEX ON decisions (chat_id);
CREATE INDEX ON decisions (person_id);

-- ── Reconcile: what the messenger has, what is due, who works on it ────────────────────────

CREATE TABLE chat_sync (
    chat_id text PRIMARY KEY REFERENCES chats,
    max_chat_id bigint UNIQUE,
    link text,
    creation int NOT NULL DEFAULT 0,        -- part of the external_id; deletion raises it
    observed_at timestamptz,                -- null: never read completely, nothing is known
    observed_title text,
    reread_at timestamptz,                  -- a call may still be under way: read once more then
    lane smallint NOT NULL DEFAULT 1,
    due_at timestamptz,                     -- null: nothing to do
    due_generation bigint NOT NULL DEFAULT 0, -- raised with each mark; cleared only at the one read
    lease_token bigint NOT NULL DEFAULT 0,  -- raised with each lease; the fence
    lease_until timestamptz,
    attempts int NOT NULL DEFAULT 0,
    waiting text,                           -- why it waits: held, parked, refused …
    waiting_since timestamptz,
    last_converged_at timestamptz
);
CREATE INDEX ON chat_sync (lane, due_at) WHERE due_at IS NOT NULL;
CREATE INDEX ON chat_sync (lease_until) WHERE lease_until IS NOT NULL;
CREATE INDEX ON chat_sync (waiting) WHERE waiting IS NOT NULL;

CREATE TABLE observed_members (
    chat_id text NOT NULL REFERENCES chats,
    max_user_id bigint NOT NULL,
    is_admin boolean NOT NULL,
    seen_at timestamptz NOT NULL,
    PRIMARY KEY (chat_id, max_user_id)
);
CREATE INDEX ON observed_members (max_user_id);

-- Accounts that the messenger would not add, and when to try again.
CREATE TABLE blocked_accounts (
    chat_id text NOT NULL REFERENCES chats,
    max_user_id bigint NOT NULL,
    reason text NOT NULL,
    since timestamptz NOT NULL,
    retry_at timestamptz NOT NULL,
    PRIMARY KEY (chat_id, max_user_id)
);
CREATE INDEX ON blocked_accounts (max_user_id);

CREATE TABLE intents (
    intent_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    chat_id text NOT NULL REFERENCES chats,
    lease_token bigint NOT NULL,
    action text NOT NULL,                   -- create, add, remove, promote, demote, rename, delete
    body jsonb NOT NULL,
    committed_at timestamptz NOT NULL,
    settled_at timestamptz,                 -- null: its outcome is not known
    outcome text
);
CREATE INDEX ON intents (chat_id) WHERE settled_at IS NULL;
CREATE INDEX ON intents (committed_at);

-- The one budget of calls: each row is one grant of the sliding window.
CREATE TABLE call_slots (
    slot int PRIMARY KEY,
    granted_at timestamptz NOT NULL
);
CREATE TABLE call_pause (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    until timestamptz
);
INSERT INTO call_pause DEFAULT VALUES;

-- ── What goes out ──────────────────────────────────────────────────────────────────────────

CREATE TABLE outbox (
    entry bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event_id text NOT NULL UNIQUE,
    topic text NOT NULL,
    key text NOT NULL,
    value jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    published_at timestamptz
);
CREATE INDEX ON outbox (entry) WHERE published_at IS NULL;

-- ── Upkeep: what is done now and then, by one process at a time ────────────────────────────

CREATE TABLE upkeep (
    task text PRIMARY KEY,
    last_done timestamptz NOT NULL
);
