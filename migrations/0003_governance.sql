-- Governance's accounts: tables of the same shape as in 0001_foundation.sql.
DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['governance_configs', 'proposals', 'actions', 'votes'] LOOP
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
