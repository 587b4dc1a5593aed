-- «Инициализировать список чатов»: who has had a school's chats made and brought into step.

-- A row a start, kept. Of a school at most one is under way; it ends when each of its chats was
-- looked at, and by itself an hour after its start whatever happens (projections.reconcile.initialisations).
CREATE TABLE initialisations (
    run_id uuid PRIMARY KEY,
    school_id text NOT NULL,
    started_by text NOT NULL,               -- a person's id, or an operator's name
    started_at timestamptz NOT NULL,
    ended_at timestamptz,                   -- null: it is under way
    kinds text[] NOT NULL,                  -- domain.chats.ChatKind
    drops_by_hand boolean NOT NULL,
    confirmed text NOT NULL,                -- domain.initialising.confirmation
    dropped int NOT NULL,                   -- how many were added by hand, and are no more
    approved int NOT NULL                   -- how many removals and lost rights it lets happen
);
CREATE UNIQUE INDEX ON initialisations (school_id) WHERE ended_at IS NULL;
CREATE INDEX ON initialisations (school_id, started_at);

-- The chats of a school's latest start.
CREATE TABLE initialised_chats (
    run_id uuid NOT NULL REFERENCES initialisations,
    chat_id text NOT NULL REFERENCES chats,
    school_id text NOT NULL,
    fate text NOT NULL CHECK (fate IN ('made', 'anew', 'synced')), -- domain.initialising.Fate
    settled_at timestamptz,                 -- when all was done that could be; null: not yet
    PRIMARY KEY (run_id, chat_id)
);
CREATE INDEX ON initialised_chats (school_id);

-- domain.access, INITIALISE_CHATS.
GRANT SELECT ON initialisations, initialised_chats TO rollcall_staff;
DO $$
DECLARE
    its_own text;
BEGIN
    FOREACH its_own IN ARRAY ARRAY['initialisations', 'initialised_chats'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', its_own);
        EXECUTE format('CREATE POLICY staff ON %I FOR SELECT TO rollcall_staff USING ('
            '(SELECT current_setting(''staff.operator'', true)) IN (''ids'', ''names'') OR school_id'
            ' = ANY((SELECT string_to_array(current_setting(''staff.administers'', true), '',''))::text[]))',
            its_own);
    END LOOP;
END $$;
