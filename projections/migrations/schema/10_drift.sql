-- Drift: what people do in the messenger by themselves, and the states that are not errors.

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

-- Accounts that nobody is linked to, or that do not belong, kept in a chat by a person: what the
-- latest decision about each says. Whoever asks sees those of the decisions that they may see.
CREATE VIEW kept_accounts WITH (security_invoker = true) AS
SELECT d.chat_id, d.account AS max_user_id, d.author, d.at
  FROM decisions d
 WHERE d.subject = 'stay' AND d.choice = 'kept'
   AND NOT EXISTS (
       SELECT FROM decisions l
        WHERE l.subject = 'stay' AND l.chat_id = d.chat_id AND l.account = d.account
          AND (l.at, l.decision_id COLLATE "C") > (d.at, d.decision_id COLLATE "C"));

-- Whether the messenger adds people at all. One row.
CREATE TABLE adding (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    off_since timestamptz,                  -- null: people can be added
    reason text,                            -- 'setting' or 'refused'
    probe_at timestamptz,                   -- when one call may find out again
    chats text[] NOT NULL DEFAULT '{}',     -- that refused somebody since the last who came in,
    accounts bigint[] NOT NULL DEFAULT '{}' -- though the bot had its rights there; and whom
);
INSERT INTO adding DEFAULT VALUES;

-- Chats in a row in which reads refuted what calls were answered. One row.
CREATE TABLE answers (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    chats text[] NOT NULL DEFAULT '{}',     -- since the last read that confirmed an answer
    since timestamptz                       -- since when they are so many that it is a state
);
INSERT INTO answers DEFAULT VALUES;

-- Our webhook as the messenger last confirmed it. One row.
CREATE TABLE subscription (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    url text NOT NULL,
    known_as text,                          -- how the messenger spells it
    confirmed_at timestamptz,               -- null: it never had it for long
    lost_since timestamptz                  -- it is missing, and was set again often enough
);
-- When it was missing and set again, of the last day.
CREATE TABLE subscription_set (at timestamptz NOT NULL);

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

-- Whether somebody linked to the account became expected in the chat, or ceased to be, since then.
CREATE FUNCTION expected_since(chat text, account bigint, since timestamptz) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT FROM membership_history h JOIN fact_profiles p USING (person_id)
         WHERE h.chat_id = chat AND p.max_user_id = account AND h.known_from > since)
$$;

-- Whether somebody linked to the account was excluded from the chat by hand, or removed from the
-- register: then neither a proposal nor the school's keeping the account lets it stay.
CREATE FUNCTION is_barred(chat text, account bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT FROM fact_profiles p JOIN fact_people f USING (person_id)
         WHERE p.max_user_id = account AND f.removed)
    OR EXISTS (
        SELECT FROM fact_profiles p CROSS JOIN LATERAL (
               SELECT d.choice FROM decisions d
                WHERE d.chat_id = chat AND d.person_id = p.person_id AND d.subject = 'membership'
                ORDER BY d.at DESC, d.decision_id COLLATE "C" DESC LIMIT 1) latest
         WHERE p.max_user_id = account AND latest.choice = 'excluded')
$$;
