-- Ingest: where each partition stands, what could not be read.

CREATE TABLE ingest_partitions (
    topic text NOT NULL,
    part int NOT NULL,
    topic_id text NOT NULL,        -- Kafka's id of the topic: another id is another topic
    next_off bigint NOT NULL,      -- the first offset that we have not read
    reached_off bigint NOT NULL,   -- the highest that next_off ever was: below it is a replay
    leader_epoch int NOT NULL DEFAULT -1,  -- of the last batch before next_off; -1: not known
    -- gap: records are missing. stopped: our own failures over its records passed their budget.
    state text NOT NULL DEFAULT 'reading' CHECK (state IN ('reading', 'gap', 'stopped')),
    state_reason text,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (topic, part)
);

-- What Kafka has of the topics that are read, by the watchers and by whoever takes a partition
-- up. What is not seen any more goes, with all that is derived from it: only what is here counts
-- for the gate.
CREATE TABLE kafka_partitions (
    topic text NOT NULL,
    part int NOT NULL,
    topic_id text NOT NULL,
    seen_at timestamptz NOT NULL,  -- the last time
    PRIMARY KEY (topic, part)
);

-- Topics that are to be read and that Kafka does not have.
CREATE TABLE missing_topics (
    topic text PRIMARY KEY,
    since timestamptz NOT NULL,
    told_at timestamptz NOT NULL   -- the last time that a watcher looked for it
);

-- Where each partition that Kafka still has stands, of those ever read.
CREATE VIEW partitions_read AS
SELECT p.* FROM ingest_partitions p JOIN kafka_partitions USING (topic, part, topic_id);

-- The end of each partition as it was seen over the last minutes; from it follows how old
-- the oldest record is that we have not read.
CREATE TABLE topic_ends (
    topic text NOT NULL,
    part int NOT NULL,
    topic_id text NOT NULL,
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
    loading_since timestamptz,     -- a first load, during which no fact is marked; null: none
    watched_at timestamptz,        -- the last look at the topics' ends; only tests write infinity: always
    lagging_since timestamptz      -- since when something unread or underived is too old; null: nothing
);
INSERT INTO catch_up (armed_at, reason) VALUES (clock_now(), 'a new database');

-- One row: how often ingest has said «still here». Kafka remembers it too, so a database that was
-- put back to an older copy is recognised though no event has come since.
CREATE TABLE tide (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    height bigint NOT NULL DEFAULT 0
);
INSERT INTO tide DEFAULT VALUES;

CREATE TABLE catch_up_ends (
    topic text NOT NULL,
    part int NOT NULL,
    topic_id text NOT NULL,
    end_off bigint NOT NULL,
    PRIMARY KEY (topic, part)
);

-- Identity of a record is the topic's id, the partition and the offset: a topic made anew under
-- the same name has other records at the same places.
CREATE TABLE quarantine (
    entry bigint GENERATED ALWAYS AS IDENTITY,
    topic text NOT NULL,
    topic_id text NOT NULL,
    part int NOT NULL,
    off bigint NOT NULL,
    -- contract: it is no event of the contract. ours: our code failed over it. store: PostgreSQL
    -- refused what the contract takes, so a failure of ours too.
    cause text NOT NULL DEFAULT 'contract' CHECK (cause IN ('contract', 'ours', 'store')),
    key bytea,
    value bytea,                           -- of one that is too large, the beginning
    value_bytes bigint,                    -- how long it was; null: there was none
    value_sha256 text,                     -- of the whole, where only the beginning is kept
    headers jsonb NOT NULL DEFAULT '[]',   -- [[name, base64 of the value]]
    reason text NOT NULL,
    first_seen timestamptz NOT NULL,
    PRIMARY KEY (topic_id, part, off)
);
CREATE INDEX ON quarantine (topic_id, part, off) WHERE cause <> 'contract';
CREATE UNIQUE INDEX ON quarantine (entry);
