-- The one clock. Both settings are of a session and only tests ever give them: the shift moves
-- the clock, and clock_at is the instant itself, for runs that must not depend on real time.
CREATE FUNCTION clock_now() RETURNS timestamptz LANGUAGE sql VOLATILE PARALLEL SAFE AS $$
    SELECT coalesce(
        nullif(current_setting('rollcall.clock_at', true), '')::timestamptz,
        clock_timestamp() + coalesce(
            nullif(current_setting('rollcall.clock_shift', true), '')::interval, interval '0'))
$$;
