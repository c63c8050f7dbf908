//! `assay-node`: takes seats, computes, seals, reveals, gets paid.

mod commands;

use std::{
    net::SocketAddr,
    num::NonZeroUsize,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::{Arc, Mutex},
    time::Duration,
};

use anyhow::{Context, Result, anyhow};
use assay_node::{
    agent::{Agent, Options, Shows},
    artifacts::{self, Store},
    chain::{Chain, PriorityFee},
    compute::{Capacity, Honesty},
    journal::{Journal, KeyLock},
    market::Policy,
    operation::{
        check::Checked,
        log::Tail,
        metrics::Metrics,
        profile::Measuring,
        serve::{self, Served},
        supervisor,
    },
    runtime::{
        engines::{self, Engines},
        wasm::{ModuleCache, Setup, WasmRuntime},
    },
    work::Workshop,
};
use assay_sdk::{private::Key, settings::Settings, spec::Engine};
use clap::{CommandFactory, FromArgMatches, Parser};
use sha2::{Digest, Sha256};
use solana_sdk::{
    signature::{Keypair, read_keypair_file},
    signer::Signer,
};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// How long the last answers may take when the node ends.
const STOPPING: Duration = Duration::from_secs(3);
/// The file in the data folder that `assay operator drain` writes.
const DRAIN: &str = "drain";
/// Most bytes of compiled programs that are kept.
const COMPILED_BYTES: u64 = 1 << 30;

/// Compute for the market: watch for jobs, take seats, compute, seal, reveal, get paid.
///
/// Before the first start: `assay stake open` and `assay stake add 1000` with the same wallet, then `assay operator init`.
#[derive(Parser)]
#[command(
    version,
    after_help = "\
Examples:
  assay-node -k operator.json -u http://127.0.0.1:8899 --data ./node
  assay-node try --help                                                    units of a job that is not posted"
)]
struct Args {
    /// What to do; `run` if nothing is said
    #[command(subcommand)]
    command: Option<commands::Command>,
    /// File of settings (TOML); its keys are the names of these flags. `sample` prints one
    #[arg(long, env = "ASSAY_NODE_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// The chain's JSON-RPC
    #[arg(short, long, env = "ASSAY_RPC", default_value = "http://127.0.0.1:8899", hide_env_values = true)]
    url: String,
    /// The operator's wallet
    #[arg(short, long, env = "ASSAY_KEYPAIR", value_name = "FILE")]
    keypair: Option<PathBuf>,
    /// Folder of the journal, artifacts and results; keep it: without the journal a sealed job loses its bond
    #[arg(long, env = "ASSAY_NODE_DATA", value_name = "FOLDER")]
    data: Option<PathBuf>,
    /// Base URL of the API that takes results
    #[arg(long, env = "ASSAY_API", value_name = "URL")]
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
    /// Where to serve health, metrics, status and profile: to this machine alone, unless said otherwise
    #[arg(long, env = "ASSAY_NODE_LISTEN", default_value = serve::DEFAULT_LISTEN, value_name = "ADDRESS")]
    listen: SocketAddr,
    /// NVIDIA's tool, which tells what GPUs there are
    #[arg(long, default_value = "nvidia-smi", value_name = "COMMAND")]
    nvidia_smi: PathBuf,
    /// Write logs as JSON, one object a line, to standard error
    #[arg(long, env = "ASSAY_LOG_JSON")]
    log_json: bool,
    /// What this node runs, between commas: wasm, oci (containers), tfhe (encrypted jobs; needs the feature `fhe`)
    #[arg(long, value_name = "ENGINES", value_delimiter = ',', default_value = "wasm")]
    engines: Vec<Engine>,
    /// The container command for the engine oci: podman or docker, with options of its own. Words are split at spaces
    #[arg(long, value_name = "COMMAND", default_value = "podman")]
    containers: String,
    #[command(flatten)]
    artifacts: artifacts::Fetching,
    /// For tests and demonstrations: tell lies, and lose the bond
    #[arg(long, hide = true)]
    lie: bool,
}

impl Args {
    fn shows(&self) -> Result<Shows> {
        let prover = self.prover.as_ref().map(|words| words.split_whitespace().map(str::to_owned).collect());
        Ok(Shows { prover, attestor: self.attestor_key.as_deref().map(read_key).transpose()? })
    }

    fn wallet(&self) -> Result<Keypair> {
        let file = self.keypair.as_deref();
        read_key(file.context("whose node is it? Name the operator's key file with --keypair or ASSAY_KEYPAIR")?)
    }

    fn data(&self) -> Result<&Path> {
        self.data.as_deref().context("where are its data? Name a folder with --data or ASSAY_NODE_DATA")
    }

