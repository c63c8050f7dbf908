//! The command line of what comes before a job is posted, and after it is done: `job new`, `validate`, `estimate`,
//! `top-up`, `results`.

use std::path::PathBuf;

use clap::{Args, builder::PossibleValuesParser};
use solana_sdk::pubkey::Pubkey;

use super::{StrategyName, StrategyTerms};
use crate::{amount, duration, templates, units::Units};

#[derive(Args)]
#[command(after_help = "\
Examples:
  assay job new wasm --name sum --program sum.wasm --input numbers.txt --units 8
  assay job new quantum --name bell --program quantum.wasm --input bell.qasm --units 16 --seed 7 --out bell.json
  assay job new wasm --name sum --program https://host.example/sum.wasm --input numbers.txt --units 8 --upload

Paths stay paths, which `assay job post` stores and replaces. --upload stores the files now; --file-uris names them where
they are, for nodes on this machine that run with --local-files.")]
pub struct New {
    /// What kind of job
    #[arg(value_name = "TEMPLATE", value_parser = PossibleValuesParser::new(templates::values()))]
    pub template: String,
    /// A name for people
    #[arg(long)]
    pub name: String,
    /// The program: a file, or its http(s) address
    #[arg(long, value_name = "FILE")]
    pub program: String,
    /// What every unit reads: a file, or its http(s) address
    #[arg(long, value_name = "FILE")]
    pub input: String,
    /// How many independent pieces it has
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=assay_sdk::spec::MAX_UNITS))]
    pub units: u64,
    /// An argument after `job UNIT UNITS`, for all units; repeat it [default: the template's]
    #[arg(long = "arg", value_name = "TEXT", allow_hyphen_values = true)]
    pub args: Vec<String>,
    /// Most fuel of a unit, about one per instruction [default: the template's]
    #[arg(long, value_name = "N")]
    pub fuel: Option<u64>,
    /// Most memory of a unit, in MiB [default: the template's]
    #[arg(long, value_name = "MIB")]
    pub memory_mib: Option<u32>,
    /// Longest output of a unit, in bytes [default: the template's]
    #[arg(long, value_name = "BYTES")]
    pub output_bytes: Option<u64>,
    /// Seed of the units' random numbers
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
    /// Where to write the spec
    #[arg(short, long, value_name = "FILE", default_value = "job.json")]
    pub out: PathBuf,
    /// Overwrite what is there
    #[arg(long)]
    pub force: bool,
    /// Store the files in the indexer's blobs now, and name them there
    #[arg(long)]
    pub upload: bool,
    /// Name the files by file:// uris, which only nodes on this machine with --local-files read
    #[arg(long, conflicts_with = "upload")]
    pub file_uris: bool,
}

#[derive(Args)]
#[command(after_help = "\
Examples:
  assay job validate job.json
  assay job validate job.json --run 0            compute the first unit here, and show what it writes
  assay job validate job.json --run 0-3,31

Units are run as the nodes run them; nothing is posted and nothing is paid.")]
pub struct Validate {
    /// The job spec
    #[arg(value_name = "SPEC.json")]
    pub spec: PathBuf,
    /// Compute these units on this machine: numbers and ranges, such as 0-3,7
    #[arg(long, value_name = "UNITS")]
    pub run: Option<Units>,
    /// Do not fetch what is elsewhere
    #[arg(long, conflicts_with = "run")]
    pub offline: bool,
}

#[derive(Args)]
#[command(after_help = "\
Examples:
  assay job estimate job.json
  assay job estimate job.json --class 1 --price-per-unit 0.02 --strategy sampled --samples 8 --committee 3")]
pub struct Estimate {
    /// The job spec
    #[arg(value_name = "SPEC.json")]
    pub spec: PathBuf,
    #[command(flatten)]
    pub terms: QuoteTerms,
}

/// What a job's price depends on, besides its size.
#[derive(Args)]
pub struct QuoteTerms {
    /// What to pay in [default on a localnet: its test dollar]
    #[arg(long)]
    pub mint: Option<Pubkey>,
    /// The size of the job: 0 to 4
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u8).range(0..=4))]
    pub class: u8,
    /// What you mean to offer for each unit that an operator computes, decimal [default: what the market pays]
    #[arg(long, value_name = "AMOUNT", value_parser = amount::decimal)]
    pub price_per_unit: Option<String>,
    /// How its result is judged
    #[arg(long, value_enum, default_value = "replicated")]
    pub strategy: StrategyName,
    #[command(flatten)]
    pub terms: StrategyTerms,
    /// Time until all results must be sealed, such as 90s, 30m, 2h, 1d
    #[arg(long, value_name = "TIME", value_parser = duration::seconds)]
    pub deadline: Option<u32>,
    /// Time that a unit takes on one core [default: by its fuel]
    #[arg(long, value_name = "TIME", value_parser = duration::seconds)]
    pub time_per_unit: Option<u32>,
    /// Only machines of this region: two letters
    #[arg(long, value_name = "CODE")]
    pub region: Option<String>,
    /// Only machines that the protocol vouches for
    #[arg(long)]
    pub verified: bool,
    /// Show at most so many machines
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub limit: u32,
}

#[derive(Args)]
#[command(after_help = "\
Examples:
  assay job top-up ADDRESS --price-per-unit 0.02            offer more
  assay job top-up ADDRESS --extra-time 2h                  give it more time
  assay job top-up ADDRESS --price-per-unit 0.02 --dry-run  see what it would take

As long as nobody has a seat of it. What bids there are must be placed again after a higher price.")]
pub struct TopUp {
    /// The job
    #[arg(value_name = "ADDRESS")]
    pub job: Pubkey,
    /// What to offer for each unit from now on, decimal; not less than before
    #[arg(long, value_name = "AMOUNT", value_parser = amount::decimal, required_unless_present = "extra_time")]
    pub price_per_unit: Option<String>,
    /// How much later the deadline shall be, such as 30m, 2h, 1d
    #[arg(long, value_name = "TIME", value_parser = duration::seconds)]
    pub extra_time: Option<u32>,
}

#[derive(Args)]
#[command(after_help = "\
Examples:
  assay job results ADDRESS > outputs               all outputs, one after the other
  assay job results ADDRESS --units 0-3,7 --out results
  assay job results ADDRESS --units 5 | jq .
  assay job results ADDRESS --output json           the root and each output, as text or base64

Nothing is written that does not add up to the root on the chain.")]
pub struct Results {
    /// The job
    #[arg(value_name = "ADDRESS")]
    pub job: Pubkey,
    /// Only these: numbers and ranges, such as 0-3,7 [default: all]
    #[arg(long, value_name = "UNITS")]
    pub units: Option<Units>,
    /// Write each output into a file of this folder, named by its unit
    #[arg(short, long, value_name = "FOLDER")]
    pub out: Option<PathBuf>,
    /// Of a job under review: what was delivered, before it counts
    #[arg(long)]
    pub delivered: bool,
}
