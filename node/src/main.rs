//! `assay-node`: takes seats, computes, seals, reveals, gets paid.

use std::{
    io::IsTerminal,
    num::NonZeroUsize,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::{Arc, Mutex},
    time::Duration,
};

use anyhow::{Context, Result, anyhow};
use assay_node::{
    agent::{Agent, Options, Shows, rules},
    artifacts::{self, Store},
    chain::{Chain, PriorityFee},
    compute::Honesty,
    journal::{Journal, KeyLock},
    market::Policy,
    runtime::wasm::WasmRuntime,
    work::Workshop,
};
use clap::{CommandFactory, Parser};
use solana_sdk::{
    signature::{Keypair, read_keypair_file},
    signer::Signer,
};
use tokio::signal::unix::{SignalKind, signal};

/// The file in the data folder that `assay operator drain` writes.
const DRAIN: &str = "drain";

/// What to do instead of working.
#[derive(Parser)]
#[command(version)]
enum Instead {
    /// Read a policy file and say whether a node would go by it
    Check {
        /// The policy file
        file: PathBuf,
    },
    /// For tests: print the steps at which a node can be made to die
    #[command(hide = true)]
    Steps,
}

impl Instead {
    fn run(self) -> Result<()> {
        match self {
            Self::Check { file } => {
                rules::read(&file)?;
                println!("{} is a policy", file.display());
            }
            Self::Steps => println!("{}", assay_node::crash::STEPS.join("\n")),
        }
        Ok(())
    }
}

/// Compute for the market: watch for jobs, take seats, compute, seal, reveal, get paid.
///
/// Before the first start: `assay stake open` and `assay stake add 1000` with the same wallet.
#[derive(Parser)]
#[command(version)]
#[command(
    after_help = "Examples:\n  assay-node -k operator.json -u http://127.0.0.1:8899 --data ./node\n  assay-node check policy.toml"
)]
struct Args {
    /// The chain's JSON-RPC
    #[arg(short, long, env = "ASSAY_RPC", default_value = "http://127.0.0.1:8899")]
    url: String,
    /// The operator's wallet
    #[arg(short, long, env = "ASSAY_KEYPAIR")]
    keypair: PathBuf,
    /// Folder of the journal, artifacts and results; keep it: without the journal a sealed job loses its bond
    #[arg(long, env = "ASSAY_NODE_DATA")]
    data: PathBuf,
    /// Base URL of the API that takes results
    #[arg(long, env = "ASSAY_API")]
    api: Option<String>,
    /// Milliseconds between two looks at the chain
    #[arg(long, default_value_t = 2_000)]
    poll_ms: u64,
    /// Longest wait, in milliseconds, before doing what any node may do
    #[arg(long, default_value_t = 6_000)]
    patience_ms: u64,
    /// Most jobs at once
    #[arg(long, default_value_t = 2)]
    jobs: usize,
    /// What to take, for how much, when, and how much to put at risk: see deploy/node-policy.toml. Read again when it
    /// changes, or on SIGHUP
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// Micro-lamports for each compute unit, or "auto": what three of four transactions paid of late
    #[arg(long, value_name = "auto|N", default_value = "auto")]
    priority_fee: String,
    /// Most that "auto" pays, micro-lamports for each compute unit
    #[arg(long, value_name = "N", default_value_t = 100_000)]
    priority_fee_most: u64,
    /// Most seconds between this machine's clock and the chain's; beyond, the node does not start and takes no new work
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    most_skew: u64,
    /// Go on although seals are on chain that the data folder does not know, and lose their bonds: only if it was lost and
    /// no other node works with this key
    #[arg(long)]
    seals_lost: bool,
    /// Threads per job [default: all cores]
    #[arg(long)]
    threads: Option<NonZeroUsize>,
    /// Share of what others deliver for review, 0 to 1, of which this node computes a unit again; it challenges what is
    /// wrong, which puts a bond of ASY at stake and wins half of the other side's. Needs --api
    #[arg(long, default_value_t = 0.1, value_parser = share)]
    watch: f64,
    /// Command that proves results, for jobs that want a proof: it reads a job's facts as JSON and writes
    /// {"proof": "<512 hex digits>"}. Words are split at spaces. Without it no such job is taken
    #[arg(long, value_name = "COMMAND")]
    prover: Option<String>,
    /// Key file of an attestor that signs what this node computed, for jobs that trust its registrar for one signature.
    /// Without it no such job is taken
    #[arg(long, value_name = "FILE")]
    attestor_key: Option<PathBuf>,
    /// Read artifacts from file:// uris (local chains only)
    #[arg(long)]
    local_files: bool,
    /// For tests and demonstrations: tell lies, and lose the bond
    #[arg(long, hide = true)]
    lie: bool,
}

