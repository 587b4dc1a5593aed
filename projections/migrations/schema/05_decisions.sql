-- By-hand decisions of staff: our own journal, never lost by a replay.
CREATE TABLE decisions (
    decision_id text PRIMARY KEY,
    chat_id text NOT NULL,
    person_id text,                         -- null for decisions about the chat itself
    subject text NOT NULL CHECK (subject IN ('membership', 'role', 'title', 'deleted', 'founding')),
    choice text NOT NULL,
    author text NOT NULL,
    at timestamptz NOT NULL
);
CREATE INDEX ON decisions (chat_id);
CREATE INDEX ON decisions (person_id);

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
