-- Who is signed in, and the fence around what staff may read.

-- A session is found by the hash of its token; the token itself is in the person's browser only.
CREATE TABLE sessions (
    token_hash bytea PRIMARY KEY,
    person_id text,                         -- null: somebody who is no person of the register
    operator text CHECK (operator IN ('ids', 'names')), -- as the provider told; null: nothing
    subject text NOT NULL,                  -- who it is by the identity provider's own name
    way text NOT NULL,                      -- console.identity.Way
    school_id text,                         -- the school chosen on the screens, if any
    created_at timestamptz NOT NULL,
    last_seen_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,        -- whatever is done until then
    revoked_at timestamptz
);
CREATE INDEX ON sessions (person_id);
CREATE INDEX ON sessions (subject);
CREATE INDEX ON sessions (expires_at);

-- Programs. A token is shown once, when the account is made.
CREATE TABLE service_accounts (
    name text PRIMARY KEY,
    token_hash bytea NOT NULL UNIQUE,
    scopes text[] NOT NULL,                 -- domain.rights.Scope
    created_by text NOT NULL,
    created_at timestamptz NOT NULL,
    revoked_at timestamptz
);

-- The role under which staff's questions are asked. It owns nothing, so the policies below hold
-- for it; the loops ask as the owner. Roles are shared by all databases of a server.
DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'rollcall_staff') THEN
        BEGIN
            CREATE ROLE rollcall_staff NOLOGIN;
        EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; -- by another database's
        END;
    END IF;
    IF NOT pg_has_role(current_user, 'rollcall_staff', 'SET') THEN
        EXECUTE format('GRANT rollcall_staff TO %I', current_user);
    END IF;
EXCEPTION WHEN insufficient_privilege THEN
    RAISE EXCEPTION USING ERRCODE = 'RC001', MESSAGE = 'we may not make the role rollcall_staff';
END $$;

-- Below, «who asks» is told by settings of the transaction (``projections.staff.fence``): lists
-- of ids between commas. A setting that was never made is null, and null lets nobody see
-- anything. Each is read in a subquery of its own, so once a statement and not once a row.

-- These views are the owner's, so they see all rows and choose by themselves.
CREATE VIEW staff.managed_chats WITH (security_barrier) AS
SELECT c.chat_id
  FROM chats c
 WHERE c.school_id = ANY((SELECT string_to_array(current_setting('staff.administers', true), ','))::text[])
    OR c.chat_id = ANY((SELECT string_to_array(current_setting('staff.runs', true), ','))::text[])
    OR (c.kind <> 'staff_room'
        AND c.class_id = ANY((SELECT string_to_array(current_setting('staff.leads', true), ','))::text[])
        AND c.class_id || '|' || c.school_id
            = ANY((SELECT string_to_array(current_setting('staff.leads_at', true), ','))::text[]))
    OR (c.kind = 'subject'
        AND c.group_id = ANY((SELECT string_to_array(current_setting('staff.teaches', true), ','))::text[])
        AND c.group_id || '|' || c.school_id
            = ANY((SELECT string_to_array(current_setting('staff.teaches_at', true), ','))::text[]));
COMMENT ON VIEW staff.managed_chats IS 'The chats whose people are managed by who asks: domain.access._manages.';

CREATE VIEW staff.known_people WITH (security_barrier) AS
SELECT p AS person_id
  FROM unnest((SELECT string_to_array(current_setting('staff.family', true), ','))::text[]) p
UNION ALL
SELECT e.person_id FROM fact_employments e
 WHERE e.school_id = ANY((SELECT string_to_array(current_setting('staff.chooses_in', true), ','))::text[])
    OR (NOT e.ended AND e.school_id
        = ANY((SELECT string_to_array(current_setting('staff.works_in', true), ','))::text[]))
UNION ALL
SELECT o.pupil_id FROM fact_orders o
 WHERE o.school_id = ANY((SELECT string_to_array(current_setting('staff.chooses_in', true), ','))::text[])
UNION ALL
SELECT g.guardian_id FROM fact_guardianships g JOIN fact_orders o USING (pupil_id)
 WHERE o.school_id = ANY((SELECT string_to_array(current_setting('staff.chooses_in', true), ','))::text[])
UNION ALL
SELECT m.person_id FROM expected_members m JOIN staff.managed_chats c USING (chat_id)
UNION ALL
SELECT m.person_id FROM expected_members m
 WHERE m.role = 'administrator'
   AND m.chat_id = ANY((SELECT string_to_array(current_setting('staff.own_chats', true), ','))::text[]);
