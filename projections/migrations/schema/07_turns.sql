-- Turns: whose chat, or lesson, is next, so that one school's replay leaves the others' times alone.

-- Fair queueing by virtual time: each claim moves its school on by 1 / weight. A school that
-- had nothing to do for a while starts where the others are, and saves up no turns.
CREATE TABLE school_turns (
    queue text NOT NULL,                    -- the table that is the queue
    school_id text NOT NULL,
    turn float8 NOT NULL DEFAULT 0,
    weight float8 NOT NULL DEFAULT 1 CHECK (weight > 0),
    PRIMARY KEY (queue, school_id)
);
CREATE INDEX ON school_turns (queue, turn, school_id);
-- Where the school that was served last began its turn.
CREATE TABLE turn_clock (
    queue text PRIMARY KEY,
    now float8 NOT NULL DEFAULT 0
);
INSERT INTO turn_clock (queue) VALUES ('chat_sync'), ('lesson_calls');

-- Of whatever stands in a queue the school has turns there.
CREATE FUNCTION takes_turns() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO school_turns (queue, school_id) VALUES (TG_TABLE_NAME, NEW.school_id)
        ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
CREATE TRIGGER takes_turns AFTER INSERT OR UPDATE OF school_id ON chat_sync
    FOR EACH ROW EXECUTE FUNCTION takes_turns();

CREATE FUNCTION chat_sync_school() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.school_id := (SELECT school_id FROM chats WHERE chat_id = NEW.chat_id);
    RETURN NEW;
END $$;
CREATE TRIGGER chat_sync_school BEFORE INSERT ON chat_sync
    FOR EACH ROW EXECUTE FUNCTION chat_sync_school();

CREATE FUNCTION chat_moves_school() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE chat_sync SET school_id = NEW.school_id WHERE chat_id = NEW.chat_id;
    RETURN NULL;
END $$;
CREATE TRIGGER chat_moves_school AFTER UPDATE OF school_id ON chats
    FOR EACH ROW WHEN (OLD.school_id IS DISTINCT FROM NEW.school_id)
    EXECUTE FUNCTION chat_moves_school();
