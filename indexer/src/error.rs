//! What can go wrong, each with what to do about it.

/// Shorthand for this crate's results.
pub type Result<T> = std::result::Result<T, Error>;

/// Why the indexer cannot go on, for now or at all.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database does not answer, or not as it should.
    #[error("the database failed: {0}; check --database-url and that Postgres runs")]
    Database(#[from] sqlx::Error),
    /// The migrations cannot be applied.
    #[error("the database cannot be migrated: {0}; use an empty database or the one of this or an older version")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    /// The chain's RPC does not answer, or not as it should.
    #[error("the chain's RPC failed at {what}: {why}; check --rpc-url and that the node runs")]
    Rpc {
        /// The request.
        what: &'static str,
        /// The client's words, without the url (which may hold a key).
        why: String,
    },
    /// The chain's WebSocket does not answer, or has ended.
    #[error("the chain's WebSocket failed at {what}: {why}; check --ws-url (indexing goes on by polling)")]
    WebSocket {
        /// What was done.
        what: &'static str,
        /// The client's words, without the url.
        why: String,
    },
    /// The Yellowstone server does not answer, or its stream has ended.
    #[error(
        "the Yellowstone stream failed at {what}: {why}; check --yellowstone-url and --yellowstone-token-file \
         (indexing goes on by polling)"
    )]
    Yellowstone {
        /// What was done.
        what: &'static str,
        /// Why, without the url and the token.
        why: String,
    },
    /// A recording cannot be used.
    #[error("the recording is broken{}: {why}; record it again", .line.checked_sub(1).map(|_| format!(" at line {line}")).unwrap_or_default())]
    Recording {
        /// Where, from 1; 0 if nowhere in particular.
        line: usize,
        /// Why.
        why: String,
    },
    /// The settings contradict each other, or name what is not there.
    #[error("{0}; see `assay-indexer --help`")]
    Setting(String),
    /// History that the tables lack is not to be had.
    #[error(
        "history is missing: the tables end at slot {indexed}, but the node's history begins at {first}; \
         use a node with more history, or rebuild into an empty database"
    )]
    Gap {
        /// Watermark of the database.
        indexed: u64,
        /// The node's first block.
        first: u64,
    },
    /// The database is of another chain.
    #[error("the database belongs to the chain {database}, but the RPC's is {chain}; use a database of its own")]
    OtherChain {
        /// Genesis hash in the database.
        database: String,
        /// Genesis hash of the RPC.
        chain: String,
    },
    /// `rebuild` wants an empty database.
    #[error("the database is not empty: its watermark is at slot {0}; give `rebuild` an empty one")]
    NotEmpty(u64),
    /// Another indexer writes to the database.
    #[error("another indexer writes to this database; stop it first")]
    Locked,
    /// The listening address cannot be had.
    #[error("cannot listen on {address}: {source}; free the port or pass another --listen")]
    Listen {
        /// The address.
        address: std::net::SocketAddr,
        /// What the system says.
        source: std::io::Error,
    },
    /// A file or folder cannot be used.
    #[error("cannot use {path}: {source}")]
    File {
        /// Which.
        path: String,
        /// What the system says.
        source: std::io::Error,
    },
    /// The IDLs compiled in are broken.
    #[error(transparent)]
    Idl(#[from] assay_sdk::decode::DecodeError),
    /// A part of the indexer ended by a fault of its own.
    #[error("decoding ended early: {0}; report it with the log")]
    Fault(String),
    /// The log or the metrics cannot be set up.
    #[error("cannot start: {0}")]
    Start(String),
}
