//! `assay-simulator`: what cheating costs and what it brings, under every strategy.

use std::{path::PathBuf, time::Instant};

use anyhow::{Context, Result, ensure};
use assay_simulator::{Cell, Params, Policy, Row, Strategy, Sweep, params::ASY, plot, report};
use clap::{Parser, ValueEnum};
use serde::Serialize;

const EXAMPLES: &str = "Examples:
  assay-simulator                                        every strategy against colluders, 0 to 50 %
  assay-simulator --policy all --shares 20               every strategy against everyone, at 20 %
  assay-simulator --strategy adaptive --policy farming --price 3.3 --class-value 0.3
  assay-simulator --strategy replicated --policy preying --price 0.01
  assay-simulator --drain                                who is slashed is gone when its stake is
  assay-simulator --output json > figures.json           the same seed gives the same bytes
  assay-simulator --plots docs/images                    writes economics-*.svg";

/// Play the market with actors who cheat, and say what it costs and brings them.
///
/// Tables (or JSON) go to stdout, the time it took to stderr.
#[derive(Parser)]
#[command(version, after_help = EXAMPLES)]
struct Args {
    /// Strategies, by commas; all by default.
    #[arg(long, value_enum, value_delimiter = ',')]
    strategy: Vec<Strategy>,
    /// The adversary's policies, by commas: lazy, colluding, cartel, farming, ghosting, griefing, copying, preying, mixed; or all.
    #[arg(long, value_delimiter = ',', default_value = "colluding")]
    policy: Vec<String>,
    /// The adversary's shares of all stake, in percent.
    #[arg(long, value_delimiter = ',', default_value = "0,5,10,15,20,25,30,35,40,45,50",
          value_parser = clap::value_parser!(u8).range(0..=100))]
    shares: Vec<u8>,
    /// Jobs that count, in each market.
    #[arg(long, default_value_t = 10_000)]
    jobs: u32,
    /// Fixes everything that is random.
    #[arg(long, default_value_t = 2026)]
    seed: u64,
    #[arg(long, value_enum, default_value_t = Output::Table)]
    output: Output,
    /// Write plots, as SVG, into this folder.
    #[arg(long)]
    plots: Option<PathBuf>,
    #[command(flatten)]
    market: MarketArgs,
}

/// What differs from the defaults.
#[derive(clap::Args)]
#[command(next_help_heading = "The market")]
struct MarketArgs {
    /// Price of a job on one seat, in ASY.
    #[arg(long, default_value_t = 1.0)]
    price: f64,
    /// Stake of the class, in ASY; operators hold four times as much.
    #[arg(long, default_value_t = 100.0)]
    class_stake: f64,
    /// Usual bond of a job of the class, in ASY: above it re-checks rise.
    #[arg(long, default_value_t = 1.0)]
    class_value: f64,
    /// What work costs, of its price.
    #[arg(long, default_value_t = 6_000)]
    cost_bps: u16,
    /// Jobs with a known answer, under the strategies with canaries.
    #[arg(long, default_value_t = 300)]
    canary_bps: u16,
    /// Optimistic jobs that an honest watcher computes again.
    #[arg(long, default_value_t = 1_000)]
    watch_bps: u16,
    /// Accepted jobs that the requester computes again.
    #[arg(long, default_value_t = 1_000)]
    check_bps: u16,
    /// Units that a cheat skips of a sampled job.
    #[arg(long, default_value_t = 2_500)]
    skip_bps: u16,
    /// Units drawn of a sampled job of 1,000 units.
    #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u8).range(1..=16))]
    samples: u8,
    /// Verifiers of a sampled job.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..=6))]
    committee: u8,
    /// Operators of the market.
    #[arg(long, default_value_t = 200)]
    operators: u16,
    /// Jobs before those that count.
    #[arg(long, default_value_t = 4_000)]
    warmup: u32,
    /// Nobody puts in again what a slash took.
    #[arg(long)]
    drain: bool,
    /// The adversary is always first to claim.
    #[arg(long)]
    rush: bool,
    /// The adversary keeps a name whose reputation is gone.
    #[arg(long)]
    keep_names: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Output {
    Table,
    Json,
}

#[derive(Serialize)]
struct Document<'a> {
    #[serde(flatten)]
    sweep: &'a Sweep,
    rows: &'a [Row],
}

fn main() -> Result<()> {
    let args = Args::parse();
    let sweep = sweep(&args)?;
    let start = Instant::now();
    let rows: Vec<Row> = sweep.cells.iter().map(|cell| sweep.play(*cell)).collect();
    let seconds = start.elapsed().as_secs_f64();
    match args.output {
        Output::Table => print!("{}", report::tables(&sweep, &rows)),
        Output::Json => println!("{}", serde_json::to_string_pretty(&Document { sweep: &sweep, rows: &rows })?),
    }
    if let Some(folder) = &args.plots {
        plot::write(folder, &rows).with_context(|| format!("plots into {}", folder.display()))?;
    }
    let rate = 60.0 * sweep.total() as f64 / seconds;
    eprintln!("{} jobs in {seconds:.1} s on one core: {rate:.0} jobs a minute (seed {})", sweep.total(), sweep.seed);
    Ok(())
}

fn sweep(args: &Args) -> Result<Sweep> {
    let policies: Vec<Policy> = if args.policy == ["all"] {
        Policy::value_variants().iter().copied().filter(|policy| *policy != Policy::Honest).collect()
    } else {
        let parse = |name: &String| Policy::from_str(name, true).map_err(anyhow::Error::msg);
        args.policy.iter().map(parse).collect::<Result<_>>()?
    };
    let all = Strategy::value_variants().to_vec();
    let strategies = if args.strategy.is_empty() { all } else { args.strategy.clone() };
    let mut cells = Vec::new();
    for &policy in &policies {
        for &strategy in &strategies {
            cells.extend(args.shares.iter().map(|&share| Cell { strategy, policy, share }));
        }
    }
    Ok(Sweep { seed: args.seed, jobs: args.jobs, params: params(&args.market)?, cells })
}

fn params(args: &MarketArgs) -> Result<Params> {
    let asy = |amount: f64| (amount * ASY as f64).round() as u64;
    let rates = [args.cost_bps, args.canary_bps, args.watch_bps, args.check_bps, args.skip_bps];
    ensure!(rates.iter().all(|bps| *bps <= 10_000), "a share is at most 10,000 bps");
    ensure!(args.operators >= 20, "a market needs at least 20 operators: a jury of 12 and 7 seats");
    ensure!((1e-6..=1e6).contains(&args.price), "--price is 0.000001 to 1,000,000 ASY");
    ensure!((1e-6..=1e6).contains(&args.class_stake), "--class-stake is 0.000001 to 1,000,000 ASY");
    let class_stake = asy(args.class_stake);
    Ok(Params {
        price: asy(args.price),
        class_stake,
        stake: 4 * class_stake,
        class_value: asy(args.class_value),
        cost_bps: args.cost_bps,
        canary_bps: args.canary_bps,
        watch_bps: args.watch_bps,
        check_bps: args.check_bps,
        skip_bps: args.skip_bps,
        samples: args.samples,
        committee: args.committee,
        operators: args.operators.into(),
        warmup: args.warmup,
        drain: args.drain,
        rush: args.rush,
        keep_names: args.keep_names,
        ..Params::default()
    })
}
