-- What the lists and lookups show, in the API's shape (64 bits and more as strings), and the indexes that they go by:
-- one for each order, and for each filter one that ends in the default order, so that a page reads no more than a page.

-- Only these parts of a document: `{a,b.c}` of {"a": 1, "b": {"c": 2, "d": 3}} is {"a": 1, "b": {"c": 2}}.
CREATE FUNCTION pick(doc jsonb, paths text[]) RETURNS jsonb LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    picked jsonb := '{}';
    path text;
    parts text[];
    value jsonb;
BEGIN
    FOREACH path IN ARRAY paths LOOP
        parts := string_to_array(path, '.');
        value := doc #> parts;
        CONTINUE WHEN value IS NULL;
        FOR depth IN 1 .. array_length(parts, 1) - 1 LOOP
            IF picked #> parts[1:depth] IS NULL THEN
                picked := jsonb_set(picked, parts[1:depth], '{}');
            END IF;
        END LOOP;
        picked := jsonb_set(picked, parts, value);
    END LOOP;
    RETURN picked;
END $$;

-- A machine's state, as docs/market.md has it.
CREATE FUNCTION device_state(data jsonb, closed_slot bigint) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN closed_slot IS NOT NULL THEN 'retired'
        WHEN (data ->> 'available')::boolean AND (data ->> 'busy')::int < (data ->> 'slots')::int THEN 'available'
        WHEN (data ->> 'busy')::int > 0 THEN 'busy'
        WHEN (data ->> 'verified')::boolean THEN 'verified'
        ELSE 'registered' END
$$;

-- A record's score as of its last outcome.
CREATE FUNCTION record_score(data jsonb) RETURNS int LANGUAGE sql IMMUTABLE AS $$
    SELECT div(((data ->> 'good')::numeric + 1e9) * 10000, (data ->> 'good')::numeric + (data ->> 'bad')::numeric + 2e9)::int
$$;

CREATE FUNCTION strategy_of(data jsonb) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN data -> 'strategy' ? 'Replicated' THEN 'replicated' WHEN data -> 'strategy' ? 'Sampled' THEN 'sampled'
        WHEN data -> 'strategy' ? 'Optimistic' THEN 'optimistic' WHEN data -> 'strategy' ? 'Proven' THEN 'proven'
        WHEN data -> 'strategy' ? 'Attested' THEN 'attested' WHEN data -> 'strategy' ? 'Accepted' THEN 'accepted' END
$$;

CREATE FUNCTION case_state(data jsonb, closed_slot bigint) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN closed_slot IS NULL THEN lower(data ->> 'phase') ELSE 'closed' END
$$;

-- The words of a uri, for searching models.
CREATE FUNCTION words_of(uri text) RETURNS tsvector LANGUAGE sql IMMUTABLE AS $$
    SELECT to_tsvector('simple', regexp_replace(uri, '[^[:alnum:]]+', ' ', 'g'))
$$;

DROP VIEW stats, operator_rows, case_pages, case_rows, job_rows, mint_rows;

DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['bids', 'rounds', 'ballots', 'positions', 'tickets', 'models', 'distributions', 'proposals',
        'actions', 'votes', 'attestors', 'proof_keys', 'canaries', 'swap_logs', 'minters'] LOOP
        EXECUTE format('CREATE VIEW %I AS SELECT address, slot, jsonb_build_object(''address'', address, ''slot'', slot::text,
            ''closed_slot'', closed_slot::text) || data AS json FROM %I',
            CASE t WHEN 'canaries' THEN 'canary_rows' ELSE rtrim(t, 's') || '_rows' END, t);
    END LOOP;
END $$;

CREATE VIEW job_rows AS
SELECT address, requester, posted_at, status, slot,
    jsonb_build_object('address', address, 'slot', slot::text, 'closed_slot', closed_slot::text, 'status', status)
        || data AS json
FROM jobs;

CREATE VIEW device_rows AS
SELECT address, slot, jsonb_build_object('address', address, 'slot', slot::text, 'closed_slot', closed_slot::text,
    'state', device_state(data, closed_slot)) || data AS json
