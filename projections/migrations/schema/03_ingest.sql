-- Ingest: where each partition stands, what could not be read.

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
