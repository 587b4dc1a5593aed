-- Facts: the latest whole state of each entity, with its origin. Text that decides between two
-- of them compares by code point.

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
    name_key text COLLATE "C" GENERATED ALWAYS AS (staff.sort_key(name)) STORED,
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
CREATE INDEX ON fact_orders (pupil_id, school_id);
CREATE INDEX ON fact_orders (class_id);
CREATE INDEX ON fact_orders (school_id);

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
    surname_folded text GENERATED ALWAYS AS (staff.folded(surname)) STORED,
    given_name text NOT NULL,
    patronymic text,
    birth_date date,
    sex text NOT NULL,
    removed boolean NOT NULL,
    version bigint NOT NULL, at timestamptz NOT NULL,
    source text COLLATE "C" NOT NULL, event_id text COLLATE "C" NOT NULL,
    topic text NOT NULL, part int NOT NULL, off bigint NOT NULL, known_since timestamptz NOT NULL
);

CREATE INDEX ON fact_people (person_id) WHERE removed;

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
    person_id text NOT NULL,
    max_user_id bigint,            -- null: unlinked
    version bigint NOT NULL, at timestamptz NOT NULL,
    source text COLLATE "C" NOT NULL, event_id text COLLATE "C" NOT NULL,
    topic text NOT NULL, part int NOT NULL, off bigint NOT NULL, known_since timestamptz NOT NULL,
    PRIMARY KEY (person_id) INCLUDE (max_user_id)  -- whose account it is, without a look at the row
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
CREATE INDEX ON fact_lessons (teacher_id);

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
-- Who was linked to an account before: an account that its person gave up leaves uncounted.
CREATE INDEX ON fact_history ((body->>'max_user_id')) WHERE kind = 'profiles';
CREATE INDEX ON fact_history (superseded_at) WHERE kind = 'profiles';