COMMENT ON VIEW staff.known_people IS 'Whose names may be read by who asks, some more than once: domain.access._knows.';

GRANT USAGE ON SCHEMA staff, public TO rollcall_staff;
GRANT SELECT ON staff.managed_chats, staff.known_people TO rollcall_staff;

-- What is granted here is all that the role can read; of chat_sync all but the chat's link,
-- which lets in whoever has it (staff.chat_links).
GRANT SELECT ON
    chats, expected_members, past_memberships, membership_history, observed_members,
    blocked_accounts, decisions, drift, kept_accounts, held_plans, intents, fact_schools, fact_classes, fact_subject_groups,
    fact_people, fact_profiles, fact_employments, fact_orders, fact_cancellations,
    fact_guardianships
    TO rollcall_staff;
GRANT SELECT (chat_id, school_id, max_chat_id, observed_at, gone_at, due_at, attempts,
              failing_since, failing_because, waiting, waiting_since, last_converged_at)
    ON chat_sync TO rollcall_staff;

DO $$
DECLARE
    -- Anybody who is an operator, and those whose role lets them see names.
    operator CONSTANT text := '(SELECT current_setting(''staff.operator'', true)) IN (''ids'', ''names'')';
    names CONSTANT text := '(SELECT current_setting(''staff.operator'', true)) = ''names''';
    ids CONSTANT text := '= ANY((SELECT string_to_array(current_setting(''staff.%s'', true), '',''))::text[])';
    works_in CONSTANT text := format(ids, 'works_in');
    chooses_in CONSTANT text := format(ids, 'chooses_in');
    own_chats CONSTANT text := format(ids, 'own_chats');
    family CONSTANT text := format(ids, 'family');
    managed CONSTANT text := 'EXISTS (SELECT FROM staff.managed_chats c WHERE c.chat_id = %I.chat_id)';
    known CONSTANT text := 'EXISTS (SELECT FROM staff.known_people k WHERE k.person_id = %I.%I)';
    -- A table, and of which of its rows its policy is true.
    rules CONSTANT text[] := ARRAY[
        ['chats', format('school_id %s OR chat_id %s', works_in, own_chats)],
        ['chat_sync', format('school_id %s OR chat_id %s', works_in, own_chats)],
        ['expected_members', format(
            'person_id %s OR %s OR (role = ''administrator'' AND (chat_id %s OR EXISTS ('
            'SELECT FROM chats c WHERE c.chat_id = expected_members.chat_id AND c.school_id %s)))',
            family, format(managed, 'expected_members'), own_chats, works_in)],
        ['past_memberships', format(managed, 'past_memberships')],
        ['observed_members', format(managed, 'observed_members')],
        ['blocked_accounts', format(managed, 'blocked_accounts')],
        ['decisions', format('%s OR school_id %s', format(managed, 'decisions'),
            format(ids, 'administers'))],
        ['drift', format(managed, 'drift')],
        ['held_plans', format(managed, 'held_plans')],
        ['intents', format(managed, 'intents')],
        ['fact_schools', format('school_id %s OR EXISTS (SELECT FROM chats c '
            'WHERE c.school_id = fact_schools.school_id AND c.chat_id %s)', works_in, own_chats)],
        ['fact_classes', format('school_id %s OR EXISTS (SELECT FROM chats c '
            'WHERE c.class_id = fact_classes.class_id AND c.chat_id %s)', works_in, own_chats)],
        ['fact_subject_groups', format('school_id %s OR group_id %s', chooses_in, format(ids, 'teaches'))],
        ['fact_employments', format('school_id %s OR person_id %s', works_in, family)],
        ['fact_orders', format('school_id %s OR pupil_id %s', chooses_in, family)],
        ['fact_cancellations', format('school_id %s', chooses_in)],
        ['fact_guardianships', format('guardian_id %s OR %s', family,
            format(known, 'fact_guardianships', 'pupil_id'))],
        ['fact_profiles', format(known, 'fact_profiles', 'person_id')]];
    rule text[];
BEGIN
    FOREACH rule SLICE 1 IN ARRAY rules LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', rule[1]);
        EXECUTE format('CREATE POLICY staff ON %I FOR SELECT TO rollcall_staff USING (%s OR %s)',
                       rule[1], operator, rule[2]);
    END LOOP;
    -- Of all tables the one with names: being an operator is not enough.
    ALTER TABLE fact_people ENABLE ROW LEVEL SECURITY;
    EXECUTE format('CREATE POLICY staff ON fact_people FOR SELECT TO rollcall_staff USING (%s OR %s)',
                   names, format(known, 'fact_people', 'person_id'));
END $$;
