-- The verdict's accounts (cases and their ballots, proof keys, attestors, canaries): tables of the same shape as in 0001_foundation.sql.
DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['cases', 'ballots', 'proof_keys', 'attestors', 'canaries'] LOOP
        EXECUTE format('CREATE TABLE %I (LIKE token_configs INCLUDING ALL)', t);
    END LOOP;
END $$;

-- A kind is a name, or a name with what it is about; `?` finds it in both.
ALTER TABLE cases
    ADD COLUMN job text GENERATED ALWAYS AS (data ->> 'job') STORED,
    ADD COLUMN kind text GENERATED ALWAYS AS (CASE
        WHEN data -> 'kind' ? 'Challenge' THEN 'challenge'
        WHEN data -> 'kind' ? 'Demand' THEN 'demand'
        WHEN data -> 'kind' ? 'Sample' THEN 'sample'
        WHEN data -> 'kind' ? 'Tie' THEN 'tie'
    END) STORED;
CREATE INDEX cases_by_job ON cases (job);

ALTER TABLE ballots
    ADD COLUMN of_case text GENERATED ALWAYS AS (data ->> 'case') STORED,
    ADD COLUMN operator text GENERATED ALWAYS AS (data ->> 'operator') STORED;
CREATE INDEX ballots_by_case ON ballots (of_case);
CREATE INDEX ballots_by_operator ON ballots (operator);

ALTER TABLE attestors ADD COLUMN registrar text GENERATED ALWAYS AS (data ->> 'registrar') STORED;
CREATE INDEX attestors_by_registrar ON attestors (registrar);

CREATE INDEX events_by_case ON events ((data ->> 'case'), id) WHERE data ->> 'case' IS NOT NULL;

-- What happens in a case names the case, and not always its job.
CREATE OR REPLACE VIEW event_rows AS
SELECT id, slot, kind, job,
    jsonb_build_object('id', id::text, 'slot', slot::text,
        -- 1970 says: the node did not know.
        'time', to_char(coalesce(time, to_timestamp(0)) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
        'signature', signature, 'program', program, 'kind', kind, 'job', job, 'data', data) AS json,
    data ->> 'case' AS of_case
FROM events;

-- A case with its state, its phase until it is closed, and when it was opened, which its account does not say.
CREATE VIEW case_rows AS
SELECT c.address, c.job, c.kind, s.state, coalesce(o.slot, 0) AS opened_slot,
    jsonb_build_object('address', c.address, 'slot', c.slot::text, 'closed_slot', c.closed_slot::text, 'state', s.state,
        'opened_at', to_char(o.time AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')) || c.data AS json
FROM cases c
CROSS JOIN LATERAL (SELECT CASE WHEN c.closed_slot IS NULL THEN lower(c.data ->> 'phase') ELSE 'closed' END AS state) s
LEFT JOIN LATERAL (
    SELECT slot, time FROM events e WHERE e.data ->> 'case' = c.address AND e.program = 'verification' AND e.kind = 'CaseOpened'
    ORDER BY e.slot DESC, e.id DESC LIMIT 1
) o ON true;

-- And with its ballots, in the order of its juries.
CREATE VIEW case_pages AS
SELECT address, job, opened_slot, json || jsonb_build_object('ballots', (
        SELECT coalesce(jsonb_agg(jsonb_build_object('address', b.address, 'slot', b.slot::text,
            'closed_slot', b.closed_slot::text) || b.data ORDER BY (b.data ->> 'level')::int, b.address), '[]')
        FROM ballots b WHERE b.of_case = c.address
    )) AS json
FROM case_rows c;

-- A job with its status: its state, and while it is live what its cases, its round and its seats say.
CREATE OR REPLACE VIEW job_rows AS
SELECT j.address, j.requester, j.posted_at, s.status,
    jsonb_build_object('address', j.address, 'slot', j.slot::text, 'closed_slot', j.closed_slot::text,
        'status', s.status) || j.data AS json
FROM jobs j
LEFT JOIN LATERAL (
    SELECT data ->> 'phase' AS phase, (data ->> 'revealed')::int AS revealed FROM rounds r WHERE r.job = j.address
    ORDER BY r.closed_slot DESC NULLS FIRST LIMIT 1
) r ON true
CROSS JOIN LATERAL (SELECT CASE
    WHEN j.state NOT IN ('Open', 'Seated', 'Doubted') THEN lower(j.state)
    WHEN j.state = 'Doubted' OR (j.data ->> 'cases')::int > 0 OR r.phase = 'Tied' THEN 'disputed'
    WHEN r.phase = 'Auditing' OR (r.phase = 'Revealing' AND r.revealed > 0) THEN 'revealed'
    WHEN r.phase = 'Revealing' THEN 'sealed'
    WHEN EXISTS (SELECT FROM seats s WHERE s.job = j.address AND s.closed_slot IS NULL
        AND s.data ->> 'state' = 'Delivered') THEN 'delivered'
    ELSE lower(j.state)
END AS status) s;

-- One row: the market in numbers. Sums of base units are strings.
CREATE OR REPLACE VIEW stats AS
SELECT jsonb_build_object(
    'jobs', (SELECT jsonb_build_object('total', count(*), 'open', count(*) FILTER (WHERE status = 'open'),
            'running', count(*) FILTER (WHERE status IN ('seated', 'sealed', 'revealed', 'delivered', 'disputed',
                'verified')),
            'settled', count(*) FILTER (WHERE status = 'settled'))
        FROM job_rows),
    'units_verified', (SELECT coalesce(sum((data ->> 'units')::numeric), 0)::text FROM jobs
        WHERE state IN ('Verified', 'Settled')),
    'seats_settled', (SELECT count(*) FROM events WHERE kind = 'SeatSettled'),
    'operators', (SELECT count(*) FROM pools WHERE closed_slot IS NULL),
    'staked', (SELECT coalesce(sum(active), 0)::text FROM pools WHERE closed_slot IS NULL),
    'slashed', (SELECT coalesce(sum((data ->> 'amount')::numeric), 0)::text FROM events WHERE kind = 'Slashed'),
    'burned', b.burned::text,
    'supply', jsonb_build_object('minted', m.minted::text, 'burned', b.burned::text, 'current', (m.minted - b.burned)::text),
    'volume', (SELECT coalesce(jsonb_agg(jsonb_build_object('mint', mint, 'decimals', decimals, 'amount', amount::text)
            ORDER BY mint), '[]')
        FROM (
            SELECT j.mint, (SELECT (p.data ->> 'decimals')::int FROM payment_mints p WHERE p.mint = j.mint) AS decimals,
                sum((e.data ->> 'paid')::numeric + (e.data ->> 'fee')::numeric) AS amount
            FROM events e JOIN jobs j ON j.address = e.job
            WHERE e.kind = 'SeatSettled' AND (e.data ->> 'paid')::numeric > 0
            GROUP BY j.mint
        ) v),
    'events', (SELECT count(*) FROM events),
    'mints', (SELECT coalesce(jsonb_agg(json ORDER BY mint), '[]') FROM mint_rows)
) AS json
FROM (SELECT coalesce(sum((data ->> 'minted')::numeric), 0) AS minted FROM token_configs) m,
    -- ASY is burned by its holders, from slashed stake, and from collected fees.
    (SELECT coalesce(sum((data ->> CASE kind WHEN 'Burned' THEN 'amount' ELSE 'burned' END)::numeric), 0) AS burned
        FROM events WHERE kind IN ('Burned', 'Slashed', 'FeesCollected')) b;
