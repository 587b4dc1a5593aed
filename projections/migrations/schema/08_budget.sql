-- The one budget of calls: each row is one grant of the sliding window.
CREATE TABLE call_slots (
    slot int PRIMARY KEY,
    granted_at timestamptz NOT NULL,
    used_at timestamptz,                    -- when its last call began; null: not used yet
    free_at timestamptz NOT NULL DEFAULT '-infinity' -- when that call can no longer arrive within
                                            -- the messenger's second of the next one
);
CREATE TABLE call_pause (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    until timestamptz
);
INSERT INTO call_pause DEFAULT VALUES;
