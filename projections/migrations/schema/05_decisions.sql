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
