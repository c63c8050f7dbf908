//! `assay-localnet`: the whole market in one command, until Ctrl-C.

use std::{io::IsTerminal, path::PathBuf, process::ExitCode};

use assay_localnet::{
    ChildSpec, Config, Endpoints, Error, Folder, Localnet, Ports, Program, Result, chain,
    genesis::{self, Wallets},
    market,
};
use clap::Parser;
use solana_sdk::{pubkey::Pubkey, signer::Signer};
use tokio::signal::unix::{SignalKind, signal};

/// A local chain, a private Postgres, the indexer and nodes, all on 127.0.0.1, until Ctrl-C.
#[derive(Parser)]
#[command(version)]
struct Args {
    /// The data folder [default: ~/.local/share/assay/localnet]
    #[arg(long, value_name = "FOLDER")]
    data: Option<PathBuf>,
    /// Start anew: forget what an earlier run left in the data folder
    #[arg(long)]
    reset: bool,
    /// Milliseconds per slot
    #[arg(long, value_name = "MS", default_value_t = chain::DEFAULT_SLOT_MS, value_parser = clap::value_parser!(u64).range(10..=60_000))]
    slot_ms: u64,
    /// The chain's RPC [default: 8899]; its WebSocket is the next port
    #[arg(long, value_name = "PORT")]
    rpc_port: Option<u16>,
    /// Postgres [default: 5442]
    #[arg(long, value_name = "PORT")]
    pg_port: Option<u16>,
    /// The indexer's API and the web portal [default: 8910]
    #[arg(long, value_name = "PORT")]
    api_port: Option<u16>,
    /// Hand out consecutive ports from here: RPC, WebSocket, Postgres, API
    #[arg(long, value_name = "PORT")]
    ports_from: Option<u16>,
    /// Operators, each with a node and 5,000 ASY at stake
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u16).range(0..=64))]
    operators: u16,
    /// How many of them lie, to see slashing
    #[arg(long, value_name = "N", default_value_t = 0)]
    liars: u16,
    /// Share of what others deliver for review of which each node computes a unit again
    #[arg(long, value_name = "SHARE", default_value_t = 1.0)]
    watch: f64,
    /// The programs' .so files [default: programs/deploy of the sources]
    #[arg(long, value_name = "FOLDER")]
    programs: Option<PathBuf>,
    /// Chain and Postgres only: no programs of Assay, no indexer, no operators
    #[arg(long)]
    bare: bool,
    /// Put a program on the chain (may be repeated)
    #[arg(long, value_name = "ID=FILE.so", value_parser = program)]
    program: Vec<(Pubkey, PathBuf)>,
    /// Who may upgrade those programs
    #[arg(long, value_name = "ADDRESS")]
    upgrade_authority: Option<Pubkey>,
    /// Run and keep alive another process (may be repeated); words are split at spaces
    #[arg(long, value_name = "NAME=PROGRAM ARGS", hide = true, value_parser = child)]
    child: Vec<(String, Vec<String>)>,
}

fn program(text: &str) -> Result<(Pubkey, PathBuf), String> {
    let (id, path) = text.split_once('=').ok_or("expected ID=FILE.so")?;
    Ok((id.parse().map_err(|why| format!("{id} is no address: {why}"))?, path.into()))
}

fn child(text: &str) -> Result<(String, Vec<String>), String> {
    let (name, command) = text.split_once('=').ok_or("expected NAME=PROGRAM ARGS")?;
    let words: Vec<_> = command.split_whitespace().map(str::to_owned).collect();
    if words.is_empty() { Err("expected NAME=PROGRAM ARGS".into()) } else { Ok((name.to_owned(), words)) }
}

impl Args {
    fn ports(&self) -> Result<Ports> {
        let mut ports = self.ports_from.map_or(Ok(Ports::DEFAULT), Ports::from_base)?;
        if let Some(rpc) = self.rpc_port {
            ports = ports.with_rpc(rpc)?;
        }
        ports.postgres = self.pg_port.unwrap_or(ports.postgres);
        ports.api = self.api_port.unwrap_or(ports.api);
        Ok(ports)
    }

    fn config(&self) -> Result<Config> {
        let upgrade_authority = self.upgrade_authority;
        let program = |(id, path): &(Pubkey, PathBuf)| Program { id: *id, path: path.clone(), upgrade_authority };
        Ok(Config {
            data: self.data.clone(),
            reset: self.reset,
            ports: self.ports()?,
            slot_ms: self.slot_ms,
            programs: self.program.iter().map(program).collect(),
        })
    }

    fn children(&self) -> impl Iterator<Item = ChildSpec> {
        self.child.iter().map(|(name, words)| ChildSpec::new(name, &words[0]).args(&words[1..]))
    }
}

async fn start(args: &Args) -> Result<Localnet> {
    if args.liars > args.operators {
        return Err(Error::TooManyLiars { liars: args.liars, operators: args.operators });
    }
    let mut config = args.config()?;
    let folder = Folder::open(config.data.clone(), config.reset)?;
    let wallets = if args.bare { None } else { Some(Wallets::open(&folder, args.operators)?) };
    if let Some(wallets) = &wallets {
        let programs = args.programs.clone().unwrap_or_else(market::programs_folder);
        config.programs.extend(market::programs(&programs, wallets.authority.pubkey()));
    }
    let localnet = Localnet::start_in(folder, config).await?;
    let mut made = None;
    if let Some(wallets) = &wallets {
        let rpc = &localnet.endpoints().rpc;
        let market = genesis::run(rpc, localnet.folder(), wallets, args.liars).await?;
        market::spawn(&localnet, &market, args.operators, args.watch)?;
        made = Some(market);
    }
    for spec in args.children() {
        localnet.spawn(spec)?;
    }
    let state = localnet.announce(made)?;
    let Endpoints { rpc, api, postgres, .. } = &state.endpoints;
    println!("ready: portal {api} | chain {rpc} | postgres {postgres} | data {}", state.data.display());
    Ok(localnet)
}

/// Runs until a signal, or until something that cannot be restarted fails.
async fn run(args: Args) -> Result<()> {
    let on = |kind| signal(kind).map_err(|source| Error::File { action: "listen to", path: "signals".into(), source });
    let (mut interrupt, mut terminate, mut hangup) =
        (on(SignalKind::interrupt())?, on(SignalKind::terminate())?, on(SignalKind::hangup())?);
    let told = async {
        tokio::select! { _ = interrupt.recv() => {}, _ = terminate.recv() => {}, _ = hangup.recv() => {} }
    };
    tokio::pin!(told);
    // Told while starting: what was started so far ends with the dropped future.
    let mut localnet = tokio::select! { started = start(&args) => started?, () = &mut told => return Ok(()) };
    let outcome = tokio::select! { () = &mut told => Ok(()), why = localnet.failed() => Err(why) };
    eprintln!("stopping");
    localnet.stop().await;
    outcome
}

#[tokio::main]
async fn main() -> ExitCode {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "off".into());
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .init();
    match run(Args::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("error: {why}");
            ExitCode::FAILURE
        }
    }
}
