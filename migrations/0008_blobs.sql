-- What the blob store holds, for quotas and garbage collection; the bytes are in a folder or an S3-compatible store.
CREATE TABLE blobs (
    kind text NOT NULL CHECK (kind IN ('blobs', 'results')),
    -- Of a blob its SHA-256, of a result its root.
    name text NOT NULL CHECK (name ~ '^[0-9a-f]{64}$'),
    size bigint NOT NULL CHECK (size >= 0),
    -- A wallet, `anonymous`, or `ip:` and an address: whose quota it counts in.
    owner text NOT NULL,
    -- Its bytes are the chunks of this upload, one after the other; null: one object.
    upload text,
    chunk_size bigint,
    created_at timestamptz NOT NULL DEFAULT now(),
    -- When somebody last stored it, or tried to.
    touched_at timestamptz NOT NULL DEFAULT now(),
    -- Where IPFS has it; null: not pinned yet.
    cid text,
    pin_after timestamptz NOT NULL DEFAULT now(),
    pin_tries integer NOT NULL DEFAULT 0,
    PRIMARY KEY (kind, name),
    CHECK ((upload IS NULL) = (chunk_size IS NULL))
);
CREATE INDEX blobs_oldest ON blobs (touched_at);
CREATE INDEX blobs_of_uploads ON blobs (upload) WHERE upload IS NOT NULL;
CREATE INDEX blobs_to_pin ON blobs (pin_after) WHERE cid IS NULL AND kind = 'blobs';

-- Uploads under way, which nobody sees yet. `hashed` chunks from the first on are in `state`, a SHA-256 that is not
-- finished: completing needs not read again what was hashed before, and a restart loses none of it.
CREATE TABLE uploads (
    id text PRIMARY KEY,
    name text NOT NULL,
    size bigint NOT NULL CHECK (size > 0),
    chunk_size bigint NOT NULL CHECK (chunk_size > 0),
    owner text NOT NULL,
    hashed integer NOT NULL DEFAULT 0,
    state bytea,
    created_at timestamptz NOT NULL DEFAULT now(),
    touched_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX uploads_oldest ON uploads (touched_at);

-- The chunks of uploads, also of those that have become blobs.
CREATE TABLE upload_chunks (
    upload text NOT NULL,
    n integer NOT NULL,
    sha256 text NOT NULL,
    PRIMARY KEY (upload, n)
);

-- Bytes that each owner holds: of blobs, and promised by uploads.
CREATE TABLE blob_usage (owner text PRIMARY KEY, bytes bigint NOT NULL);

CREATE FUNCTION count_blob_bytes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO blob_usage VALUES (NEW.owner, NEW.size)
        ON CONFLICT (owner) DO UPDATE SET bytes = blob_usage.bytes + excluded.bytes;
    ELSE
        UPDATE blob_usage SET bytes = bytes - OLD.size WHERE owner = OLD.owner;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER blobs_counted AFTER INSERT OR DELETE ON blobs FOR EACH ROW EXECUTE FUNCTION count_blob_bytes();
CREATE TRIGGER uploads_counted AFTER INSERT OR DELETE ON uploads FOR EACH ROW EXECUTE FUNCTION count_blob_bytes();

-- What specs name, so that each is read once.
CREATE TABLE blob_specs (spec text PRIMARY KEY, names text[] NOT NULL);

-- The market's jobs that garbage collection asks about.
CREATE INDEX jobs_open ON jobs (address) WHERE closed_slot IS NULL;
CREATE INDEX jobs_ended ON jobs (((data ->> 'ended_at')::bigint)) WHERE closed_slot IS NOT NULL;
