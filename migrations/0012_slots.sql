-- The slots that a machine offers: each change of it adds to the total what it has more than before.
CREATE TABLE device_slots (device text PRIMARY KEY, slots int NOT NULL);

CREATE FUNCTION slots_told(kind text, data jsonb) RETURNS int LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE kind WHEN 'DeviceRegistered' THEN (data ->> 'slots')::int WHEN 'DeviceUpdated' THEN (data ->> 'slots')::int
        WHEN 'DeviceRetired' THEN 0 END
$$;

CREATE FUNCTION roll_up_slots() RETURNS trigger LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
    totals total[];
BEGIN
    WITH told AS (
        SELECT c.data ->> 'device' AS device, c.slot, c.id, seconds_of(c.time) AS at, slots_told(c.kind, c.data) AS slots
        FROM changed c WHERE c.program = 'escrow' AND slots_told(c.kind, c.data) IS NOT NULL
    ), steps AS (
        SELECT t.device, t.slot, t.id, t.at, t.slots,
            t.slots - coalesce(lag(t.slots) OVER w, o.slots, 0) AS more, lead(t.id) OVER w IS NULL AS is_last
        FROM told t LEFT JOIN device_slots o USING (device)
        WHERE TG_OP = 'INSERT' WINDOW w AS (PARTITION BY t.device ORDER BY t.slot, t.id)
        UNION ALL
        -- Retracted: back to what the last event that is left says, in the hour of the last that is not.
        SELECT t.device, t.slot, t.id, t.at, coalesce(l.slots, 0), coalesce(l.slots, 0) - coalesce(o.slots, 0), true
        FROM (SELECT DISTINCT ON (device) * FROM told WHERE TG_OP = 'DELETE' ORDER BY device, slot DESC, id DESC) t
        LEFT JOIN device_slots o USING (device)
        LEFT JOIN LATERAL (
            SELECT slots_told(e.kind, e.data) AS slots FROM event_parties p JOIN events e ON e.slot = p.slot AND e.id = p.id
            WHERE p.address = t.device AND slots_told(e.kind, e.data) IS NOT NULL ORDER BY p.slot DESC, p.id DESC LIMIT 1
        ) l ON true
    ), kept AS (
        INSERT INTO device_slots SELECT device, slots FROM steps WHERE is_last
        ON CONFLICT (device) DO UPDATE SET slots = excluded.slots
    )
    SELECT array_agg(('slots', at, -1, '', more)::total) INTO totals FROM steps WHERE more <> 0;
    PERFORM add_totals(totals);
    RETURN NULL;
END $$;

-- What is here already, by the same way.
DO $$
DECLARE
    columns text := (SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute
        WHERE attrelid = 'events'::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = '');
BEGIN
    CREATE TEMP TABLE past (LIKE events INCLUDING GENERATED);
    CREATE TRIGGER past_slots AFTER INSERT ON past
        REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION roll_up_slots();
    EXECUTE format('INSERT INTO past (%1$s) SELECT %1$s FROM events', columns);
    DROP TABLE past;
END $$;
-- By name after `events_roll_up`, which notes whom the events name.
CREATE TRIGGER events_slots AFTER INSERT ON events
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION roll_up_slots();
CREATE TRIGGER events_slots_back AFTER DELETE ON events
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION roll_up_slots();
