//! The whole market on one machine: a local chain in this process, a private Postgres, and whatever children the
//! caller adds (the indexer, the nodes). Everything listens on 127.0.0.1, everything ends with this process.
//!
//! ```no_run
//! # async fn run() -> assay_localnet::Result<()> {
//! use assay_localnet::{ChildSpec, Config, Localnet, Ports, ports, sibling};
//! let ports = Ports::from_base(ports::free_block(8)?)?;
//! let localnet = Localnet::start(Config { data: Some("/tmp/market".into()), ports, ..Config::default() }).await?;
//! let indexer = ChildSpec::new("indexer", sibling("assay-indexer")?).env("DATABASE_URL", &localnet.endpoints().postgres);
//! localnet.spawn(indexer)?;
//! localnet.announce(None)?; // localnet.json is there from now on
//! localnet.stop().await;
//! # Ok(()) }
//! ```

pub mod chain;
mod child;
mod error;
pub mod folder;
pub mod genesis;
pub mod market;
pub mod ports;
pub mod postgres;
pub mod prover;
mod state;
mod supervisor;

use std::{path::PathBuf, sync::Arc};

pub use chain::{Chain, Program};
pub use child::{ChildSpec, sibling};
pub use error::{Error, Result};
pub use folder::Folder;
pub use ports::Ports;
pub use state::{Endpoints, State};
pub use supervisor::{GRACE, MAX_STARTS_PER_MINUTE, OnChange, Status, Supervisor};

/// What a localnet is to be.
#[derive(Clone, Debug)]
pub struct Config {
    /// The data folder; `None` is `~/.local/share/assay/localnet`.
    pub data: Option<PathBuf>,
    /// Forget what an earlier one left there.
    pub reset: bool,
    /// Where everything listens.
    pub ports: Ports,
    /// The time of a slot, in milliseconds.
    pub slot_ms: u64,
    /// What is on the chain from its first slot.
    pub programs: Vec<Program>,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            data: None,
            reset: false,
            ports: Ports::DEFAULT,
            slot_ms: chain::DEFAULT_SLOT_MS,
            programs: Vec::new(),
        }
    }
}

/// A running localnet. Dropping it ends everything it started; [`Localnet::stop`] does so without blocking.
pub struct Localnet {
    // Dropped in this order: children first, then the chain they talk to, the folder's lock last.
    supervisor: Supervisor,
    chain: Chain,
    state: Arc<state::File>,
    endpoints: Endpoints,
    folder: Folder,
}

impl Localnet {
    /// Takes the data folder, checks the ports, and starts the chain and Postgres.
    ///
    /// # Errors
    /// A busy folder, a port in use, no Postgres, a bad program: each says what to do. Nothing is left running.
    pub async fn start(config: Config) -> Result<Localnet> {
        let folder = Folder::open(config.data.clone(), config.reset)?;
        Self::start_in(folder, config).await
    }

    /// [`Localnet::start`] in a folder that is open already.
    ///
    /// # Errors
    /// As there.
    pub async fn start_in(folder: Folder, config: Config) -> Result<Localnet> {
        let Config { data: _, reset: _, ports, slot_ms, programs } = config;
        ports.check()?;
        let state = Arc::new(state::File::new(&folder));
        let on_change = state.clone();
        let supervisor = Supervisor::new(&folder, Box::new(move |pids| on_change.set_pids(pids)))?;
        // One after the other: a child that is being forked holds a copy of every socket for a moment, and the chain
        // binds its ports twice (a trial first), which would then find them in use.
        let chain = Chain::start(&ports, slot_ms, programs).await?;
        let postgres = postgres::start(&folder, &supervisor, ports.postgres).await?;
        let endpoints = Endpoints::new(&ports, postgres);
        Ok(Localnet { supervisor, chain, state, endpoints, folder })
    }

    /// Where everything can be reached.
    pub fn endpoints(&self) -> &Endpoints {
        &self.endpoints
    }

    /// What is where in the data folder.
    pub fn folder(&self) -> &Folder {
        &self.folder
    }

    /// Adds a child, kept running until the end.
    ///
    /// # Errors
    /// When its name is taken or it cannot be started.
    pub fn spawn(&self, spec: ChildSpec) -> Result<Arc<Status>> {
        self.supervisor.spawn(spec)
    }

    /// Says that all is ready: writes `localnet.json`, and keeps its pids right from then on.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn announce(&self, market: Option<genesis::Market>) -> Result<State> {
        self.state.announce(&self.endpoints, market)
    }

    /// Waits until the chain fails, which it should not.
    pub async fn failed(&mut self) -> Error {
        self.chain.ended().await
    }

    /// Ends all children in order, then the chain; removes `localnet.json`.
    pub async fn stop(self) {
        // Waiting for children blocks. It panics only if a drop does, and then there is nothing left to stop.
        let _ = tokio::task::spawn_blocking(move || drop(self)).await;
    }
}

impl Drop for Localnet {
    fn drop(&mut self) {
        self.state.withdraw();
    }
}
