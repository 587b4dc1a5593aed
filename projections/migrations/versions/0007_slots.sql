-- A slot of the call budget is free again when its last call can no longer arrive within the
-- messenger's second of the next one: that may be later than its grant and the call alone say.
ALTER TABLE call_slots
    ADD COLUMN used_at timestamptz,         -- when its last call began; none: not used yet
    ADD COLUMN free_at timestamptz NOT NULL DEFAULT '-infinity';
