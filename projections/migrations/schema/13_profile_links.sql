-- Linking study profiles, where people do it on our screens (profiles.source = rollcall).

-- The last step of each person who ever asked (domain.profile_links). The profile itself is a
-- fact like any other; it comes back from Kafka, to where we publish it.
CREATE TABLE profile_links (
    person_id text PRIMARY KEY,
    step text NOT NULL CHECK (
        step IN ('asked', 'offered', 'refused', 'confirmed', 'leaving', 'left')),
    at timestamptz NOT NULL,                -- of the step
    url text,                               -- a secret of the person's: it links whoever opens it
    expires_at timestamptz,
    trouble text CHECK (trouble IN ('away', 'refused', 'expired')),
    version bigint,                         -- of the last profile event that we published
    confirmed_at timestamptz,               -- of the last confirmation, by the messenger's clock
    claim bigint NOT NULL DEFAULT 0,        -- an answer to an older claim counts for nothing
    tries int NOT NULL DEFAULT 0,
    try_at timestamptz                      -- when the messenger is to be called; null: not
);
CREATE INDEX ON profile_links (try_at) WHERE try_at IS NOT NULL;

-- The person's own row and nobody else's: not even an operator, nor the parents, may have a link
-- by which one's account becomes theirs (domain.access._links_profile).
GRANT SELECT ON profile_links TO rollcall_staff;
ALTER TABLE profile_links ENABLE ROW LEVEL SECURITY;
CREATE POLICY staff ON profile_links FOR SELECT TO rollcall_staff
    USING (person_id = (SELECT current_setting('staff.self', true)));
