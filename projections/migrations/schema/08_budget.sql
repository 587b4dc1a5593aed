-- The one budget of calls: each row is one grant of the sliding window.
CREATE TABLE call_slots (
    ring text NOT NULL DEFAULT 'all',       -- or the class of calls that has a limit of its own
    slot int NOT NULL,
    granted_at timestamptz NOT NULL,
    used_at timestamptz,                    -- when its last call began; null: not used yet
    free_at timestamptz NOT NULL DEFAULT '-infinity', -- when that call can no longer arrive within
                                            -- the messenger's second of the next one
    PRIMARY KEY (ring, slot)
);
-- How many calls a second the messenger takes, where that was found to be fewer than set.
CREATE TABLE call_limits (
    ring text PRIMARY KEY,                  -- as above
    calls int NOT NULL,                     -- domain.pace.Pace, to the line with told
    fine int,
    refused int,
    patience float8 NOT NULL,
    told boolean NOT NULL,
    since timestamptz NOT NULL,             -- since when it is fewer
    changed_at timestamptz NOT NULL
);
CREATE TABLE call_pause (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    until timestamptz
);
INSERT INTO call_pause DEFAULT VALUES;

-- What the messenger does not do as it should, by any process that meets it; no row: nothing known.
CREATE TABLE messenger_troubles (
    kind text PRIMARY KEY,                  -- 'token', or the class of calls that fails
    since timestamptz NOT NULL,
    last_at timestamptz NOT NULL,
    said text NOT NULL                      -- status and code, or the kind of failure
);
