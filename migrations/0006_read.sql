-- What the API's lists, lookups and numbers read: a job's status as a column, whom an event names, totals that are kept
-- as events come and go, and an index for each order and filter of each list.

---------------------------------------------------------------------------------------------------- a job's status

-- A job's state, and while it is live what its cases, its round and its seats say. (This and the functions below look
-- things up by key, from plans that may have been made when the tables were empty: only indexes will do.)
CREATE FUNCTION job_status(of_job text, data jsonb) RETURNS text LANGUAGE plpgsql STABLE
SET enable_seqscan = off AS $$
DECLARE
    state text := data ->> 'state';
    phase text;
    revealed int;
BEGIN
    IF state IS NULL OR state NOT IN ('Open', 'Seated', 'Doubted') THEN
        RETURN lower(state);
    END IF;
    SELECT r.data ->> 'phase', (r.data ->> 'revealed')::int INTO phase, revealed FROM rounds r WHERE r.job = of_job
        ORDER BY r.closed_slot DESC NULLS FIRST LIMIT 1;
    RETURN CASE
        WHEN state = 'Doubted' OR (data ->> 'cases')::int > 0 OR phase = 'Tied' THEN 'disputed'
        WHEN phase = 'Auditing' OR (phase = 'Revealing' AND revealed > 0) THEN 'revealed'
        WHEN phase = 'Revealing' THEN 'sealed'
        -- The job's seats first: an index of states or of open seats is no way to a job's.
        WHEN EXISTS (SELECT FROM (SELECT * FROM seats s WHERE s.job = of_job OFFSET 0) s
            WHERE s.closed_slot IS NULL AND s.data ->> 'state' = 'Delivered') THEN 'delivered'
        ELSE lower(state)
    END;
END $$;

ALTER TABLE jobs ADD COLUMN status text;
UPDATE jobs SET status = job_status(address, data);

CREATE FUNCTION set_job_status() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Most are live no more: nothing is looked up for those.
    IF NEW.data ->> 'state' IN ('Open', 'Seated', 'Doubted') THEN
        NEW.status := job_status(NEW.address, NEW.data);
    ELSE
        NEW.status := lower(NEW.data ->> 'state');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER jobs_status BEFORE INSERT OR UPDATE OF data ON jobs FOR EACH ROW EXECUTE FUNCTION set_job_status();

-- A round or a seat changed: so may have its job's status.
CREATE FUNCTION follow_status() RETURNS trigger LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
BEGIN
    WITH now AS MATERIALIZED (
        SELECT j.address, job_status(j.address, j.data) AS status FROM (SELECT DISTINCT job FROM changed) c
        JOIN jobs j ON j.address = c.job WHERE j.state IN ('Open', 'Seated', 'Doubted')
    )
    UPDATE jobs j SET status = now.status FROM now WHERE j.address = now.address AND j.status IS DISTINCT FROM now.status;
    RETURN NULL;
