-- What is streamed has its ids from one sequence: events, retractions of events, and notices that are derived from the
-- tables. A reader that has seen id n must never find a lesser one later. Ids are drawn before they are committed, so two
-- transactions at once (the writer and who makes notices; two writers at a hand-over) could commit in another order:
-- whoever inserts holds this lock from before its first id to its commit.

-- Once for each kind, object and deadline. `parties`: whom it concerns.
CREATE TABLE notices (
    id bigint PRIMARY KEY DEFAULT nextval('events_id_seq'),
    kind text NOT NULL,
    object text NOT NULL,
    deadline bigint NOT NULL,
    job text,
    parties text[] NOT NULL,
    data jsonb NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (kind, object, deadline)
);

CREATE FUNCTION in_stream_order() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- "stream" in ASCII. Before a statement's first row, and so before its first nextval.
    PERFORM pg_advisory_xact_lock(x'73747265616d'::bigint);
    -- Delivered when the transaction commits.
    PERFORM pg_notify('assay_events', '');
    RETURN NULL;
END $$;
CREATE TRIGGER in_stream_order BEFORE INSERT ON events FOR EACH STATEMENT EXECUTE FUNCTION in_stream_order();
CREATE TRIGGER in_stream_order BEFORE INSERT ON retractions FOR EACH STATEMENT EXECUTE FUNCTION in_stream_order();
CREATE TRIGGER in_stream_order BEFORE INSERT ON notices FOR EACH STATEMENT EXECUTE FUNCTION in_stream_order();

-- Who wants to be called. `secret` is encrypted where `sealed`. `cursor`: what it has queued, of one that is behind
-- (new, or resumed); null for one that goes with the rest, at webhook_cursor.
CREATE TABLE webhooks (
    -- Ordered as the deliverers order it, whatever the database's language.
    id text COLLATE "C" PRIMARY KEY,
    wallet text NOT NULL,
    url text NOT NULL,
    topics text[] NOT NULL,
    secret bytea NOT NULL,
    sealed boolean NOT NULL,
    state text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'paused')),
    paused_reason text,
    failing_since timestamptz,
    cursor bigint,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX webhooks_by_wallet ON webhooks (wallet, created_at DESC, id DESC);

-- Everything up to here is queued for every hook that is not behind. Whoever queues holds this row.
CREATE TABLE webhook_cursor (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    id bigint NOT NULL DEFAULT 0
);
INSERT INTO webhook_cursor DEFAULT VALUES;

-- What is to be delivered, was, or cannot be. `item`: id of what it tells; null for a test.
CREATE TABLE webhook_deliveries (
    id bigserial PRIMARY KEY,
    hook text COLLATE "C" NOT NULL REFERENCES webhooks ON DELETE CASCADE,
    item bigint,
    type text NOT NULL,
    body text NOT NULL,
    state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'done', 'dead')),
    attempts integer NOT NULL DEFAULT 0,
    next_at timestamptz NOT NULL DEFAULT now(),
    status integer,
    error text,
    created_at timestamptz NOT NULL DEFAULT now(),
    ended_at timestamptz,
    UNIQUE (hook, item)
);
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (hook, next_at) WHERE state = 'pending';
CREATE INDEX webhook_deliveries_newest ON webhook_deliveries (hook, id DESC);
CREATE INDEX webhook_deliveries_ended ON webhook_deliveries (ended_at) WHERE state <> 'pending';

-- What notices look through, every few seconds: what is open, by its deadline.
CREATE INDEX jobs_due ON jobs (((data ->> 'seal_by')::bigint)) WHERE closed_slot IS NULL AND state = 'Open';
CREATE INDEX seats_due ON seats (((data ->> 'seal_by')::bigint)) WHERE closed_slot IS NULL;
CREATE INDEX rounds_due ON rounds (((data ->> 'reveal_by')::bigint)) WHERE closed_slot IS NULL;
CREATE INDEX cases_due ON cases (((data ->> 'until')::bigint)) WHERE closed_slot IS NULL;
CREATE INDEX ballots_due ON ballots (((data ->> 'seal_by')::bigint)) WHERE closed_slot IS NULL;

-- Up to where closings were noticed.
CREATE TABLE notice_cursor (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    id bigint NOT NULL
);
INSERT INTO notice_cursor (id) SELECT coalesce(max(id), 0) FROM events;

-- Bounties that a job is posted with: as `Strategy::cranks` of the escrow program says.
CREATE FUNCTION job_cranks(strategy jsonb) RETURNS integer LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE
        WHEN strategy ? 'Replicated' THEN m.most + 1 + 2 * (1 + (m.most - m.first + 1) / 2) + m.adaptive
        WHEN strategy ? 'Sampled' THEN (strategy #>> '{Sampled,committee}')::int + 1 + 1 + 3
        ELSE 1 + 1 + 2
    END
    FROM (SELECT (strategy #>> '{Replicated,most}')::int AS most,
        CASE WHEN (strategy #>> '{Replicated,adaptive}')::boolean THEN 1
            ELSE (strategy #>> '{Replicated,replicas}')::int END AS first,
        (strategy #>> '{Replicated,adaptive}')::boolean::int AS adaptive) m
$$;
