-- Drift: what people do in the messenger by themselves. And the states that are not errors.

ALTER TABLE chat_sync
    ADD COLUMN known_at timestamptz,        -- since when observed_members is a complete knowledge,
                                            -- even where observed_at says that it may be outdated
    ADD COLUMN read_from timestamptz,       -- when the read that is under way was begun
    ADD COLUMN swept_at timestamptz,        -- when the sweep last asked for a read
    ADD COLUMN sweep_wanted boolean NOT NULL DEFAULT false; -- hints may have been missed
UPDATE chat_sync SET known_at = observed_at;
CREATE INDEX ON chat_sync (known_at) WHERE max_chat_id IS NOT NULL;
CREATE INDEX ON chat_sync (chat_id) WHERE sweep_wanted;

-- When the messenger last refused; ``since`` is when it first did.
ALTER TABLE blocked_accounts ADD COLUMN tried_at timestamptz;
UPDATE blocked_accounts SET tried_at = since;
ALTER TABLE blocked_accounts ALTER COLUMN tried_at SET NOT NULL,
                             ALTER COLUMN tried_at SET DEFAULT clock_now();

-- What updates said that no call of ours explains. A hint to go and read, never a proof.
CREATE TABLE webhook_hints (
    hint bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    chat_id text NOT NULL REFERENCES chats,
    kind text NOT NULL,                     -- domain.drift.HintKind
    max_user_id bigint,
    by_user_id bigint,
    at timestamptz NOT NULL,                -- by the messenger's clock
    received_at timestamptz NOT NULL,
    read_at timestamptz,                    -- a complete read that was begun later
    UNIQUE NULLS NOT DISTINCT (chat_id, kind, max_user_id, by_user_id, at)
);
CREATE INDEX ON webhook_hints (chat_id) WHERE read_at IS NULL;
CREATE INDEX ON webhook_hints (received_at);

-- One row each time that people changed something against what we had made of a chat.
CREATE TABLE drift (
    entry bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    chat_id text NOT NULL REFERENCES chats,
    max_user_id bigint,                     -- null: about the chat itself
    kind text NOT NULL CHECK (kind IN
        ('added_by_administrator', 'added', 'removed_by_administrator', 'left', 'promoted',
         'demoted', 'title_changed', 'bot_lost')),
    by_user_id bigint,
    seen_at timestamptz NOT NULL,
    due_at timestamptz,                     -- when a proposal ends, or somebody is put back
    insists boolean NOT NULL DEFAULT false, -- put back at once
    reasons text[],                         -- of a departure: the reasons that held then
    resolution text,                        -- null: open
    resolved_at timestamptz
);
CREATE UNIQUE INDEX ON drift (chat_id, coalesce(max_user_id, 0), kind) WHERE resolution IS NULL;
CREATE INDEX ON drift (chat_id, max_user_id, seen_at);
CREATE INDEX ON drift (seen_at);

-- Accounts that nobody is linked to, or that do not belong, kept in a chat by a person.
CREATE TABLE kept_accounts (
    chat_id text NOT NULL REFERENCES chats,
    max_user_id bigint NOT NULL,
    author text NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (chat_id, max_user_id)
);

-- Whether the messenger adds people at all. One row.
CREATE TABLE adding (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    off_since timestamptz,                  -- null: people can be added
    reason text,                            -- 'setting' or 'refused'
    probe_at timestamptz,                   -- when one call may find out again
    refusals int NOT NULL DEFAULT 0,        -- in a row, of chats in which the bot had its rights
    last_chat text
);
INSERT INTO adding DEFAULT VALUES;

-- Our webhook as the messenger last confirmed it. One row.
CREATE TABLE subscription (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    url text NOT NULL,
    confirmed_at timestamptz NOT NULL
);

CREATE INDEX ON intents (chat_id, committed_at);

-- Why an account belongs in a chat, in a fixed order; a new element is a new reason.
CREATE FUNCTION reasons_of(chat text, account bigint) RETURNS text[] LANGUAGE sql STABLE AS $$
    SELECT coalesce(array_agg(DISTINCT concat_ws(' ', r->>'kind', r->>'ref', r->>'order')), '{}')
      FROM expected_members m
      JOIN fact_profiles p USING (person_id)
     CROSS JOIN jsonb_array_elements(m.reasons) r
     WHERE m.chat_id = chat AND p.max_user_id = account
$$;

-- Whether an account was ever expected in a chat, or added by us: then it is ours to remove.
CREATE FUNCTION was_ours(chat text, account bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT FROM membership_history h JOIN fact_profiles p USING (person_id)
         WHERE h.chat_id = chat AND p.max_user_id = account)
    OR EXISTS (
        SELECT FROM membership_history h
          JOIN fact_history f ON f.kind = 'profiles' AND f.key = h.person_id
         WHERE h.chat_id = chat AND f.body->>'max_user_id' = account::text)
    OR EXISTS (
        SELECT FROM intents i
         WHERE i.chat_id = chat AND i.action IN ('create', 'add')
           AND (i.body->'members' @> to_jsonb(account) OR i.body->'user_ids' @> to_jsonb(account)))
