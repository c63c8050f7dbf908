-- Finality. A row or an event of a slot at or below `finalized` is final; one above may still be retracted. What was
-- indexed before is taken to be final but for the last slots, which are looked at again.
ALTER TABLE watermark ADD COLUMN finalized bigint NOT NULL DEFAULT 0;
UPDATE watermark SET finalized = greatest(slot - 64, 0);

-- A dead letter of an event needs its time when it is tried again.
ALTER TABLE dead_letters ADD COLUMN time bigint;

-- Events by ranges of slots: partition n has the slots from n million up to the next million. The writer makes them
-- ahead; retention drops whole ones. What there is becomes the first, as it stands: nothing is copied, ids are kept.
-- The views over it are made again below, as they were: readers are answered all the time, also while the next migrations
-- run, which put others in their place.
DROP VIEW stats, case_pages, case_rows, operator_rows, event_rows, seat_rows;

ALTER TABLE events RENAME TO events_0;
ALTER TABLE events_0 DROP CONSTRAINT events_pkey, DROP CONSTRAINT events_signature_ix_inner_ix_key;
ALTER INDEX events_by_job RENAME TO events_0_by_job;
ALTER INDEX events_by_seat RENAME TO events_0_by_seat;
ALTER INDEX events_by_operator RENAME TO events_0_by_operator;
ALTER INDEX events_by_kind RENAME TO events_0_by_kind;
ALTER INDEX events_by_case RENAME TO events_0_by_case;

CREATE TABLE events (LIKE events_0 INCLUDING DEFAULTS INCLUDING GENERATED) PARTITION BY RANGE (slot);
ALTER SEQUENCE events_id_seq OWNED BY events.id;
-- A unique index of a partitioned table has its key in it. That a transaction counts in one slot only is the writer's
-- care: it retracts the event of a slot that was given up before it writes that of another.
CREATE UNIQUE INDEX events_once ON events (signature, ix, inner_ix, slot);
CREATE UNIQUE INDEX events_by_id ON events (id, slot);
CREATE INDEX events_by_slot ON events (slot);
CREATE INDEX events_by_job ON events (job, id) WHERE job IS NOT NULL;
CREATE INDEX events_by_seat ON events (seat, id) WHERE seat IS NOT NULL;
CREATE INDEX events_by_operator ON events (operator, kind, id) WHERE operator IS NOT NULL;
CREATE INDEX events_by_kind ON events (kind, id);
CREATE INDEX events_by_case ON events ((data ->> 'case'), id) WHERE data ->> 'case' IS NOT NULL;

DO $$
BEGIN
    EXECUTE format('ALTER TABLE events ATTACH PARTITION events_0 FOR VALUES FROM (MINVALUE) TO (%s)',
        ((SELECT coalesce(max(slot), 0) FROM events_0) / 1000000 + 1) * 1000000);
END $$;

-- The partitions and their slots: from `low` (null: from the beginning) up to `high`, which is not in it.
CREATE VIEW event_partitions AS
SELECT c.relname::text AS name,
    (regexp_match(b.bound, 'FROM \(''?(\d+)'))[1]::bigint AS low,
    (regexp_match(b.bound, 'TO \(''?(\d+)'))[1]::bigint AS high
FROM pg_inherits i
JOIN pg_class c ON c.oid = i.inhrelid
CROSS JOIN LATERAL (SELECT pg_get_expr(c.relpartbound, c.oid) AS bound) b
WHERE i.inhparent = 'events'::regclass;

-- Events that were told and then turned out not to be. Ids are of the same sequence, so that one number says how far a
-- reader has come in both. `event` is what the reader was told.
CREATE TABLE retractions (
    id bigint PRIMARY KEY DEFAULT nextval('events_id_seq'),
    slot bigint NOT NULL,
    event jsonb NOT NULL,
    at timestamptz NOT NULL DEFAULT now()
);

-- The views over events again, as they were.

