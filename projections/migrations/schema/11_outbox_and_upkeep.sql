-- What goes out, and what is done now and then by one process at a time.

CREATE TABLE outbox (
    entry bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event_id text NOT NULL UNIQUE,
    topic text NOT NULL,
    key text NOT NULL,
    value jsonb NOT NULL,          -- the whole event, as it was encoded and read back
    created_at timestamptz NOT NULL,
    published_at timestamptz,
    refused text                   -- why it cannot be published; null: it can
);
CREATE INDEX ON outbox (entry) WHERE published_at IS NULL;

CREATE TABLE upkeep (
    task text PRIMARY KEY,
    last_done timestamptz NOT NULL
);
