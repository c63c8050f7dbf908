-- One table for each account type, all of one shape.
--   slot, write_version  when the state was seen; a row changes only for a greater pair
--   closed_slot          null while the account exists; else the slot of its end, and `data` its last state
--   last_state           `data` came with the closing event, so that a rebuild yields the same row
DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY[
        'token_configs', 'minters', 'staking_configs', 'totals', 'pools', 'positions', 'tickets', 'records',
        'escrow_configs', 'payment_mints', 'devices', 'jobs', 'seats', 'verification_configs', 'rounds'
    ] LOOP
        EXECUTE format(
            'CREATE TABLE %I (
                address text PRIMARY KEY,
                slot bigint NOT NULL,
                write_version bigint NOT NULL,
                closed_slot bigint,
                last_state boolean NOT NULL DEFAULT false,
                data jsonb NOT NULL,
                CHECK (closed_slot IS NULL OR closed_slot = slot)
            )', t);
    END LOOP;
END $$;

ALTER TABLE jobs
    ADD COLUMN requester text GENERATED ALWAYS AS (data ->> 'requester') STORED,
    ADD COLUMN mint text GENERATED ALWAYS AS (data ->> 'mint') STORED,
    ADD COLUMN state text GENERATED ALWAYS AS (data ->> 'state') STORED,
    ADD COLUMN posted_at bigint GENERATED ALWAYS AS ((data ->> 'posted_at')::bigint) STORED;
CREATE INDEX jobs_newest ON jobs (posted_at DESC, address DESC);
CREATE INDEX jobs_by_requester ON jobs (requester, posted_at DESC, address DESC);
CREATE INDEX jobs_by_state ON jobs (state, posted_at DESC, address DESC);

ALTER TABLE seats
    ADD COLUMN job text GENERATED ALWAYS AS (data ->> 'job') STORED,
    ADD COLUMN operator text GENERATED ALWAYS AS (data ->> 'operator') STORED;
CREATE INDEX seats_by_job ON seats (job);
CREATE INDEX seats_by_operator ON seats (operator);

ALTER TABLE rounds ADD COLUMN job text GENERATED ALWAYS AS (data ->> 'job') STORED;
CREATE INDEX rounds_by_job ON rounds (job);

ALTER TABLE pools
    ADD COLUMN operator text GENERATED ALWAYS AS (data ->> 'operator') STORED,
    ADD COLUMN active numeric GENERATED ALWAYS AS ((data ->> 'active')::numeric) STORED;
CREATE INDEX pools_largest ON pools (active DESC, address DESC);

ALTER TABLE records ADD COLUMN operator text GENERATED ALWAYS AS (data ->> 'operator') STORED;
CREATE INDEX records_by_operator ON records (operator);

ALTER TABLE positions ADD COLUMN owner text GENERATED ALWAYS AS (data ->> 'owner') STORED;
CREATE INDEX positions_by_owner ON positions (owner);

ALTER TABLE tickets ADD COLUMN owner text GENERATED ALWAYS AS (data ->> 'owner') STORED;
CREATE INDEX tickets_by_owner ON tickets (owner);

ALTER TABLE devices ADD COLUMN operator text GENERATED ALWAYS AS (data ->> 'operator') STORED;
CREATE INDEX devices_by_operator ON devices (operator);

ALTER TABLE payment_mints ADD COLUMN mint text GENERATED ALWAYS AS (data ->> 'mint') STORED;

-- Every event once, in chain order as far as it was known when it was written; ids have gaps.
CREATE TABLE events (
    id bigserial PRIMARY KEY,
    signature text NOT NULL,
    ix integer NOT NULL,
    inner_ix integer NOT NULL,
    slot bigint NOT NULL,
    time timestamptz,
    program text NOT NULL,
    kind text NOT NULL,
    data jsonb NOT NULL,
    job text GENERATED ALWAYS AS (data ->> 'job') STORED,
    seat text GENERATED ALWAYS AS (data ->> 'seat') STORED,
    operator text GENERATED ALWAYS AS (data ->> 'operator') STORED,
    UNIQUE (signature, ix, inner_ix)
);
CREATE INDEX events_by_job ON events (job, id) WHERE job IS NOT NULL;
CREATE INDEX events_by_seat ON events (seat, id) WHERE seat IS NOT NULL;
CREATE INDEX events_by_operator ON events (operator, kind, id) WHERE operator IS NOT NULL;
CREATE INDEX events_by_kind ON events (kind, id);

-- How far history is in the tables; committed with the data it speaks of. `boot` counts the writers there were, and
-- starts their write versions, so that those of a later writer are greater.
CREATE TABLE watermark (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    slot bigint NOT NULL DEFAULT 0,
    genesis text,
    boot bigint NOT NULL DEFAULT 0
);
INSERT INTO watermark DEFAULT VALUES;

-- What could not be decoded, kept. `key` is an address, or `signature/ix/inner_ix` of an event.
CREATE TABLE dead_letters (
    key text PRIMARY KEY,
    program text NOT NULL,
    slot bigint NOT NULL,
    bytes bytea NOT NULL,
    error text NOT NULL
);
