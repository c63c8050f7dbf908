//! What can go wrong, and what to do about it.

use std::{io, path::PathBuf, process::ExitCode};

/// The result of most of this crate's functions.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What can go wrong. Every message says what to do.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A transaction was shown instead of sent, as asked for. It ends a command, and is no failure.
    #[error("nothing was sent")]
    Shown,
    /// Wrong use: exit code 2.
    #[error("{0}")]
    Usage(String),
    /// Right use, but it cannot be done now; the text says why and what to do.
    #[error("{0}")]
    Refused(String),
    /// There is no keypair file.
    #[error("there is no wallet at {0}: create one with `assay keygen`, or name yours with --keypair")]
    NoWallet(PathBuf),
    /// A file is no keypair.
    #[error("{path} is not a keypair file ({why}): name one made by `assay keygen` or `solana-keygen` with --keypair")]
    BadWallet { path: PathBuf, why: String },
    /// keygen never overwrites.
    #[error("{0} exists already and is not overwritten: name another file with --outfile")]
    WalletExists(PathBuf),
    /// The operating system refused.
    #[error("cannot {action} {path}: {source}")]
    File { action: &'static str, path: PathBuf, source: io::Error },
    /// The Solana tools' config file is broken.
    #[error("{path} is not a config of the Solana tools ({why}): repair it, or name another with --config")]
    BadConfig { path: PathBuf, why: String },
    /// No answer from the chain.
    #[error("cannot reach the chain at {url} ({why}): start one with `assay localnet`, or name another with --url")]
    NoChain { url: String, why: String },
    /// The chain's RPC answered with an error.
    #[error("the chain at {url} refused: {why}")]
    Chain { url: String, why: String },
    /// One of Assay's programs refused.
    #[error("{name} ({code}): {message}")]
    Program { name: String, code: u32, message: String },
    /// Another program or the runtime refused.
    #[error("the transaction failed: {why}{}", .log.as_ref().map(|log| format!("; the program said: {log}")).unwrap_or_default())]
    Transaction { why: String, log: Option<String> },
    /// The blockhash ran out before the transaction was in a block: it never will be.
    #[error("the transaction {0} was not taken in time and never will be: try again")]
    Expired(String),
    /// Nobody knows.
    #[error("no word of the transaction {0} for {1} seconds: see whether it arrived before you repeat it")]
    Unconfirmed(String, u64),
    /// The payer has too few lamports.
    #[error("{address} has {have} SOL, but {need} SOL are needed: {hint}")]
    NoSol { address: String, have: String, need: String, hint: String },
    /// The payer has too few tokens.
    #[error("{address} has {have} {symbol}, but {need} {symbol} are needed: {hint}")]
    NoTokens { address: String, have: String, need: String, symbol: String, hint: String },
    /// A mint that jobs cannot be paid in.
    #[error("{mint} is not allowed as payment: use --mint with one of {allowed}")]
    UnknownMint { mint: String, allowed: String },
    /// A file is not what the spec says.
    #[error("{path} is not what the spec says: spec says {spec}, file is {file}; set the right `{field}.sha256`")]
    HashMismatch { path: PathBuf, field: &'static str, spec: String, file: String },
    /// Not a valid job spec.
    #[error("{path}: {source}")]
    Spec { path: PathBuf, source: assay_sdk::spec::SpecError },
    /// No answer from the indexer.
    #[error("cannot reach the indexer's API at {url} ({why}): start it, or name another with --api")]
    NoApi { url: String, why: String },
    /// The indexer answered with an error.
    #[error("the indexer's API said {status} {title} to {path}{}", if detail.is_empty() { String::new() } else { format!(": {detail}") })]
    Api { status: u16, title: String, detail: String, path: String },
    /// A result that is not what was settled on.
    #[error(transparent)]
    Result(#[from] assay_sdk::result::ResultError),
    /// An account or event that this build cannot read.
    #[error("{0}: update assay")]
    Decode(#[from] assay_sdk::decode::DecodeError),
    /// An account that this build cannot read.
    #[error("the account {0} is not what it should be: check --url, or update assay")]
    BadAccount(String),
    /// Wrong JSON.
    #[error("cannot read or write JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// Standard output is gone.
    #[error("cannot write to standard output: {0}")]
    Stdout(#[from] io::Error),
}

impl Error {
    /// 0 if the transaction was to be shown only, 2 for wrong use, 3 if nobody knows what became of a transaction, 1 for
    /// all else.
    pub fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self {
            Self::Shown => 0,
            Self::Usage(_) => 2,
            Self::Unconfirmed(..) => 3,
            _ => 1,
        })
    }

    /// For `map_err` on an operation on a file.
    pub fn file(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { action, path, source }
    }
}
