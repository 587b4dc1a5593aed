-- Derive: what must be looked at anew, and what came of it.

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
) WITH (fillfactor = 50);  -- a claim is an update, and finds room on the mark's own page
CREATE INDEX ON stale_entities (generation);
CREATE INDEX ON stale_entities (lane, (kind = 'chat'), generation);

CREATE TABLE chats (
    chat_id text PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('staff_room', 'class', 'parents', 'subject')),
    origin text NOT NULL DEFAULT 'rule' CHECK (origin IN ('rule', 'hand')),
    made_by text,                           -- who made it by hand; null: the rules did
    filling text NOT NULL DEFAULT 'rule' CHECK (filling IN ('rule', 'chosen')),
    school_id text NOT NULL,
    class_id text,
    group_id text,
    title text NOT NULL,
    title_key text COLLATE "C" GENERATED ALWAYS AS (staff.sort_key(title)) STORED,
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

-- The order in which memberships became known, of those that are and those that were.
CREATE SEQUENCE membership_entries;
-- Written by derive alone, which holds the chat's row; so there is no foreign key, which would cost
-- a fifth of PostgreSQL's time in a first load.
CREATE TABLE expected_members (
    chat_id text NOT NULL,
    person_id text NOT NULL,
    role text NOT NULL CHECK (role IN ('member', 'administrator')),
    by_hand boolean NOT NULL DEFAULT false,
    reasons jsonb NOT NULL,                 -- [{kind, ref, role, since, order?}]
    valid_from timestamptz NOT NULL,
    known_since timestamptz NOT NULL,
    entry bigint NOT NULL DEFAULT nextval('membership_entries'),
    PRIMARY KEY (chat_id, person_id)
);
CREATE INDEX ON expected_members (person_id);
-- Who leads a chat is one in twenty of its people, and a list of chats asks it of each.
CREATE INDEX ON expected_members (chat_id, person_id) WHERE role = 'administrator';

-- What memberships were before they became what they are, or ended (role null: since then the
-- person has had none). What they are is in expected_members alone, so a region that was just
-- derived has nothing here.
CREATE TABLE past_memberships (
    entry bigint PRIMARY KEY DEFAULT nextval('membership_entries'),
    chat_id text NOT NULL,
    person_id text NOT NULL,
    role text,
    reasons jsonb NOT NULL,
    valid_from timestamptz NOT NULL,
    known_from timestamptz NOT NULL
);
CREATE INDEX ON past_memberships (chat_id, person_id, known_from);
CREATE INDEX ON past_memberships (person_id);

-- A log with two times: from valid_from on, as known since known_from, the person had this
-- role for these reasons (role null: had none).
CREATE VIEW membership_history WITH (security_invoker = true) AS
    SELECT entry, chat_id, person_id, role, reasons, valid_from, known_from FROM past_memberships
     UNION ALL
    SELECT entry, chat_id, person_id, role, reasons, valid_from, known_since FROM expected_members;