$$;

CREATE VIEW dashboard.drift AS
SELECT d.entry, d.chat_id, c.school_id, c.kind AS chat_kind, d.max_user_id, p.person_id, d.kind,
       d.by_user_id, d.seen_at, d.due_at, d.resolution, d.resolved_at,
       d.kind = 'added_by_administrator' AND d.resolution IS NULL AND d.due_at IS NOT NULL
           AS is_proposal
  FROM drift d
  JOIN chats c USING (chat_id)
  LEFT JOIN LATERAL (
       SELECT min(f.person_id) AS person_id FROM fact_profiles f
        WHERE f.max_user_id = d.max_user_id) p ON true;

COMMENT ON VIEW dashboard.drift IS 'What people changed in the messenger against what we had made of a chat, one row each time.';
COMMENT ON COLUMN dashboard.drift.kind IS 'added_by_administrator, added (by link or unknown), removed_by_administrator, left, promoted, demoted, title_changed or bot_lost.';
COMMENT ON COLUMN dashboard.drift.max_user_id IS 'The account concerned; null where it is about the chat itself.';
COMMENT ON COLUMN dashboard.drift.person_id IS 'A person linked to that account now; null where there is none.';
COMMENT ON COLUMN dashboard.drift.by_user_id IS 'The account that did it, where an update of the messenger told.';
COMMENT ON COLUMN dashboard.drift.due_at IS 'When an open proposal ends, or when who went out is put back; an open departure without a date waits for a new reason.';
COMMENT ON COLUMN dashboard.drift.resolution IS 'Null while open. gone, expected, kept, tolerated, put_back, returned, not_expected, set_right, bot_back, or recorded where the chat is only observed or frozen.';
COMMENT ON COLUMN dashboard.drift.is_proposal IS 'A person of the school may keep this account; without that it leaves at due_at.';

CREATE VIEW dashboard.blocked AS
WITH expected AS (
    SELECT m.chat_id, m.person_id, p.max_user_id, m.known_since, s.link, s.max_chat_id,
           s.known_at, o.max_user_id IS NOT NULL AS inside
      FROM expected_members m
      JOIN chats c USING (chat_id)
      JOIN chat_sync s USING (chat_id)
      LEFT JOIN fact_profiles p USING (person_id)
      LEFT JOIN observed_members o ON o.chat_id = m.chat_id AND o.max_user_id = p.max_user_id
     WHERE NOT c.deleted AND NOT c.frozen),
gone_out AS (
    SELECT chat_id, max_user_id, min(seen_at) AS seen_at, max(due_at) AS due_at FROM drift
     WHERE kind IN ('left', 'removed_by_administrator') AND resolution IS NULL AND NOT insists
     GROUP BY 1, 2)
SELECT e.chat_id, e.person_id, e.max_user_id,
       CASE WHEN e.max_user_id IS NULL THEN 'no_profile'
            WHEN g.max_user_id IS NOT NULL THEN 'left'
            WHEN a.off_since IS NOT NULL AND e.max_chat_id IS NOT NULL THEN 'invited'
            WHEN b.reason = 'add.participant.privacy' THEN 'privacy'
            WHEN b.reason = 'add.participant.not.found' THEN 'not_found'
            WHEN b.reason = 'adding.refused' THEN 'invited'
            WHEN b.reason = 'chat.full' THEN 'chat_full'
            ELSE 'refused' END AS state,
       CASE WHEN e.max_user_id IS NULL THEN e.known_since
            WHEN g.max_user_id IS NOT NULL THEN g.seen_at
            WHEN b.max_user_id IS NOT NULL THEN b.since
            ELSE greatest(a.off_since, e.known_since) END AS since,
       CASE WHEN e.max_user_id IS NULL THEN NULL
            WHEN g.max_user_id IS NOT NULL THEN g.due_at
            WHEN a.off_since IS NOT NULL THEN a.probe_at
            ELSE b.retry_at END AS retry_at,
       e.link
  FROM expected e
  CROSS JOIN adding a
  LEFT JOIN gone_out g USING (chat_id, max_user_id)
  LEFT JOIN blocked_accounts b USING (chat_id, max_user_id)
 WHERE NOT e.inside
   AND (e.max_user_id IS NULL OR g.max_user_id IS NOT NULL OR b.max_user_id IS NOT NULL
        OR (a.off_since IS NOT NULL AND e.max_chat_id IS NOT NULL))
UNION ALL
SELECT s.chat_id, NULL, NULL, 'bot_not_administrator', s.waiting_since, s.due_at, s.link
  FROM chat_sync s WHERE s.waiting = 'parked';

