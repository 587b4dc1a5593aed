-- By-hand decisions of staff: our own journal, never lost by a replay.
CREATE TABLE decisions (
    decision_id text PRIMARY KEY,
    chat_id text,                           -- null for decisions about a school
    person_id text,                         -- null for decisions about the chat itself
    subject text NOT NULL CHECK (subject IN
        ('membership', 'role', 'title', 'deleted', 'stay', 'kind')),
    choice text NOT NULL,
    author text NOT NULL,
    at timestamptz NOT NULL,
    account bigint,                         -- of 'stay', which is about an account in a chat
    school_id text,                         -- of 'kind', which is about a kind of a school's chats
    kind text,
    CHECK ((chat_id IS NULL) = (subject = 'kind')),
    CHECK ((account IS NOT NULL) = (subject = 'stay')),
    CHECK ((school_id IS NOT NULL AND kind IS NOT NULL) = (subject = 'kind'))
);
CREATE INDEX ON decisions (chat_id);
CREATE INDEX ON decisions (person_id);
CREATE INDEX ON decisions (chat_id, account) WHERE subject = 'stay';
CREATE INDEX ON decisions (school_id) WHERE subject = 'kind';