impl Args {
    fn shows(&self) -> Result<Shows> {
        let prover = self.prover.as_ref().map(|words| words.split_whitespace().map(str::to_owned).collect());
        Ok(Shows { prover, attestor: self.attestor_key.as_deref().map(read_key).transpose()? })
    }

    fn policy(&self) -> Policy {
        Policy {
            // Without an API there is nothing to look at.
            watch: if self.api.is_some() { self.watch } else { 0.0 },
            prover: self.prover.is_some(),
            attestor: self.attestor_key.is_some(),
            lies: self.lie,
            ..Policy::default()
        }
    }

    fn fee(&self) -> Result<PriorityFee> {
        Ok(match self.priority_fee.as_str() {
            "auto" => PriorityFee::Auto { most: self.priority_fee_most },
            price => PriorityFee::Fixed(price.parse().context("--priority-fee: expected \"auto\" or a number")?),
        })
    }
}

fn share(text: &str) -> Result<f64, String> {
    text.parse().ok().filter(|share| (0.0..=1.0).contains(share)).ok_or_else(|| "expected 0 to 1".into())
}

/// The error of a bad key file could quote it; name only the file.
fn read_key(path: &Path) -> Result<Keypair> {
    read_keypair_file(path).map_err(|_| anyhow!("{} is no key file: make one with `assay keygen`", path.display()))
}

#[tokio::main]
async fn main() -> ExitCode {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "info".into());
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .init();
    let first = std::env::args().nth(1).unwrap_or_default();
    let instead = Instead::command().find_subcommand(first).is_some();
    let ran = if instead { Instead::parse().run() } else { run(Args::parse()).await };
    match ran {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(args: Args) -> Result<()> {
    let wallet = read_key(&args.keypair)?;
    let shows = args.shows()?;
    let policy = args.policy();
    let operator = wallet.pubkey();
    let journal = Journal::open(args.data.join("journal"))?;
    let fetching = artifacts::Policy { local_files: args.local_files, ..artifacts::Policy::default() };
    let store = Store::open(args.data.join("artifacts"), fetching)?;
    let chain = Chain::connect(&args.url, wallet).await?.paying(args.fee()?);
    let _key = KeyLock::take(&operator, chain.genesis())?;
    let cores = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let workshop = Workshop {
        store,
        runtime: Arc::new(WasmRuntime::new()?),
        parallelism: args.threads.unwrap_or(cores),
        honesty: if args.lie { Honesty::Lie { salt: operator.to_bytes() } } else { Honesty::Honest },
        results: args.data.join("results"),
        api: args.api,
        ready: Mutex::default(),
    };
    let options = Options {
        poll: Duration::from_millis(args.poll_ms.max(50)),
        patience: Duration::from_millis(args.patience_ms),
        jobs: args.jobs.max(1),
        cores: u16::try_from(cores.get()).unwrap_or(u16::MAX),
        memory_mib: memory_mib().context("reading this machine's memory")?,
        policy,
        policy_file: args.policy,
        most_skew: args.most_skew,
        seals_lost: args.seals_lost,
        data: args.data.clone(),
        shows,
        drain: args.data.join(DRAIN),
    };
    if args.lie {
        tracing::warn!("this node lies, for a test or a demonstration");
    }
    let agent = Agent::new(chain, workshop, journal, options)?;
    let (mut hangup, told) = (signal(SignalKind::hangup())?, agent.clone());
    let reload = async move {
        while hangup.recv().await.is_some() {
            match told.rules.read_again() {
                Ok(()) => tracing::info!("read the policy again"),
                Err(error) => tracing::error!("the policy stays as it was: {error:#}"),
            }
        }
        std::future::pending::<Result<()>>().await
    };
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    // Whatever is cut off here is taken up from the journal and the chain.
    tokio::select! {
        ended = agent.run() => ended,
        never = reload => never,
        _ = interrupt.recv() => Ok(()),
        _ = terminate.recv() => Ok(()),
    }
}

/// This machine's memory in MiB, as the kernel tells it.
fn memory_mib() -> Result<u32> {
    let text = std::fs::read_to_string("/proc/meminfo")?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:")).context("no MemTotal")?;
    let kib: u64 = line.trim().trim_end_matches("kB").trim().parse()?;
    Ok(u32::try_from(kib / 1024)?)
}