FROM devices;

CREATE VIEW reputation_rows AS
SELECT address, slot, jsonb_build_object('address', address, 'slot', slot::text, 'closed_slot', closed_slot::text,
    'score_bps', record_score(data)) || data AS json
FROM records;

-- A case with its state, its phase until it is closed, and when it was opened.
CREATE VIEW case_rows AS
SELECT address, job, kind, case_state(data, closed_slot) AS state, opened_slot, slot,
    jsonb_build_object('address', address, 'slot', slot::text, 'closed_slot', closed_slot::text,
        'state', case_state(data, closed_slot),
        'opened_at', to_char(opened_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')) || data AS json
FROM cases;

-- And with its ballots, in the order of its juries.
CREATE VIEW case_pages AS
SELECT address, job, opened_slot, slot, json || jsonb_build_object('ballots', (
        SELECT coalesce(jsonb_agg(r.json ORDER BY (b.data ->> 'level')::int, b.address), '[]')
        FROM ballots b JOIN ballot_rows r USING (address) WHERE b.of_case = c.address
    )) AS json
FROM case_rows c;

CREATE VIEW mint_rows AS
SELECT mint, jsonb_build_object('address', address, 'slot', slot::text, 'closed_slot', closed_slot::text,
    'symbol', (SELECT symbol FROM mint_symbols s WHERE s.mint = m.mint)) || data AS json, address, slot, closed_slot
FROM payment_mints m;

-- An operator: its pool, its records (scores as of their last outcome), and what its seats brought and cost.
CREATE VIEW operator_rows AS
SELECT p.address, p.operator, p.active, p.slot,
    jsonb_build_object('operator', p.operator, 'pool', p.address, 'active', p.data -> 'active',
        'cooling', p.data -> 'cooling', 'locked', p.data -> 'locked', 'weight', p.data -> 'weight' -> 'now',
        'records', r.records, 'score_bps', r.best, 'seats_won', w.won, 'seats_lost', w.lost,
        'earned', w.earned, 'slashed', w.slashed) AS json
FROM pools p
CROSS JOIN LATERAL (
    SELECT coalesce(jsonb_agg(jsonb_build_object('class', data -> 'class', 'score_bps', record_score(data),
            'valid', data -> 'valid', 'wrong', data -> 'wrong', 'silent', data -> 'silent',
            'consecutive_valid', data -> 'consecutive_valid') ORDER BY (data ->> 'class')::int), '[]') AS records,
        -- The score that the most outcomes speak for; the lowest class's where none do.
        (array_agg(record_score(data) ORDER BY (data ->> 'valid')::int + (data ->> 'wrong')::int
            + (data ->> 'silent')::int DESC, (data ->> 'class')::int))[1] AS best
    FROM records WHERE operator = p.operator AND closed_slot IS NULL
) r
CROSS JOIN LATERAL (
    SELECT coalesce(sum(won), 0)::int AS won, coalesce(sum(lost), 0)::int AS lost,
        coalesce(sum(slashed), 0)::text AS slashed,
        coalesce(jsonb_agg(jsonb_build_object('mint', mint, 'amount', earned::text) ORDER BY mint)
            FILTER (WHERE earned > 0), '[]') AS earned
    FROM (
        SELECT mint, sum(o.won) AS won, sum(o.lost) AS lost, sum(o.slashed) AS slashed, sum(o.earned) AS earned
        FROM operator_rollups o WHERE o.operator = p.operator AND o.step = 'all' GROUP BY mint
    ) by_mint
) w
WHERE p.closed_slot IS NULL;

CREATE FUNCTION total_of(of_metric text) RETURNS numeric LANGUAGE sql STABLE AS $$
    SELECT coalesce(sum(value), 0) FROM rollups WHERE metric = of_metric AND step = 'all'
$$;

-- One row: the market in numbers. Sums of base units are strings.
CREATE VIEW stats AS
SELECT jsonb_build_object(
    'jobs', j.jobs,
    'units_verified', j.units::text,
    'seats_settled', total_of('seats_settled')::bigint,
    'operators', (SELECT count(*) FROM pools WHERE closed_slot IS NULL),
    'staked', (SELECT coalesce(sum(active), 0)::text FROM pools WHERE closed_slot IS NULL),
    'slashed', total_of('slashed')::text,
    'burned', b.burned::text,
    'supply', jsonb_build_object('minted', m.minted::text, 'burned', b.burned::text, 'current', (m.minted - b.burned)::text),
    'volume', (SELECT coalesce(jsonb_agg(jsonb_build_object('mint', mint, 'decimals', (SELECT (p.data ->> 'decimals')::int
                FROM payment_mints p WHERE p.mint = v.mint), 'amount', amount::text) ORDER BY mint), '[]')
        FROM (SELECT mint, sum(value) AS amount FROM rollups WHERE metric = 'volume' AND step = 'all' AND mint <> ''
            GROUP BY mint HAVING sum(value) > 0) v),
    'events', total_of('events')::bigint,
    'mints', (SELECT coalesce(jsonb_agg(json ORDER BY mint), '[]') FROM mint_rows WHERE closed_slot IS NULL)
) AS json
FROM (
    SELECT jsonb_build_object('total', coalesce(sum(jobs), 0)::bigint,
            'open', coalesce(sum(jobs) FILTER (WHERE status = 'open'), 0)::bigint,
            'running', coalesce(sum(jobs) FILTER (WHERE status IN ('seated', 'sealed', 'revealed', 'delivered', 'disputed',
                'verified')), 0)::bigint,
            'settled', coalesce(sum(jobs) FILTER (WHERE status = 'settled'), 0)::bigint) AS jobs,
        coalesce(sum(units) FILTER (WHERE status IN ('verified', 'settled')), 0) AS units
    FROM job_counts
) j,
    (SELECT coalesce(sum((data ->> 'minted')::numeric), 0) AS minted FROM token_configs) m,
    (SELECT total_of('burned') AS burned) b;

------------------------------------------------------------------------------------------------------------ indexes

DROP INDEX jobs_by_state;
CREATE INDEX jobs_by_status ON jobs (status, posted_at, address);
CREATE INDEX jobs_by_mint ON jobs (mint, posted_at, address);
CREATE INDEX jobs_by_class ON jobs ((data ->> 'class'), posted_at, address);
CREATE INDEX jobs_by_strategy ON jobs (strategy_of(data), posted_at, address);
CREATE INDEX jobs_by_engine ON jobs ((data -> 'requirements' ->> 'engine'), posted_at, address);
CREATE INDEX jobs_by_spec ON jobs ((data ->> 'spec_hash'), posted_at, address);
CREATE INDEX jobs_by_root ON jobs ((data ->> 'root'), posted_at, address);
CREATE INDEX jobs_by_price ON jobs (((data ->> 'seat_price')::numeric), address);
CREATE INDEX jobs_by_units ON jobs (((data ->> 'units')::numeric), address);
CREATE INDEX jobs_by_deadline ON jobs (((data ->> 'seal_by')::bigint), address);
CREATE INDEX jobs_by_leg ON jobs USING gin ((data -> 'legs') jsonb_path_ops);

DROP INDEX seats_by_job, seats_by_operator;
CREATE INDEX seats_by_job ON seats (job, address);
CREATE INDEX seats_by_operator ON seats (operator, address);
CREATE INDEX seats_by_device ON seats ((data ->> 'device'), address);
CREATE INDEX seats_by_state ON seats ((data ->> 'state'), address);
CREATE INDEX seats_by_deadline ON seats (((data ->> 'seal_by')::bigint), address);
CREATE INDEX seats_open ON seats (address) WHERE closed_slot IS NULL;

DROP INDEX bids_by_job, bids_by_operator;
CREATE INDEX bids_newest ON bids (((data ->> 'posted_at')::bigint), address);
CREATE INDEX bids_open ON bids (((data ->> 'posted_at')::bigint), address) WHERE closed_slot IS NULL;
CREATE INDEX bids_by_job ON bids (job, ((data ->> 'posted_at')::bigint), address);
CREATE INDEX bids_by_operator ON bids (operator, ((data ->> 'posted_at')::bigint), address);
CREATE INDEX bids_by_device ON bids ((data ->> 'device'), ((data ->> 'posted_at')::bigint), address);
CREATE INDEX bids_by_price ON bids (((data ->> 'price')::numeric), address);
CREATE INDEX bids_by_expiry ON bids (((data ->> 'expires_at')::bigint), address);

DROP INDEX rounds_by_job;
CREATE INDEX rounds_by_job ON rounds (job, address);
CREATE INDEX rounds_by_phase ON rounds ((data ->> 'phase'), address);
CREATE INDEX rounds_by_deadline ON rounds (((data ->> 'seal_by')::bigint), address);
CREATE INDEX rounds_open ON rounds (address) WHERE closed_slot IS NULL;

DROP INDEX cases_by_job;
CREATE INDEX cases_newest ON cases (opened_slot, address);
CREATE INDEX cases_by_job ON cases (job, opened_slot, address);
CREATE INDEX cases_by_kind ON cases (kind, opened_slot, address);
CREATE INDEX cases_by_state ON cases (case_state(data, closed_slot), opened_slot, address);
CREATE INDEX cases_by_opener ON cases ((data ->> 'opener'), opened_slot, address);
CREATE INDEX cases_by_deadline ON cases (((data ->> 'until')::bigint), address);

DROP INDEX ballots_by_case, ballots_by_operator;
CREATE INDEX ballots_by_case ON ballots (of_case, address);
CREATE INDEX ballots_by_operator ON ballots (operator, address);
CREATE INDEX ballots_by_state ON ballots ((data ->> 'state'), address);
CREATE INDEX ballots_open ON ballots (address) WHERE closed_slot IS NULL;

DROP INDEX devices_by_operator;
CREATE INDEX devices_by_operator ON devices (operator, address);
CREATE INDEX devices_by_state ON devices (device_state(data, closed_slot), address);
CREATE INDEX devices_by_region ON devices ((data -> 'capabilities' ->> 'region'), address);
CREATE INDEX devices_by_gpu ON devices ((data -> 'capabilities' ->> 'gpu_model'), address);
CREATE INDEX devices_by_verified ON devices ((data ->> 'verified'), address);
CREATE INDEX devices_by_price ON devices (((data ->> 'price_floor')::numeric), address);

CREATE INDEX pools_by_operator ON pools (operator);
CREATE INDEX pools_by_weight ON pools (((data -> 'weight' ->> 'now')::numeric), address);
CREATE INDEX pools_by_commission ON pools (((data ->> 'commission_bps')::int), address);

DROP INDEX positions_by_owner;
CREATE INDEX positions_by_owner ON positions (owner, address);
CREATE INDEX positions_by_pool ON positions ((data ->> 'pool'), address);
CREATE INDEX positions_open ON positions (address) WHERE closed_slot IS NULL;

DROP INDEX tickets_by_owner;
CREATE INDEX tickets_newest ON tickets (((data ->> 'ready_at')::bigint), address);
CREATE INDEX tickets_by_owner ON tickets (owner, ((data ->> 'ready_at')::bigint), address);
CREATE INDEX tickets_by_pool ON tickets ((data ->> 'pool'), ((data ->> 'ready_at')::bigint), address);
CREATE INDEX tickets_open ON tickets (((data ->> 'ready_at')::bigint), address) WHERE closed_slot IS NULL;

DROP INDEX records_by_operator;
CREATE INDEX records_by_operator ON records (operator, address);
CREATE INDEX records_by_class ON records ((data ->> 'class'), address);
CREATE INDEX records_by_score ON records (record_score(data), address);
CREATE INDEX records_by_valid ON records (((data ->> 'valid')::bigint), address);
CREATE INDEX records_by_update ON records (((data ->> 'updated_at')::bigint), address);

DROP INDEX models_by_author;
CREATE INDEX models_by_author ON models (author, address);
CREATE INDEX models_by_payee ON models ((data ->> 'payee'), address);
CREATE INDEX models_by_content ON models ((data ->> 'content_hash'), address);
CREATE INDEX models_by_royalty ON models (((data ->> 'royalty_bps')::int), address);
CREATE INDEX models_by_words ON models USING gin (words_of(data ->> 'uri'));
CREATE INDEX models_open ON models (address) WHERE closed_slot IS NULL;

DROP INDEX distributions_by_opener;
CREATE INDEX distributions_newest ON distributions (((data ->> 'expires_at')::bigint), address);
CREATE INDEX distributions_by_opener ON distributions (opener, ((data ->> 'expires_at')::bigint), address);
CREATE INDEX distributions_by_mint ON distributions ((data ->> 'mint'), ((data ->> 'expires_at')::bigint), address);
CREATE INDEX distributions_open ON distributions (((data ->> 'expires_at')::bigint), address) WHERE closed_slot IS NULL;

DROP INDEX proposals_by_state;
CREATE INDEX proposals_newest ON proposals (((data ->> 'created_at')::bigint), address);
CREATE INDEX proposals_by_state ON proposals (lower(state), ((data ->> 'created_at')::bigint), address);
CREATE INDEX proposals_by_proposer ON proposals ((data ->> 'proposer'), ((data ->> 'created_at')::bigint), address);
CREATE INDEX proposals_by_end ON proposals (((data ->> 'ends_at')::bigint), address);

DROP INDEX votes_by_proposal, votes_by_voter;
CREATE INDEX votes_by_proposal ON votes (proposal, address);
CREATE INDEX votes_by_voter ON votes (voter, address);
CREATE INDEX votes_by_choice ON votes ((data ->> 'choice'), address);
CREATE INDEX votes_by_weight ON votes (((data ->> 'weight')::numeric), address);

CREATE INDEX payment_mints_by_mint ON payment_mints (mint, address);

DROP INDEX attestors_by_registrar;
CREATE INDEX attestors_newest ON attestors (((data ->> 'expires_at')::bigint), address);
CREATE INDEX attestors_by_registrar ON attestors (registrar, ((data ->> 'expires_at')::bigint), address);
CREATE INDEX attestors_by_revoked ON attestors ((data ->> 'revoked'), ((data ->> 'expires_at')::bigint), address);
CREATE INDEX attestors_open ON attestors (((data ->> 'expires_at')::bigint), address) WHERE closed_slot IS NULL;

CREATE INDEX proof_keys_by_payer ON proof_keys ((data ->> 'payer'), address);
CREATE INDEX proof_keys_by_end ON proof_keys (((data ->> 'closes_at')::bigint), address);

CREATE INDEX canaries_newest ON canaries (((data ->> 'created_at')::bigint), address);
CREATE INDEX canaries_by_payer ON canaries ((data ->> 'payer'), ((data ->> 'created_at')::bigint), address);
CREATE INDEX canaries_open ON canaries (((data ->> 'created_at')::bigint), address) WHERE closed_slot IS NULL;

DROP INDEX events_by_job, events_by_operator, events_by_kind;
DROP INDEX IF EXISTS events_by_slot;
CREATE INDEX events_newest ON events (slot, id);
CREATE INDEX events_by_job ON events (job, slot, id) WHERE job IS NOT NULL;
CREATE INDEX events_by_operator ON events (operator, slot, id) WHERE operator IS NOT NULL;
CREATE INDEX events_by_kind ON events (kind, slot, id);
CREATE INDEX events_by_program ON events (program, slot, id);
CREATE INDEX token_transfers ON events (slot, id) WHERE program = 'token' AND kind IN ('Minted', 'Burned', 'EpochEmitted',
    'DistributionClaimed', 'DistributionSwept', 'FeesCollected', 'ReserveSwapped', 'TreasurySpent');