COMMENT ON VIEW dashboard.blocked IS 'Who is expected and not inside for a reason that is no error, and chats in which the bot cannot act; each with a date.';
COMMENT ON COLUMN dashboard.blocked.person_id IS 'Null where the whole chat waits.';
COMMENT ON COLUMN dashboard.blocked.state IS 'no_profile, privacy, not_found, refused (no reason given), chat_full, left, invited or bot_not_administrator.';
COMMENT ON COLUMN dashboard.blocked.since IS 'Since when.';
COMMENT ON COLUMN dashboard.blocked.retry_at IS 'When it is tried again by itself; null: when something changes.';
COMMENT ON COLUMN dashboard.blocked.link IS 'The link of the chat, to hand to the person; null where the messenger gave none.';

-- Who is not expected may stay: kept by a person, or not ours to remove. Where nothing is due any
-- more, nothing is going to be done about them, and the chat is as it should be.
CREATE OR REPLACE VIEW dashboard.chats AS
SELECT c.chat_id, c.school_id, c.kind, c.class_id, c.group_id AS subject_group_id, c.title,
       s.max_chat_id,
       coalesce(e.people, 0) AS expected,
       coalesce(e.accounts, 0) AS deliverable,
       coalesce(o.accounts, 0) AS observed,
       CASE
           WHEN c.deleted THEN 'deleted'
           WHEN c.frozen THEN 'frozen'
           WHEN s.waiting = 'held' THEN 'held'
           WHEN s.waiting = 'parked' THEN 'parked'
           WHEN s.max_chat_id IS NULL AND coalesce(e.accounts, 0) = 0 THEN 'not_created'
           WHEN s.due_at IS NULL AND s.observed_at IS NOT NULL
                AND coalesce(e.outside, 0) = 0 AND coalesce(b.accounts, 0) = 0 THEN 'converged'
           ELSE 'pending'
       END AS state,
       s.last_converged_at
  FROM chats c
  LEFT JOIN chat_sync s USING (chat_id)
  LEFT JOIN LATERAL (
       SELECT count(*) AS people, count(DISTINCT p.max_user_id) AS accounts,
              count(p.max_user_id) FILTER (WHERE i.max_user_id IS NULL) AS outside
         FROM expected_members m
         LEFT JOIN fact_profiles p USING (person_id)
         LEFT JOIN observed_members i ON i.chat_id = m.chat_id AND i.max_user_id = p.max_user_id
        WHERE m.chat_id = c.chat_id) e ON true
  LEFT JOIN LATERAL (
       SELECT count(*) AS accounts FROM observed_members m WHERE m.chat_id = c.chat_id) o ON true
  LEFT JOIN LATERAL (
       SELECT count(*) AS accounts FROM blocked_accounts m WHERE m.chat_id = c.chat_id) b ON true;

CREATE OR REPLACE VIEW dashboard.memberships AS
SELECT m.chat_id, m.person_id, p.max_user_id, m.role, m.reasons,
       CASE
           WHEN p.max_user_id IS NULL THEN 'no_profile'
           WHEN o.max_user_id IS NOT NULL THEN 'present'
           WHEN b.max_user_id IS NOT NULL THEN 'blocked'
           ELSE 'to_add'
       END AS state
  FROM expected_members m
  LEFT JOIN fact_profiles p USING (person_id)
  LEFT JOIN observed_members o ON o.chat_id = m.chat_id AND o.max_user_id = p.max_user_id
  LEFT JOIN (SELECT DISTINCT chat_id, max_user_id FROM dashboard.blocked) b
         ON b.chat_id = m.chat_id AND b.max_user_id = p.max_user_id
UNION ALL
SELECT o.chat_id, k.person_id, o.max_user_id,
       CASE WHEN o.is_admin THEN 'administrator' ELSE 'member' END, '[]'::jsonb,
       CASE WHEN h.max_user_id IS NOT NULL OR (s.due_at IS NULL AND s.observed_at IS NOT NULL)
            THEN 'present' ELSE 'to_remove' END
  FROM observed_members o
  JOIN chat_sync s USING (chat_id)
  LEFT JOIN kept_accounts h USING (chat_id, max_user_id)
  LEFT JOIN LATERAL (
       SELECT min(f.person_id) AS person_id FROM fact_profiles f
        WHERE f.max_user_id = o.max_user_id) k ON true
 WHERE NOT EXISTS (
       SELECT FROM expected_members m JOIN fact_profiles p USING (person_id)
        WHERE m.chat_id = o.chat_id AND p.max_user_id = o.max_user_id);

COMMENT ON COLUMN dashboard.memberships.state IS 'present, to_add, to_remove, no_profile or blocked; dashboard.blocked says why. A surplus account is present where it is kept or not ours to remove.';