    fn checked(&self, wallet: &Keypair) -> Result<Checked<'_>> {
        Ok(Checked { url: &self.url, operator: wallet.pubkey(), data: self.data()?, api: self.api.as_deref() })
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

/// The command line; its flags may also follow the command.
fn command() -> clap::Command {
    Args::command().mut_args(|arg| arg.global(true))
}

fn settings() -> Settings {
    Settings::of(command())
}

#[tokio::main]
async fn main() -> ExitCode {
    let given = settings().arguments(std::env::args_os().collect(), |name| std::env::var_os(name));
    let args = match given {
        Ok(given) => Args::from_arg_matches(&command().get_matches_from(given)),
        Err(why) => {
            eprintln!("error: {why}");
            return ExitCode::from(2);
        }
    };
    let done = match args {
        Ok(args) => commands::dispatch(args).await,
        Err(why) => why.exit(),
    };
    done.unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::FAILURE
    })
}

async fn run(args: Args, tail: Tail) -> Result<()> {
    if let Some(file) = &args.config {
        tracing::info!("settings of {}", file.display());
    }
    let wallet = args.wallet()?;
    let data = args.data()?.to_owned();
    let shows = args.shows()?;
    let policy = args.policy();
    let operator = wallet.pubkey();
    let journal = Journal::open(data.join("journal"))?;
    let fetching = args.artifacts.policy(args.api.as_deref(), Key::new(&wallet)?)?;
    let store = Store::open(data.join("artifacts"), fetching)?;
    let cores = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let (threads, jobs) = (args.threads.unwrap_or(cores), args.jobs.max(1));
    let runtime = Arc::new(runtime(&data, &wallet, threads.get().saturating_mul(jobs))?);
    let measuring = Measuring { data: &data, nvidia_smi: &args.nvidia_smi, runtime: &*runtime, wallet: &wallet };
    let profile = measuring.current()?;
    let capabilities = profile.profile.hardware.capabilities(engines::bits(&args.engines));
    let metrics = Metrics::install()?;
    let listener = serve::listen(args.listen, &data).await?;
    let chain = Chain::connect(&args.url, wallet).await?.paying(args.fee()?);
    let _key = KeyLock::take(&operator, chain.genesis())?;
    let workshop = Workshop {
        store,
        runtime: Arc::new(Engines::start(&args.engines, runtime, (&args.containers, data.join("containers")))?),
        // An eighth is for what is not a unit: inputs, results, compiling, the system.
        capacity: Arc::new(Capacity::new(threads, u64::from(capabilities.memory_mib) / 8 * 7)),
        honesty: if args.lie { Honesty::Lie { salt: operator.to_bytes() } } else { Honesty::Honest },
        results: data.join("results"),
        api: args.api,
        client: reqwest::Client::new(),
        ready: Mutex::default(),
    };
    let options = Options {
        poll: Duration::from_millis(args.poll_ms.max(50)),
        patience: Duration::from_millis(args.patience_ms),
        jobs,
        capabilities,
        policy,
        policy_file: args.policy,
        most_skew: args.most_skew,
        seals_lost: args.seals_lost,
        data: data.clone(),
        shows,
        drain: data.join(DRAIN),
    };
    if args.lie {
        tracing::warn!("this node lies, for a test or a demonstration");
    }
    let agent = Agent::new(chain, workshop, journal, options)?;
    let kept = agent.clone();
    let served = Served {
        status: agent.board.watch(),
        tail,
        metrics,
        profile,
        journal: Box::new(move || kept.journal.all().ok().map(|entries| entries.len() as u64)),
        artifacts: data.join("artifacts"),
        seen: serve::Seen::default(),
    };
    let stop = CancellationToken::new();
    let serving = tokio::spawn(serve::serve(listener, Arc::new(served), stop.clone()));
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
    supervisor::ready();
    // Whatever is cut off here is taken up from the journal and the chain.
    let ended = tokio::select! {
        ended = agent.run() => ended,
        never = reload => never,
        _ = interrupt.recv() => Ok(()),
        _ = terminate.recv() => Ok(()),
    };
    supervisor::stopping();
    stop.cancel();
    serve::forget(&data);
    // A reader that does not let go is no reason to stay.
    let _ = tokio::time::timeout(STOPPING, serving).await;
    ended
}

/// The engine, with room for `slots` units at once and a cache of compiled programs in the data folder. The cache's key
/// comes from the wallet's secret, from which it does not lead back.
fn runtime(data: &Path, wallet: &Keypair, slots: usize) -> Result<WasmRuntime> {
    let key = Sha256::new().chain_update(b"assay:compiled programs").chain_update(wallet.secret_bytes()).finalize();
    let dir = data.join("compiled");
    let cache = ModuleCache::open(&dir, key.into(), COMPILED_BYTES)
        .with_context(|| format!("{} cannot be used for compiled programs", dir.display()))?;
    let setup = Setup { slots: u32::try_from(slots).unwrap_or(u32::MAX), ..Setup::default() };
    Ok(WasmRuntime::with(&setup, Some(cache))?)
}
