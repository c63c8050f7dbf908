-- Who signs in, and with what. Nothing here can be turned back into a token or a key: only hashes are kept.

-- Invitations to sign in, each good for one try.
CREATE TABLE auth_nonces (
    nonce text PRIMARY KEY,
    wallet text NOT NULL,
    domain text NOT NULL,
    uri text NOT NULL,
    chain text NOT NULL,
    issued_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX auth_nonces_by_expiry ON auth_nonces (expires_at);

-- A session is what one sign-in began: a family of refresh tokens, each replaced at its use. One that is used twice
-- has two holders, and ends them all.
CREATE TABLE sessions (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    wallet text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    revoked_at timestamptz
);
CREATE TABLE refresh_tokens (
    hash bytea PRIMARY KEY,
    session bigint NOT NULL REFERENCES sessions ON DELETE CASCADE,
    expires_at timestamptz NOT NULL,
    used_at timestamptz
);
CREATE INDEX refresh_tokens_by_session ON refresh_tokens (session);
CREATE INDEX refresh_tokens_by_expiry ON refresh_tokens (expires_at);

-- Keys of programs. Their requests are counted by day.
CREATE TABLE api_keys (
    id text PRIMARY KEY,
    wallet text NOT NULL,
    name text NOT NULL,
    prefix text NOT NULL,
    hash bytea NOT NULL UNIQUE,
    per_minute bigint NOT NULL CHECK (per_minute > 0),
    per_day bigint NOT NULL CHECK (per_day > 0),
    created_at timestamptz NOT NULL DEFAULT now(),
    last_used_at timestamptz,
    revoked_at timestamptz
);
CREATE INDEX api_keys_by_wallet ON api_keys (wallet, created_at);
CREATE TABLE api_key_days (
    key text NOT NULL REFERENCES api_keys ON DELETE CASCADE,
    day date NOT NULL,
    count bigint NOT NULL,
    PRIMARY KEY (key, day)
);

-- Who did what. Addresses of the net are cut to their network.
CREATE TABLE audit_log (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT now(),
    wallet text,
    action text NOT NULL,
    object text,
    network text,
    request_id text
);
CREATE INDEX audit_log_by_wallet ON audit_log (wallet, id);
