-- The whole market's accounts (governance, bids, models, distributions, swaps): tables of the same shape as in 0001_foundation.sql.
DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['governance_configs', 'proposals', 'actions', 'votes',
        'bids', 'models', 'distributions', 'swap_logs'] LOOP
        EXECUTE format('CREATE TABLE %I (LIKE token_configs INCLUDING ALL)', t);
    END LOOP;
END $$;

ALTER TABLE proposals ADD COLUMN state text GENERATED ALWAYS AS (data ->> 'state') STORED;
CREATE INDEX proposals_by_state ON proposals (state, address DESC);

ALTER TABLE actions ADD COLUMN proposal text GENERATED ALWAYS AS (data ->> 'proposal') STORED;
CREATE INDEX actions_by_proposal ON actions (proposal);

ALTER TABLE votes
    ADD COLUMN proposal text GENERATED ALWAYS AS (data ->> 'proposal') STORED,
    ADD COLUMN voter text GENERATED ALWAYS AS (data ->> 'voter') STORED;
CREATE INDEX votes_by_proposal ON votes (proposal);
CREATE INDEX votes_by_voter ON votes (voter);

ALTER TABLE bids
    ADD COLUMN job text GENERATED ALWAYS AS (data ->> 'job') STORED,
    ADD COLUMN operator text GENERATED ALWAYS AS (data ->> 'operator') STORED;
CREATE INDEX bids_by_job ON bids (job);
CREATE INDEX bids_by_operator ON bids (operator);

ALTER TABLE models ADD COLUMN author text GENERATED ALWAYS AS (data ->> 'author') STORED;
CREATE INDEX models_by_author ON models (author);

ALTER TABLE distributions ADD COLUMN opener text GENERATED ALWAYS AS (data ->> 'opener') STORED;
CREATE INDEX distributions_by_opener ON distributions (opener);
