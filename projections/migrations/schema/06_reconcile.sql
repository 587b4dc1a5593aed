-- Reconcile: what the messenger has, what is due, who works on it.

CREATE TABLE chat_sync (
    chat_id text PRIMARY KEY REFERENCES chats,
    school_id text NOT NULL DEFAULT '',     -- the queue's own copy, so that claiming needs no join
    max_chat_id bigint UNIQUE,
    link text,
    creation int NOT NULL DEFAULT 0,        -- part of the external_id; deletion raises it
    observed_at timestamptz,                -- null: never read completely, nothing is known
    observed_title text,
    title_asked text,                       -- the title that we gave it last, where the messenger
    title_made text,                        -- made another of it: this one
    glimpsed_since timestamptz,             -- since when reads list fewer people than are counted
    glimpsed_by bigint,                     -- the lease of the last such read
    known_at timestamptz,                   -- since when observed_members is a complete knowledge,
                                            -- even where observed_at says that it may be outdated
    read_at timestamptz,                    -- when it was last read whole
    answered_since timestamptz,             -- since when part of it is only what calls were answered
    read_from timestamptz,                  -- when the read that is under way was begun
    reread_at timestamptz,                  -- a call may still be under way: read once more then
    doubted_at timestamptz,                 -- when a read last settled a call without an answer
    recheck_at timestamptz,                 -- its effect may come late: swept again then
    swept_at timestamptz,                   -- when the sweep last asked for a read
    sweep_wanted boolean NOT NULL DEFAULT false, -- hints may have been missed
    restored_at timestamptz,                -- membership became unknown by a restore, and no
                                            -- person need look any more once it is null again
    gone_at timestamptz,                    -- since when the messenger answers that the chat was
                                            -- deleted for ever; null: it does not
    lane smallint NOT NULL DEFAULT 1,
    place smallint NOT NULL DEFAULT 0,      -- among its school's chats in a replay: domain.backlog
    due_at timestamptz,                     -- null: nothing to do
    due_generation bigint NOT NULL DEFAULT 0, -- raised with each mark; cleared only at the one read
    lease_token bigint NOT NULL DEFAULT 0,  -- raised with each lease; the fence
    lease_until timestamptz,
    attempts int NOT NULL DEFAULT 0,        -- passes that failed in a row
    failing_since timestamptz,              -- the first of them
    failing_because text,                   -- why the last of them failed
    waiting text,                           -- why it waits: held, parked, refused …
    waiting_since timestamptz,
    last_converged_at timestamptz
);
-- A title without what a messenger may make of its spaces and its spelling in Unicode.
CREATE FUNCTION plain_title(title text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT btrim(regexp_replace(normalize(title, NFKC), '\s+', ' ', 'g'))
$$;
-- Whether a chat has this title, as we gave it or as the messenger made it of that.
CREATE FUNCTION title_fits(s chat_sync, title text) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT plain_title(s.observed_title) = plain_title(title)
        OR (s.title_asked = title AND s.observed_title = s.title_made)
$$;
CREATE INDEX ON chat_sync (lane, due_at) WHERE due_at IS NOT NULL;
CREATE INDEX ON chat_sync (lease_until) WHERE lease_until IS NOT NULL;
CREATE INDEX ON chat_sync (waiting) WHERE waiting IS NOT NULL;
CREATE INDEX ON chat_sync (attempts) WHERE attempts > 0;
CREATE INDEX ON chat_sync (known_at) WHERE max_chat_id IS NOT NULL;
CREATE INDEX ON chat_sync (chat_id) WHERE sweep_wanted;
CREATE INDEX ON chat_sync (recheck_at) WHERE recheck_at IS NOT NULL;
CREATE INDEX ON chat_sync (answered_since) WHERE answered_since IS NOT NULL;
CREATE INDEX ON chat_sync (known_at) WHERE answered_since IS NOT NULL;
-- Beside the index by (lane, due_at), which tells the lane: of a lane and a school the next.
CREATE INDEX chat_sync_turns ON chat_sync
    (lane, school_id, (CASE WHEN lane = 4 THEN place END), due_at) WHERE due_at IS NOT NULL;

CREATE TABLE observed_members (
    chat_id text NOT NULL REFERENCES chats,
    max_user_id bigint NOT NULL,
    is_admin boolean NOT NULL,
    seen_at timestamptz NOT NULL,
    read_at timestamptz,                    -- when a read last listed it; null: answered for only
    PRIMARY KEY (chat_id, max_user_id)
);
CREATE INDEX ON observed_members (max_user_id);

-- Accounts that the messenger would not add, and when to try again.
CREATE TABLE blocked_accounts (
    chat_id text NOT NULL REFERENCES chats,
    max_user_id bigint NOT NULL,
    reason text NOT NULL,
    since timestamptz NOT NULL,             -- when the messenger first refused
    retry_at timestamptz NOT NULL,
    tried_at timestamptz NOT NULL DEFAULT clock_now(), -- when it last did
    said text,                              -- its code, where it is none of the known reasons
    PRIMARY KEY (chat_id, max_user_id)
);
CREATE INDEX ON blocked_accounts (max_user_id);

-- Calls about one account that failed, and what follows (domain.refusals). Who is refused an add
-- alone, and by a word, is in blocked_accounts instead.
CREATE TABLE setbacks (
    chat_id text NOT NULL REFERENCES chats,
    max_user_id bigint NOT NULL,            -- 0: about the chat itself
    wish text NOT NULL CHECK (wish IN ('add', 'remove', 'promote', 'demote', 'rename')),
    kind text NOT NULL CHECK (kind IN ('apart', 'paused', 'dated', 'undone')),
    said text NOT NULL,                     -- the messenger's code, or what there was instead
    strikes int NOT NULL,                   -- failures in a row; the more, the fewer are named beside
    since timestamptz NOT NULL,
    tried_at timestamptz NOT NULL,
    retry_at timestamptz NOT NULL,          -- nothing is tried before
    PRIMARY KEY (chat_id, max_user_id, wish)
);
CREATE INDEX ON setbacks (kind, since);

-- Our own account in the messenger, once it has told us. One row.
CREATE TABLE own_account (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    max_user_id bigint NOT NULL
);

CREATE TABLE intents (
    intent_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    chat_id text NOT NULL REFERENCES chats,
    lease_token bigint NOT NULL,
    action text NOT NULL,                   -- create, add, remove, promote, demote, rename, delete
    body jsonb NOT NULL,
    committed_at timestamptz NOT NULL,
    settled_at timestamptz,                 -- null: its outcome is not known
    outcome text
);
CREATE INDEX ON intents (chat_id) WHERE settled_at IS NULL;
CREATE INDEX ON intents (committed_at);
CREATE INDEX ON intents (chat_id, committed_at);
