//! The source that the settings name.

use std::{path::PathBuf, time::Duration};

use solana_sdk::pubkey::Pubkey;
use tokio::sync::mpsc;

use super::{
    Accounts, ChainTransaction, Commitment, Listed, Notice, Patience, RecordedSource, RpcSource, Scan, Source,
    YellowstoneSource, yellowstone,
};
use crate::{Error, Result, config::Config};

/// Where notices come from.
#[derive(clap::ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The node's WebSocket.
    Rpc,
    /// A Yellowstone gRPC server; scans and history are still the RPC's.
    Yellowstone,
    /// A file written by `record`; no node is asked.
    Recorded,
}

/// Settings of the source.
// Groups are named after their struct, and there is more than one of this name.
#[derive(clap::Args, Debug, Clone)]
#[group(skip)]
pub struct Settings {
    /// Where notices come from.
    #[arg(long, env = "ASSAY_SOURCE", value_enum, default_value = "rpc", global = true)]
    pub source: Kind,
    /// The Yellowstone gRPC server.
    #[arg(long, env = "ASSAY_YELLOWSTONE_URL", value_name = "URL", global = true, hide_env_values = true)]
    pub yellowstone_url: Option<String>,
    /// File with the Yellowstone server's x-token; or put the token itself into ASSAY_YELLOWSTONE_TOKEN.
    #[arg(long, env = "ASSAY_YELLOWSTONE_TOKEN_FILE", value_name = "FILE", global = true)]
    pub yellowstone_token_file: Option<PathBuf>,
    /// The recording to play, with `--source recorded`.
    #[arg(long, env = "ASSAY_RECORDING", value_name = "FILE", global = true)]
    pub recording: Option<PathBuf>,
    /// Seconds that the RPC has for an answer; scans have ten times as many.
    #[arg(long, env = "ASSAY_RPC_TIMEOUT_SECONDS", default_value = "30", global = true, value_parser = clap::value_parser!(u64).range(1..=600))]
    pub rpc_timeout_seconds: u64,
    /// How often a question to the RPC is asked again when it fails.
    #[arg(long, env = "ASSAY_RPC_RETRIES", default_value = "4", global = true, value_parser = clap::value_parser!(u32).range(0..=20))]
    pub rpc_retries: u32,
    /// Seconds without a word, while the chain goes on, after which a subscription counts as dead.
    #[arg(long, env = "ASSAY_SILENCE_SECONDS", default_value = "20", global = true, value_parser = clap::value_parser!(u64).range(1..=600))]
    pub silence_seconds: u64,
}

impl Settings {
    fn patience(&self) -> Patience {
        let answer = Duration::from_secs(self.rpc_timeout_seconds);
        let silence = Duration::from_secs(self.silence_seconds);
        let retries = usize::try_from(self.rpc_retries).unwrap_or(0);
        Patience { answer, silence, retries, ..Patience::default() }
    }
}

/// Any of the sources.
pub enum Selected {
    /// A node.
    Rpc(Box<RpcSource>),
    /// A validator's stream, and a node.
    Yellowstone(Box<YellowstoneSource>),
    /// A file.
    Recorded(Box<RecordedSource>),
}

impl Selected {
    /// The one that the settings name; nodes are connected to on first use.
    ///
    /// # Errors
    /// [`Error::Setting`] when one is missing; [`Error::File`] and [`Error::Recording`] for files that cannot be read.
    pub fn new(config: &Config, programs: Vec<Pubkey>) -> Result<Self> {
        let settings = &config.source;
        let rpc = RpcSource::new(&config.rpc_url, &config.websocket(), programs).patience(settings.patience());
        match settings.source {
            Kind::Rpc => Ok(Self::Rpc(Box::new(rpc))),
            Kind::Yellowstone => {
                let missing = || Error::Setting("--source yellowstone needs --yellowstone-url".into());
                let url = settings.yellowstone_url.as_ref().ok_or_else(missing)?;
                let token = match &settings.yellowstone_token_file {
                    Some(file) => Some(yellowstone::token(file)?),
                    None => std::env::var("ASSAY_YELLOWSTONE_TOKEN").ok(),
                };
                Ok(Self::Yellowstone(Box::new(YellowstoneSource::new(rpc, url, token.as_deref())?)))
            }
            Kind::Recorded => {
                let missing = || Error::Setting("--source recorded needs --recording".into());
                let file = settings.recording.as_ref().ok_or_else(missing)?;
                Ok(Self::Recorded(Box::new(RecordedSource::open(file)?)))
            }
        }
    }

    /// The node that is asked for scans and history, if there is one.
    pub fn rpc(&self) -> Option<&RpcSource> {
        match self {
            Self::Rpc(rpc) => Some(rpc),
            Self::Yellowstone(source) => Some(source.rpc()),
            Self::Recorded(_) => None,
        }
    }
}

/// The same question to whichever it is.
macro_rules! ask {
    ($source:expr, $method:ident($($argument:expr),*)) => {
        match $source {
            Selected::Rpc(source) => source.$method($($argument),*).await,
            Selected::Yellowstone(source) => source.$method($($argument),*).await,
            Selected::Recorded(source) => source.$method($($argument),*).await,
        }
    };
}

impl Source for Selected {
    async fn slot(&self) -> Result<u64> {
        ask!(self, slot())
    }

    async fn finalized(&self) -> Result<u64> {
        ask!(self, finalized())
    }

    async fn genesis(&self) -> Result<String> {
        ask!(self, genesis())
    }

    async fn gap_after(&self, slot: u64) -> Result<Option<u64>> {
        ask!(self, gap_after(slot))
    }

    async fn history(&self, from: u64, commitment: Commitment) -> Result<Vec<Listed>> {
        ask!(self, history(from, commitment))
    }

    async fn transaction(&self, listed: &Listed) -> Result<ChainTransaction> {
        ask!(self, transaction(listed))
    }

    async fn scan(&self, program: Pubkey, commitment: Commitment) -> Result<Scan> {
        ask!(self, scan(program, commitment))
    }

    async fn accounts(&self, addresses: &[Pubkey]) -> Result<Accounts> {
        ask!(self, accounts(addresses))
    }

    async fn subscribe(&self, notices: mpsc::Sender<Notice>) -> Result<()> {
        ask!(self, subscribe(notices))
    }
}
