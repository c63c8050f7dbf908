-- What the API reads, in the API's shape: 64 bits and more as strings.

-- A job with its status: its state, and while seats are sealed and revealed, the phase of its round.
CREATE VIEW job_rows AS
SELECT j.address, j.requester, j.posted_at, s.status,
    jsonb_build_object('address', j.address, 'slot', j.slot::text, 'closed_slot', j.closed_slot::text,
        'status', s.status) || j.data AS json
FROM jobs j
LEFT JOIN LATERAL (
    SELECT data FROM rounds r WHERE r.job = j.address ORDER BY r.closed_slot DESC NULLS FIRST LIMIT 1
) r ON true
CROSS JOIN LATERAL (SELECT CASE
    WHEN j.state NOT IN ('Open', 'Seated') THEN lower(j.state)
    WHEN (r.data ->> 'revealed')::int > 0 THEN 'revealed'
    WHEN r.data ->> 'phase' = 'Revealing' THEN 'sealed'
    ELSE lower(j.state)
END AS status) s;

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

CREATE VIEW event_rows AS
SELECT id, slot, kind, job,
    jsonb_build_object('id', id::text, 'slot', slot::text,
        -- 1970 says: the node did not know.
        'time', to_char(coalesce(time, to_timestamp(0)) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
        'signature', signature, 'program', program, 'kind', kind, 'job', job, 'data', data) AS json
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

-- What people call a mint. The chain does not know: the operator of this indexer says so (`--symbol`).
CREATE TABLE mint_symbols (mint text PRIMARY KEY, symbol text NOT NULL);

CREATE VIEW mint_rows AS
SELECT mint, jsonb_build_object('address', address, 'slot', slot::text, 'closed_slot', closed_slot::text,
    'symbol', (SELECT symbol FROM mint_symbols s WHERE s.mint = m.mint)) || data AS json
FROM payment_mints m WHERE closed_slot IS NULL;

-- One row: the market in numbers. Sums of base units are strings.
CREATE VIEW stats AS
SELECT jsonb_build_object(
    'jobs', (SELECT jsonb_build_object('total', count(*), 'open', count(*) FILTER (WHERE status = 'open'),
            'running', count(*) FILTER (WHERE status IN ('seated', 'sealed', 'revealed', 'verified')),
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
