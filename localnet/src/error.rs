//! What can go wrong, each said so that the reader knows what to do next.

use std::{io, path::PathBuf};

/// The result of everything in this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An error of the local network.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Somebody listens there already.
    #[error(
        "port {port} ({what}) is in use; free it, or choose another with {flag} (or move all ports with --ports-from)"
    )]
    PortInUse { port: u16, what: String, flag: &'static str },
    /// Two of our own services were given the same port.
    #[error("port {port} was given to both {first} and {second}; change one of them with {flag}")]
    PortTwice { port: u16, first: String, second: String, flag: &'static str },
    /// The ports would run past 65535.
    #[error("the ports do not fit below 65536; choose a smaller {flag}")]
    PortsTooHigh { flag: &'static str },
    /// Another localnet runs on this folder.
    #[error(
        "busy data folder {path}: process {pid} holds it; stop that one (kill {pid}) or choose another with --data"
    )]
    Busy { path: PathBuf, pid: String },
    /// Neither --data nor a home to put the default in.
    #[error("no home folder to keep data in; say where with --data")]
    NoHome,
    /// A file or folder could not be read or written.
    #[error("cannot {action} {path}: {source}")]
    File { action: &'static str, path: PathBuf, source: io::Error },
    /// No Postgres to start.
    #[error(
        "no Postgres server binaries found ({looked}); run `apt-get install postgresql`, or set PG_BIN_DIR to the folder that holds postgres and initdb"
    )]
    NoPostgres { looked: String },
    /// Postgres refuses root, and neither way round that is open.
    #[error("Postgres cannot run as root here ({why}); run assay-localnet as an ordinary user")]
    PostgresAsRoot { why: String },
    /// Postgres started and failed.
    #[error(
        "Postgres failed to {step}: {why}\nits log is {log}; if the data folder is of another Postgres version, start anew with --reset"
    )]
    Postgres { step: &'static str, why: String, log: PathBuf },
    /// The database could not be made.
    #[error("cannot create the database in the private Postgres: {0}")]
    Database(#[from] sqlx::Error),
    /// A program to preload is missing or is no SBF program.
    #[error("cannot load program {id} from {path}: {why}; build it with scripts/build-programs.sh")]
    Program { id: String, path: PathBuf, why: String },
    /// Liars are operators too.
    #[error("--liars {liars} of --operators {operators}: choose at most as many liars as operators")]
    TooManyLiars { liars: u16, operators: u16 },
    /// A wallet file in the data folder is unusable.
    #[error("cannot {action} the wallet {path}: {why}; start anew with --reset")]
    Wallet { action: &'static str, path: PathBuf, why: String },
    /// The market's first transactions failed.
    #[error("the market could not be set up: {0}; are programs/deploy/*.so built from these sources?")]
    Genesis(String),
    /// The chain did not come up, or ended.
    #[error("the local chain failed: {0}")]
    Chain(String),
    /// A child's binary is missing.
    #[error(
        "cannot find {name} in {folder}; build it with `cargo build -p {name}`, or set ASSAY_BIN_DIR to its folder"
    )]
    NoBinary { name: String, folder: PathBuf },
    /// A child could not be started.
    #[error("cannot start {name} ({program}): {source}")]
    Spawn { name: String, program: PathBuf, source: io::Error },
    /// Two children of one name would share a log and a pid file.
    #[error("there is a child named {0} already; give each its own name")]
    ChildTwice(String),
    /// The supervising thread is gone; only after a shutdown.
    #[error("the localnet is shutting down")]
    ShuttingDown,
}

impl Error {
    /// Names the file that an input/output error was about.
    pub(crate) fn file(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Error {
        let path = path.into();
        move |source| Error::File { action, path, source }
    }
}
