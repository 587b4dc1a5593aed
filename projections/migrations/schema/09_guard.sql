-- The guard. What takes a place or rights from somebody is called only with a reservation, and a
-- reservation is made only where the limits allow it, or a person has.

-- Sets of takings that a limit holds. A chat has one at most that is undecided of each lot.
CREATE TABLE held_plans (
    held_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    hash text NOT NULL,                     -- domain.takings.takings_hash
    chat_id text NOT NULL REFERENCES chats,
    school_id text NOT NULL,
    lot text NOT NULL CHECK (lot IN ('counted', 'unlinked', 'strangers', 'flapping')),
    scope text NOT NULL CHECK (scope IN ('flapping', 'chat', 'strangers', 'school', 'total',
                                         'unlink_school', 'unlink_total')),
    removals int NOT NULL,                  -- those that count
    people jsonb NOT NULL,                  -- [{max_user_id, person_id, cause, reasons}]
    actions jsonb NOT NULL,
    removal_limit int NOT NULL,
    would_be int NOT NULL,
    held_at timestamptz NOT NULL,
    state text NOT NULL CHECK (state IN
        ('held', 'approved', 'rejected', 'superseded', 'expired', 'done')),
    decided_by text,                        -- the latest entry of plan_decisions
    decided_at timestamptz,
    expires_at timestamptz                  -- of the decision
);
CREATE UNIQUE INDEX ON held_plans (chat_id, lot) WHERE state = 'held';
CREATE INDEX ON held_plans (chat_id) WHERE state IN ('held', 'approved', 'rejected');
CREATE INDEX ON held_plans (state) WHERE state IN ('held', 'approved', 'rejected');
CREATE INDEX ON held_plans (hash);
CREATE INDEX ON held_plans (school_id) WHERE state = 'held';

-- What exactly is held: each account, what is taken, and the register's reason at that time.
CREATE TABLE held_takings (
    held_id bigint NOT NULL REFERENCES held_plans,
    chat_id text NOT NULL,
    max_user_id bigint NOT NULL,
    kind text NOT NULL CHECK (kind IN ('remove', 'demote')),
    reason text NOT NULL,                   -- taking_reason
    since timestamptz NOT NULL,             -- when it was first held, for this reason
    only_by_person boolean NOT NULL,        -- it was rejected, and that has ended
    PRIMARY KEY (held_id, max_user_id)
);
CREATE INDEX ON held_takings (chat_id, max_user_id);

-- The journal of what people decided about them; nothing in it is ever changed.
CREATE TABLE plan_decisions (
    entry bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    held_id bigint NOT NULL REFERENCES held_plans,
    decision text NOT NULL CHECK (decision IN ('approved', 'rejected')),
    decided_by text NOT NULL,               -- who decided, as told
    ran_by text,                            -- the account that ran the command
    at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX ON plan_decisions (held_id);

-- A taking that may be called. Unspent ones belong to the plan that is being carried out.
CREATE TABLE removal_reservations (
    reservation_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    chat_id text NOT NULL REFERENCES chats,
    school_id text NOT NULL,
    max_user_id bigint NOT NULL,
    kind text NOT NULL CHECK (kind IN ('remove', 'demote')),
    cause text NOT NULL,                    -- domain.takings.TakingCause
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
CREATE INDEX ON removal_reservations (approval, max_user_id) WHERE approval IS NOT NULL;
CREATE INDEX ON removal_reservations (max_user_id) WHERE cause IN ('unlinked', 'account_changed');

-- One row a school and one for all: who admits a plan locks them, in the order of their kind.
CREATE TABLE guard_scopes (
    scope text PRIMARY KEY                  -- 'school:…' or 'total'
);
INSERT INTO guard_scopes VALUES ('total');

-- The database itself takes no such call without a reservation, and no two with one.
ALTER TABLE intents
    ADD COLUMN reservation_id bigint UNIQUE REFERENCES removal_reservations,
    ADD CONSTRAINT removals_are_reserved
        CHECK (action NOT IN ('remove', 'demote') OR reservation_id IS NOT NULL);

-- The name of all that waits in one school for limits that are wider than a chat.
CREATE FUNCTION held_school_hash(school text, of_lot text) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT encode(sha256(convert_to(string_agg(hash, ',' ORDER BY hash COLLATE "C"), 'UTF8')), 'hex')
      FROM held_plans
     WHERE school_id = school AND state = 'held' AND lot = of_lot
       AND scope IN ('school', 'total', 'unlink_school', 'unlink_total')
$$;

-- A fingerprint of why the register does not give an account its place in a chat, or its rights:
-- of everybody ever linked to it, when they last had them there, and when the account was theirs.
-- Whoever is expected again and withdrawn again is taken out for a new reason.
CREATE FUNCTION taking_reason(chat text, account bigint, taken text) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT md5(coalesce(string_agg(
               concat_ws(' ', ever.person_id, coalesce(last.entry, 0), ever.link),
               ',' ORDER BY ever.person_id COLLATE "C"), ''))
      FROM (SELECT person_id, coalesce(min(link) FILTER (WHERE link = 'linked'), max(link)) AS link
              FROM (SELECT p.person_id, 'linked' AS link
                      FROM fact_profiles p WHERE p.max_user_id = account
                     UNION ALL
                    SELECT h.key, lpad(max(h.version)::text, 20, '0')
                      FROM fact_history h
                     WHERE h.kind = 'profiles' AND h.body->>'max_user_id' = account::text
                     GROUP BY h.key) links
             GROUP BY person_id) ever
      LEFT JOIN LATERAL (
           SELECT max(m.entry) AS entry FROM membership_history m
            WHERE m.chat_id = chat AND m.person_id = ever.person_id
              AND (m.role = 'administrator' OR (taken = 'remove' AND m.role IS NOT NULL))) last
           ON true
$$;
