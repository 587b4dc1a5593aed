-- The guard. A removal is called only with a reservation, and a reservation is made only where
-- the limits allow it, or a person has.

-- Plans that a limit holds. A chat has one at most that is open (held, approved, rejected).
CREATE TABLE held_plans (
    held_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    hash text NOT NULL,                     -- domain.actions.plan_hash
    chat_id text NOT NULL REFERENCES chats,
    school_id text NOT NULL,
    scope text NOT NULL CHECK (scope IN ('chat', 'strangers', 'school', 'total')),
    removals int NOT NULL,                  -- those that count
    accounts bigint[] NOT NULL,             -- all that the plan removes; an approval covers these
    people jsonb NOT NULL,                  -- [{max_user_id, person_id, cause, reasons}]
    actions jsonb NOT NULL,
    removal_limit int NOT NULL,
    would_be int NOT NULL,
    held_at timestamptz NOT NULL,
    state text NOT NULL CHECK (state IN ('held', 'approved', 'rejected', 'superseded', 'done')),
    decided_by text,
    decided_at timestamptz,
    expires_at timestamptz                  -- of an approval
);
CREATE UNIQUE INDEX ON held_plans (chat_id) WHERE state IN ('held', 'approved', 'rejected');
CREATE INDEX ON held_plans (hash);
CREATE INDEX ON held_plans (school_id) WHERE state = 'held';

-- A removal that may be called. Unspent ones belong to the plan that is being carried out.
CREATE TABLE removal_reservations (
    reservation_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    chat_id text NOT NULL REFERENCES chats,
    school_id text NOT NULL,
    max_user_id bigint NOT NULL,
    cause text NOT NULL,                    -- domain.guard.RemovalCause
    counts boolean NOT NULL,                -- towards the limits; what a person approved does not
    approval bigint REFERENCES held_plans,
    reserved_at timestamptz NOT NULL,
    spent_at timestamptz,                   -- when the intent was committed
    in_doubt boolean NOT NULL DEFAULT false, -- spent, and nobody knows yet whether to an effect
    voided_at timestamptz                   -- when it was certain that nothing came of it
);
CREATE UNIQUE INDEX ON removal_reservations (chat_id, max_user_id) WHERE spent_at IS NULL;
CREATE INDEX ON removal_reservations (chat_id, spent_at);
CREATE INDEX ON removal_reservations (chat_id) WHERE in_doubt;
CREATE INDEX ON removal_reservations (school_id, spent_at);
CREATE INDEX ON removal_reservations (spent_at);

-- One row a school and one for all: who admits a plan locks them, in the order of their kind.
CREATE TABLE guard_scopes (
    scope text PRIMARY KEY                  -- 'school:…' or 'total'
);
INSERT INTO guard_scopes VALUES ('total');

-- The database itself takes no removing call without a reservation, and no two with one.
ALTER TABLE intents
    ADD COLUMN reservation_id bigint UNIQUE REFERENCES removal_reservations,
    ADD CONSTRAINT removals_are_reserved
        CHECK (action <> 'remove' OR reservation_id IS NOT NULL);

-- The name of all that waits in one school because of the school's limit or the one in all.
CREATE FUNCTION held_school_hash(school text) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT encode(sha256(convert_to(string_agg(hash, ',' ORDER BY hash COLLATE "C"), 'UTF8')), 'hex')
      FROM held_plans
     WHERE school_id = school AND state = 'held' AND scope IN ('school', 'total')
$$;