END $$;
DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['rounds', 'seats'] LOOP
        EXECUTE format('CREATE TRIGGER %1$s_status_insert AFTER INSERT ON %1$s
            REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION follow_status()', t);
        EXECUTE format('CREATE TRIGGER %1$s_status_update AFTER UPDATE ON %1$s
            REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION follow_status()', t);
        EXECUTE format('CREATE TRIGGER %1$s_status_delete AFTER DELETE ON %1$s
            REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION follow_status()', t);
    END LOOP;
END $$;

-- How many jobs have a status, and how many units.
CREATE TABLE job_counts (status text PRIMARY KEY, jobs bigint NOT NULL, units numeric NOT NULL);
INSERT INTO job_counts
SELECT coalesce(status, ''), count(*), coalesce(sum((data ->> 'units')::numeric), 0) FROM jobs GROUP BY 1;

CREATE FUNCTION count_jobs() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO job_counts AS had
        SELECT coalesce(status, ''), count(*), coalesce(sum((data ->> 'units')::numeric), 0) FROM added GROUP BY 1
        ON CONFLICT (status) DO UPDATE SET jobs = had.jobs + excluded.jobs, units = had.units + excluded.units;
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO job_counts AS had
        SELECT coalesce(status, ''), -count(*), -coalesce(sum((data ->> 'units')::numeric), 0) FROM gone GROUP BY 1
        ON CONFLICT (status) DO UPDATE SET jobs = had.jobs + excluded.jobs, units = had.units + excluded.units;
    ELSE
        INSERT INTO job_counts AS had
        SELECT coalesce(status, ''), sum(n), sum(n * coalesce((data ->> 'units')::numeric, 0))
        FROM (SELECT status, data, 1 AS n FROM added UNION ALL SELECT status, data, -1 FROM gone) c
        GROUP BY 1 HAVING sum(n) <> 0 OR sum(n * coalesce((data ->> 'units')::numeric, 0)) <> 0
        ON CONFLICT (status) DO UPDATE SET jobs = had.jobs + excluded.jobs, units = had.units + excluded.units;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER jobs_count_insert AFTER INSERT ON jobs
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION count_jobs();
CREATE TRIGGER jobs_count_update AFTER UPDATE ON jobs
    REFERENCING NEW TABLE AS added OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION count_jobs();
CREATE TRIGGER jobs_count_delete AFTER DELETE ON jobs
    REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION count_jobs();

------------------------------------------------------------------------------------------------- a case's beginning

-- When a case was opened, which its account does not say: the slot and time of its event; until that is here, the slot
-- at which it was first seen.
ALTER TABLE cases ADD COLUMN opened_slot bigint NOT NULL DEFAULT 0, ADD COLUMN opened_at timestamptz;

CREATE FUNCTION case_opening(of_case text, OUT slot bigint, OUT happened timestamptz) LANGUAGE sql STABLE AS $$
    SELECT slot, time FROM events e
    WHERE e.data ->> 'case' = of_case AND e.program = 'verification' AND e.kind = 'CaseOpened'
    ORDER BY e.slot DESC, e.id DESC LIMIT 1
$$;
UPDATE cases c SET opened_slot = coalesce(o.slot, c.slot), opened_at = o.happened
FROM cases x CROSS JOIN LATERAL case_opening(x.address) o WHERE x.address = c.address;

CREATE FUNCTION set_case_opening() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    SELECT coalesce(o.slot, NEW.slot), o.happened INTO NEW.opened_slot, NEW.opened_at FROM case_opening(NEW.address) o;
    RETURN NEW;
END $$;
CREATE TRIGGER cases_opening BEFORE INSERT ON cases FOR EACH ROW EXECUTE FUNCTION set_case_opening();

--------------------------------------------------------------------------------------------------- whom events name

-- Every address that an event names, itself or in the last state that it tells.
CREATE TABLE event_parties (
    address text NOT NULL,
    slot bigint NOT NULL,
    id bigint NOT NULL,
    PRIMARY KEY (address, slot, id)
);

CREATE FUNCTION parties_of(data jsonb) RETURNS SETOF text LANGUAGE sql IMMUTABLE AS $$
    SELECT value #>> '{}' FROM (
        SELECT key, value FROM jsonb_each(data)
        UNION ALL
        SELECT key, value FROM jsonb_each(data -> 'last') WHERE jsonb_typeof(data -> 'last') = 'object'
        UNION ALL
        SELECT 'attestor', value FROM jsonb_array_elements(data -> 'attestors') WHERE jsonb_typeof(data -> 'attestors') = 'array'
    ) field
    WHERE key = ANY ('{action,attestor,author,authority,ballot,bid,by,canary,case,claimant,counterparty,device,distribution,
        executor,from,funder,guardian,job,key,mint,minter,model,opener,operator,owner,payee,payer,payment,pending,pool,
        position,program,proposal,proposer,registrar,requester,reserve_mint,round,seat,ticket,to,vault,vote,voter}')
        AND jsonb_typeof(value) = 'string' AND value <> '"11111111111111111111111111111111"'
$$;

-- Forgets whom the events named that retention has dropped.
CREATE FUNCTION prune_parties() RETURNS bigint LANGUAGE sql AS $$
    WITH gone AS (DELETE FROM event_parties WHERE slot < (SELECT min(slot) FROM events) RETURNING 1) SELECT count(*) FROM gone
$$;

------------------------------------------------------------------------------------------------------------- totals

-- Sums over events, by hour, by day and of all time; `at` is the hour's or day's first unix second, 0 of all time.
-- class -1 and mint '': it has none. Dropping old events leaves them as they are.
CREATE TABLE rollups (
    metric text NOT NULL,
    step text NOT NULL CHECK (step IN ('hour', 'day', 'all')),
    at bigint NOT NULL,
    class smallint NOT NULL,
    mint text NOT NULL,
    value numeric NOT NULL,
    PRIMARY KEY (metric, step, at, class, mint)
);

-- What operators earned and lost, by day and of all time. mint '': what has none.
CREATE TABLE operator_rollups (
    operator text NOT NULL,
    step text NOT NULL CHECK (step IN ('day', 'all')),
    at bigint NOT NULL,
    class smallint NOT NULL,
    mint text NOT NULL,
    won bigint NOT NULL,
    lost bigint NOT NULL,
    units numeric NOT NULL,
    earned numeric NOT NULL,
    slashed numeric NOT NULL,
    PRIMARY KEY (operator, step, at, class, mint)
);
CREATE INDEX operator_rollups_by_day ON operator_rollups (step, at);

-- The slots of an hour's events; they only grow, so that a search by time may look between them.
CREATE TABLE event_hours (hour bigint PRIMARY KEY, first_slot bigint NOT NULL, last_slot bigint NOT NULL);

-- What events say of a job whose account is not here yet: its class, mint and units are not known, so it waits.
CREATE TABLE waiting_facts (
    job text NOT NULL,
    at bigint NOT NULL,
    operator text NOT NULL,
    posted bigint NOT NULL,
    seats bigint NOT NULL,
    paid numeric NOT NULL,
    fee numeric NOT NULL,
    PRIMARY KEY (job, at, operator)
);
CREATE TYPE job_fact AS (job text, at bigint, operator text, posted bigint, seats bigint, paid numeric, fee numeric);
CREATE TYPE total AS (metric text, at bigint, class smallint, mint text, value numeric);

CREATE FUNCTION add_totals(totals total[]) RETURNS void LANGUAGE sql AS $$
    INSERT INTO rollups AS had
    SELECT t.metric, s.step, s.at, t.class, t.mint, sum(t.value)
    FROM unnest(totals) t
    CROSS JOIN LATERAL (VALUES ('hour', t.at / 3600 * 3600), ('day', t.at / 86400 * 86400), ('all', 0)) s (step, at)
    GROUP BY 1, 2, 3, 4, 5 HAVING sum(t.value) <> 0
    ORDER BY 1, 2, 3, 4, 5
    ON CONFLICT (metric, step, at, class, mint) DO UPDATE SET value = had.value + excluded.value
$$;

-- Puts to the totals what is said of jobs that are known, and keeps the rest.
CREATE FUNCTION attribute(facts job_fact[]) RETURNS void LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
    totals total[];
BEGIN
    INSERT INTO waiting_facts AS had
    SELECT f.job, f.at, f.operator, sum(posted), sum(seats), sum(paid), sum(fee) FROM unnest(facts) f
    WHERE NOT EXISTS (SELECT FROM jobs j WHERE j.address = f.job) GROUP BY 1, 2, 3
    ON CONFLICT (job, at, operator) DO UPDATE SET posted = had.posted + excluded.posted, seats = had.seats + excluded.seats,
        paid = had.paid + excluded.paid, fee = had.fee + excluded.fee;

    WITH known AS MATERIALIZED (
        SELECT f.at, f.operator, coalesce((j.data ->> 'class')::smallint, -1) AS class, coalesce(j.mint, '') AS mint,
            sum(f.posted) AS posted, sum(f.seats) AS seats, sum(f.paid) AS paid, sum(f.fee) AS fee,
            sum(f.seats * coalesce((j.data ->> 'units')::numeric, 0)) AS units
        FROM unnest(facts) f JOIN jobs j ON j.address = f.job GROUP BY 1, 2, 3, 4
    ), earned AS (
        INSERT INTO operator_rollups AS had
        SELECT operator, s.step, s.at, class, mint, sum(seats), 0, sum(units), sum(paid), 0
        FROM known k CROSS JOIN LATERAL (VALUES ('day', k.at / 86400 * 86400), ('all', 0)) s (step, at)
        WHERE operator <> '' AND (seats <> 0 OR paid <> 0) GROUP BY 1, 2, 3, 4, 5
        ON CONFLICT (operator, step, at, class, mint) DO UPDATE SET won = had.won + excluded.won,
            units = had.units + excluded.units, earned = had.earned + excluded.earned
    ), sums AS (
        SELECT at, class, mint, sum(posted) AS posted, sum(seats) AS seats, sum(paid) AS paid, sum(fee) AS fee,
            sum(units) AS units
        FROM known GROUP BY 1, 2, 3
    )
    SELECT array_agg((v.metric, at, class, mint, v.value)::total) INTO totals
    FROM sums CROSS JOIN LATERAL (VALUES ('jobs', posted), ('seats', seats), ('paid', paid), ('volume', paid + fee),
        ('fees', fee), ('seat_units', units)) v (metric, value)
    WHERE v.value <> 0;
    PERFORM add_totals(totals);
END $$;

-- The job has come: what waited for it is put to the totals.
CREATE FUNCTION attribute_waiting() RETURNS trigger LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
    facts job_fact[];
BEGIN
    WITH found AS (DELETE FROM waiting_facts w USING added a WHERE w.job = a.address RETURNING w.*)
    SELECT array_agg((f.job, f.at, f.operator, f.posted, f.seats, f.paid, f.fee)::job_fact) INTO facts FROM found f;
    IF facts IS NOT NULL THEN
        PERFORM attribute(facts);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER jobs_waited_for AFTER INSERT ON jobs
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION attribute_waiting();

-- For events that came (or, with the sign turned, were retracted): whom they name, the totals, the cases they open.
CREATE FUNCTION roll_up() RETURNS trigger LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
    sign int := CASE TG_OP WHEN 'DELETE' THEN -1 ELSE 1 END;
    facts job_fact[];
    totals total[];
BEGIN
    IF NOT EXISTS (SELECT FROM changed) THEN
        RETURN NULL;
    END IF;
    IF sign > 0 THEN
        INSERT INTO event_parties
        SELECT DISTINCT p, c.slot, c.id FROM changed c CROSS JOIN LATERAL parties_of(c.data) p;
    ELSE
        DELETE FROM event_parties e USING (SELECT p, c.slot, c.id FROM changed c CROSS JOIN LATERAL parties_of(c.data) p) g
        WHERE e.address = g.p AND e.slot = g.slot AND e.id = g.id;
    END IF;

    INSERT INTO event_hours AS had
    SELECT seconds_of(time) / 3600 * 3600, min(slot), max(slot) FROM changed WHERE sign > 0 GROUP BY 1
    ON CONFLICT (hour) DO UPDATE SET first_slot = least(had.first_slot, excluded.first_slot),
        last_slot = greatest(had.last_slot, excluded.last_slot)
    WHERE had.first_slot > excluded.first_slot OR had.last_slot < excluded.last_slot;

    SELECT array_agg((metric, at, class, mint, sign * value)::total) INTO totals FROM (
        SELECT 'events' AS metric, seconds_of(time) / 3600 * 3600 AS at, -1 AS class, '' AS mint, count(*) AS value
        FROM changed GROUP BY 2
        UNION ALL
        SELECT v.metric, seconds_of(c.time) / 3600 * 3600, -1, v.mint, sum(v.value)
        FROM changed c CROSS JOIN LATERAL event_totals(c.program, c.kind, c.data) v
        WHERE c.kind IN ('SeatSettled', 'SeatSlashed', 'SeatClaimed', 'Slashed', 'Burned', 'FeesCollected', 'EpochEmitted', 'Minted')
        GROUP BY 1, 2, 4
        UNION ALL
        SELECT v.metric, seconds_of(c.time) / 3600 * 3600, coalesce((c.data #>> '{last,class}')::int, -1),
            coalesce(c.data #>> '{last,mint}', ''), sum(v.value)
        FROM changed c
        CROSS JOIN LATERAL (VALUES ('settled', 1::numeric), ('units', (c.data #>> '{last,units}')::numeric)) v (metric, value)
        WHERE c.program = 'escrow' AND c.kind = 'JobClosed' AND c.data #>> '{last,state}' = 'Settled'
        GROUP BY 1, 2, 3, 4
    ) sums;
    PERFORM add_totals(totals);

    INSERT INTO operator_rollups AS had
    SELECT c.operator, s.step, s.at, -1, '', 0, sum(sign * (c.program = 'escrow')::int),
        0, 0, sum(CASE WHEN c.program = 'staking' THEN sign * (c.data ->> 'amount')::numeric ELSE 0 END)
    FROM changed c
    CROSS JOIN LATERAL (VALUES ('day', seconds_of(c.time) / 86400 * 86400), ('all', 0)) s (step, at)
    WHERE (c.program, c.kind) IN (('escrow', 'SeatSlashed'), ('staking', 'Slashed')) AND c.operator IS NOT NULL
    GROUP BY 1, 2, 3
    ON CONFLICT (operator, step, at, class, mint) DO UPDATE SET lost = had.lost + excluded.lost,
        slashed = had.slashed + excluded.slashed;

    SELECT array_agg((job, at, operator, posted, seats, paid, fee)::job_fact) INTO facts FROM (
        SELECT c.job, seconds_of(c.time) / 3600 * 3600 AS at, coalesce(c.operator, '') AS operator,
            sum(sign * (c.kind = 'JobPosted')::int) AS posted, sum(sign * (c.kind = 'SeatSettled')::int) AS seats,
            sum(sign * coalesce((c.data ->> 'paid')::numeric, 0)) AS paid,
            sum(sign * coalesce((c.data ->> 'fee')::numeric, 0)) AS fee
        FROM changed c
        WHERE c.program = 'escrow' AND c.job IS NOT NULL AND (c.kind = 'JobPosted'
            OR (c.kind = 'SeatSettled' AND (c.data ->> 'paid')::numeric > 0)
            -- The last milestone is paid by the settlement.
            OR (c.kind = 'MilestoneReleased' AND NOT (c.data ->> 'is_last')::boolean))
        GROUP BY 1, 2, 3
    ) sums;
    IF facts IS NOT NULL THEN
        PERFORM attribute(facts);
    END IF;

    UPDATE cases t SET opened_slot = coalesce(o.slot, t.slot), opened_at = o.happened
    FROM (SELECT DISTINCT data ->> 'case' AS address FROM changed WHERE program = 'verification' AND kind = 'CaseOpened') c
    CROSS JOIN LATERAL case_opening(c.address) o
    WHERE t.address = c.address AND (t.opened_slot, t.opened_at) IS DISTINCT FROM (coalesce(o.slot, t.slot), o.happened);
    RETURN NULL;
END $$;

CREATE FUNCTION seconds_of(t timestamptz) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(floor(extract(epoch FROM t))::bigint, 0)
$$;

-- What an event adds to the totals that are of no job.
CREATE FUNCTION event_totals(program text, kind text, data jsonb, OUT metric text, OUT mint text, OUT value numeric)
RETURNS SETOF record LANGUAGE sql IMMUTABLE AS $$
    SELECT m, '', v FROM (VALUES
        ('seats_settled', CASE WHEN program = 'escrow' AND kind = 'SeatSettled' THEN 1::numeric END),
        ('seats_claimed', CASE WHEN program = 'escrow' AND kind = 'SeatClaimed' THEN 1 END),
        ('seats_ended', CASE WHEN program = 'escrow' AND kind IN ('SeatSettled', 'SeatSlashed') THEN 1 END),
        ('slashes', CASE WHEN program = 'staking' AND kind = 'Slashed' THEN 1 END),
        ('slashed', CASE WHEN program = 'staking' AND kind = 'Slashed' THEN (data ->> 'amount')::numeric END),
        -- ASY is burned by its holders, from slashed stake, and from collected fees.
        ('burned', CASE WHEN program = 'token' AND kind = 'Burned' THEN (data ->> 'amount')::numeric
            WHEN (program, kind) IN (('staking', 'Slashed'), ('token', 'FeesCollected')) THEN (data ->> 'burned')::numeric END),
        ('emitted', CASE WHEN program = 'token' AND kind = 'EpochEmitted' THEN (data ->> 'amount')::numeric END),
        ('minted', CASE WHEN program = 'token' AND kind = 'Minted' THEN (data ->> 'amount')::numeric END)
    ) t (m, v) WHERE v <> 0
    UNION ALL
    SELECT 'collected_' || part, data ->> 'mint', (data ->> part)::numeric
    FROM unnest('{burned,reserve,rewards,treasury}'::text[]) part
    WHERE program = 'token' AND kind = 'FeesCollected' AND (data ->> part)::numeric <> 0
$$;

-- What is here already, by the same way.
DO $$
DECLARE
    columns text := (SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute
        WHERE attrelid = 'events'::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = '');
BEGIN
    CREATE TEMP TABLE past (LIKE events INCLUDING GENERATED);
    CREATE TRIGGER past_roll_up AFTER INSERT ON past
        REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION roll_up();
    EXECUTE format('INSERT INTO past (%1$s) SELECT %1$s FROM events', columns);
    DROP TABLE past;
END $$;
CREATE TRIGGER events_roll_up AFTER INSERT ON events
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION roll_up();
CREATE TRIGGER events_roll_back AFTER DELETE ON events
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION roll_up();