-- A seat with how it ended: by the event that closed it; before that by the verdict, if there is one. What was taken
-- is what staking's own event, just before in the same instruction, says: it may be less than was asked.
CREATE VIEW seat_rows AS
SELECT s.address, s.job, s.operator, (s.data ->> 'index')::int AS index,
    jsonb_build_object('address', s.address, 'slot', s.slot::text, 'closed_slot', s.closed_slot::text,
        'outcome', CASE
            WHEN e.kind = 'SeatSettled' AND (e.data ->> 'paid')::numeric > 0 THEN 'won'
            WHEN e.kind = 'SeatSettled' THEN 'released'
            WHEN e.data ->> 'reason' = 'Ghost' THEN 'ghost'
            WHEN e.kind = 'SeatSlashed' THEN 'lost'
            WHEN ((j.data ->> 'winners')::int >> (s.data ->> 'index')::int) & 1 = 1 THEN 'won'
            WHEN ((j.data ->> 'losers')::int >> (s.data ->> 'index')::int) & 1 = 1 THEN 'lost'
            ELSE 'pending'
        END,
        'paid', coalesce(e.data ->> 'paid', '0'),
        'slashed', coalesce(x.data ->> 'amount', '0')
    ) || s.data AS json
FROM seats s
LEFT JOIN jobs j ON j.address = s.job
LEFT JOIN LATERAL (
    SELECT * FROM events e WHERE e.seat = s.address AND s.closed_slot IS NOT NULL
        AND e.program = 'escrow' AND e.kind IN ('SeatSettled', 'SeatSlashed')
    ORDER BY e.slot DESC, e.id DESC LIMIT 1
) e ON true
LEFT JOIN LATERAL (
    SELECT data FROM events x WHERE e.kind = 'SeatSlashed' AND x.signature = e.signature AND x.ix = e.ix
        AND x.inner_ix < e.inner_ix AND x.program = 'staking' AND x.kind = 'Slashed'
    ORDER BY x.inner_ix DESC LIMIT 1
) x ON true;

-- What happens in a case names the case, and not always its job.
CREATE VIEW event_rows AS
SELECT id, slot, kind, job,
    jsonb_build_object('id', id::text, 'slot', slot::text,
        -- 1970 says: the node did not know.
        'time', to_char(coalesce(time, to_timestamp(0)) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
        'signature', signature, 'program', program, 'kind', kind, 'job', job, 'data', data) AS json,
    data ->> 'case' AS of_case
FROM events;

-- An operator: its pool, its records (scores as of their last outcome), and what its seats brought and cost.
CREATE VIEW operator_rows AS
SELECT p.address, p.active,
    jsonb_build_object('operator', p.operator, 'pool', p.address, 'active', p.data -> 'active',
        'cooling', p.data -> 'cooling', 'locked', p.data -> 'locked', 'weight', p.data -> 'weight' -> 'now',
        'records', r.records, 'score_bps', r.best, 'seats_won', w.won, 'seats_lost', l.lost,
        'earned', w.earned, 'slashed', l.slashed) AS json
FROM pools p
CROSS JOIN LATERAL (
    SELECT coalesce(jsonb_agg(jsonb_build_object('class', data -> 'class', 'score_bps', score, 'valid', data -> 'valid',
            'wrong', data -> 'wrong', 'silent', data -> 'silent', 'consecutive_valid', data -> 'consecutive_valid')
            ORDER BY (data ->> 'class')::int), '[]') AS records,
        -- The score that the most outcomes speak for; the lowest class's where none do.
        (array_agg(score ORDER BY (data ->> 'valid')::int + (data ->> 'wrong')::int + (data ->> 'silent')::int DESC,
            (data ->> 'class')::int))[1] AS best
    FROM (
        SELECT data, div(((data ->> 'good')::numeric + 1e9) * 10000,
            (data ->> 'good')::numeric + (data ->> 'bad')::numeric + 2e9)::int AS score
        FROM records WHERE operator = p.operator AND closed_slot IS NULL
    ) scored
) r
CROSS JOIN LATERAL (
    SELECT coalesce(sum(seats), 0)::int AS won,
        coalesce(jsonb_agg(jsonb_build_object('mint', mint, 'amount', amount::text) ORDER BY mint), '[]') AS earned
    FROM (
        SELECT j.mint, count(*) AS seats, sum((e.data ->> 'paid')::numeric) AS amount
        FROM events e JOIN jobs j ON j.address = e.job
        WHERE e.operator = p.operator AND e.kind = 'SeatSettled' AND (e.data ->> 'paid')::numeric > 0
        GROUP BY j.mint
    ) by_mint
) w
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE kind = 'SeatSlashed')::int AS lost,
        coalesce(sum((data ->> 'amount')::numeric) FILTER (WHERE kind = 'Slashed'), 0)::text AS slashed
    FROM events WHERE operator = p.operator AND kind IN ('SeatSlashed', 'Slashed')
) l
WHERE p.closed_slot IS NULL;

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

-- One row: the market in numbers. Sums of base units are strings.
CREATE VIEW stats AS
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
