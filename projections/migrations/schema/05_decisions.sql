-- By-hand decisions of staff: our own journal, never lost by a replay.
CREATE TABLE decisions (
    decision_id text PRIMARY KEY,
    chat_id text,                           -- null for decisions about a school or a lesson
    person_id text,                         -- null for decisions about the chat itself
    subject text NOT NULL CHECK (subject IN
        ('membership', 'role', 'title', 'deleted', 'founding', 'stay', 'kind', 'lesson')),
    choice text NOT NULL,
    author text NOT NULL,
    at timestamptz NOT NULL,
    account bigint,                         -- of 'stay', which is about an account in a chat
    school_id text,                         -- of 'kind', which is about a kind of a school's chats
    kind text,
    lesson_id text,                         -- of 'lesson'; choice is its name, '' is none
    insists boolean NOT NULL DEFAULT false, -- that it goes although people are in its call
    CHECK ((chat_id IS NULL) = (subject IN ('kind', 'lesson'))),
    CHECK ((subject = 'lesson') = (lesson_id IS NOT NULL)),
    CHECK ((account IS NOT NULL) = (subject = 'stay')),
    CHECK ((school_id IS NOT NULL AND kind IS NOT NULL) = (subject = 'kind'))
);
CREATE INDEX ON decisions (chat_id);
CREATE INDEX ON decisions (person_id);
CREATE INDEX ON decisions (chat_id, account) WHERE subject = 'stay';
CREATE INDEX ON decisions (school_id) WHERE subject = 'kind';
CREATE INDEX ON decisions (lesson_id) WHERE lesson_id IS NOT NULL;

-- What a chat that somebody made by hand is for: the body of its decision, whose subject is
-- 'founding'. Never changed. From here, and not from its row in chats, derive finds the chats of
-- a class: this is committed before any mark of the chat can be claimed.
CREATE TABLE founded_chats (
    chat_id text PRIMARY KEY,
    decision_id text NOT NULL UNIQUE,
    kind text NOT NULL CHECK (kind IN ('staff_room', 'class', 'parents', 'subject')),
    school_id text NOT NULL,
    class_id text,
    group_id text,
    filling text NOT NULL CHECK (filling IN ('rule', 'chosen')),
    title text NOT NULL,
    author text NOT NULL
);
CREATE INDEX ON founded_chats (school_id);
CREATE INDEX ON founded_chats (class_id);
CREATE INDEX ON founded_chats (group_id);
