//! The command line.

use std::{ffi::OsString, path::PathBuf};

use clap::{Args, Parser, Subcommand, ValueEnum};
use solana_sdk::pubkey::Pubkey;

use crate::{
    amount::{self, Part},
    config, duration,
};

const EXAMPLES: &str = "\
Examples:
  assay localnet                                    bring up a whole market on this machine
  assay keygen && assay airdrop 10                  a wallet with play money for it
  assay job post job.json --watch                   post a job and watch it
  assay job list --mine                             your jobs
  assay job report ADDRESS --output json            who was paid and slashed, from the chain alone
  assay stake open && assay stake add 1000          become an operator
  assay operator run --help                         compute for others

Exit codes: 0 done, 1 failed, 2 wrong use.";

/// A market for computation on Solana: post jobs, watch them, stake, compute.
#[derive(Parser)]
#[command(name = "assay", version, after_help = EXAMPLES)]
pub struct Cli {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

/// Options of all commands.
#[derive(Args, Default)]
pub struct Global {
    /// The chain's JSON-RPC, or l(ocalhost), d(evnet), t(estnet), m(ainnet-beta) [default: config file, else localhost]
    #[arg(short, long, global = true, value_name = "URL_OR_MONIKER", value_parser = config::url)]
    pub url: Option<String>,
    /// The wallet that pays and signs [default: config file, else ~/.config/solana/id.json]
    #[arg(short, long, global = true, value_name = "FILE")]
    pub keypair: Option<PathBuf>,
    /// The Solana tools' config file [default: ~/.config/solana/cli/config.yml]
    #[arg(short = 'C', long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// How sure the chain must be [default: config file, else confirmed]
    #[arg(long, global = true, value_enum)]
    pub commitment: Option<Commitment>,
    /// How to write results
    #[arg(long, global = true, value_enum, default_value = "display", value_name = "FORMAT")]
    pub output: Format,
    /// The indexer's API [default: the localnet's, else http://127.0.0.1:8910]
    #[arg(long, global = true, env = "ASSAY_API", value_name = "URL", value_parser = config::http)]
    pub api: Option<String>,
    /// The localnet's data folder [default: ~/.local/share/assay/localnet]
    #[arg(long, global = true, env = "ASSAY_LOCALNET", value_name = "FOLDER")]
    pub localnet: Option<PathBuf>,
}

/// How sure the chain must be.
#[derive(Clone, Copy, Debug, ValueEnum, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Commitment {
    Processed,
    Confirmed,
    Finalized,
}

/// How results are written.
#[derive(Clone, Copy, Debug, Default, ValueEnum, PartialEq, Eq)]
pub enum Format {
    /// For people
    #[default]
    Display,
    /// For programs, indented
    Json,
    /// For programs, on one line
    JsonCompact,
}

#[derive(Subcommand)]
pub enum Command {
    /// Bring up a whole market on this machine (all arguments go to assay-localnet)
    #[command(disable_help_flag = true)]
    Localnet {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<OsString>,
    },
    /// Compute for others
    #[command(subcommand)]
    Operator(OperatorCommand),
    /// Create a wallet
    Keygen(Keygen),
    /// Show the wallet's address
    Address,
    /// Show what an address holds: SOL, ASY and every payment mint
    Balance {
        /// Whose [default: the wallet's]
        address: Option<Pubkey>,
    },
    /// Get play money for the wallet (localnet only)
    Airdrop(Airdrop),
    /// Post jobs and follow them
    #[command(subcommand)]
    Job(JobCommand),
    /// Stake ASY as an operator
    #[command(subcommand)]
    Stake(StakeCommand),
}

#[derive(Subcommand)]
pub enum OperatorCommand {
    /// Run a node (all arguments go to assay-node)
    #[command(disable_help_flag = true)]
    Run {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<OsString>,
    },
}

#[derive(Args)]
pub struct Keygen {
    /// Where to write it [default: the wallet that the other commands use]
    #[arg(short, long, value_name = "FILE")]
    pub outfile: Option<PathBuf>,
}

#[derive(Args)]
pub struct Airdrop {
    /// SOL, decimal
    #[arg(default_value = "10", value_parser = amount::sol)]
    pub sol: u64,
    /// ASY, decimal
    #[arg(long, value_name = "AMOUNT", default_value = "10000", value_parser = amount::asy)]
    pub asy: u64,
    /// Test dollars (tUSD), decimal
    #[arg(long, value_name = "AMOUNT", default_value = "10000", value_parser = amount::usd)]
    pub usd: u64,
}

#[derive(Subcommand)]
pub enum JobCommand {
    /// Post a job: upload its files, lock its payment, open its round
    Post(Post),
    /// List jobs, newest first
    List(List),
    /// Show one job with its seats and timeline
    Show(Show),
    /// Follow a job until it ends
    Watch(Watch),
    /// Take back a job that nobody has a seat of, with all its payment and rent
    Cancel {
        /// The job
        #[arg(value_name = "ADDRESS")]
        job: Pubkey,
    },
    /// Account for a job from the chain alone: who computed, who was paid, who was slashed, what it cost
    Report(Report),
}

#[derive(Args)]
#[command(after_help = "\
Examples:
  assay job post examples/orf-kmer/job.json --watch
  assay job post job.json --mint MINT --price-per-unit 0.05 --replicas 5 --quorum 3 --class 1 --deadline 2h")]
pub struct Post {
    /// The job spec; uris of program and input may be paths relative to it
    #[arg(value_name = "SPEC.json")]
    pub spec: PathBuf,
    /// What to pay in [default on a localnet: its test dollar]
    #[arg(long)]
    pub mint: Option<Pubkey>,
    /// For each unit and replica, decimal
    #[arg(long, value_name = "AMOUNT", default_value = "0.01", value_parser = amount::decimal)]
    pub price_per_unit: String,
    /// How many operators compute it
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u8).range(2..=7))]
    pub replicas: u8,
    /// How many must agree: more than half
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u8).range(2..=7))]
    pub quorum: u8,
    /// The size of the job: 0 to 4
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u8).range(0..=4))]
    pub class: u8,
    /// Time from now until all results must be sealed, such as 90s, 30m, 2h, 1d [default: 30m, or what the class allows]
    #[arg(long, value_name = "TIME", value_parser = duration::seconds)]
    pub deadline: Option<u32>,
    /// Follow it until it ends
    #[arg(long)]
    pub watch: bool,
}

#[derive(Args)]
pub struct List {
    /// Only those that are so
    #[arg(long, value_enum)]
    pub status: Option<Status>,
    /// Only the wallet's
    #[arg(long)]
    pub mine: bool,
    /// At most so many
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub limit: u16,
}

/// What a job can be.
#[derive(Clone, Copy, Debug, ValueEnum, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    Open,
    Seated,
    Sealed,
    Revealed,
    Verified,
    Settled,
    Unresolved,
    Cancelled,
    Expired,
}

#[derive(Args)]
pub struct Show {
    /// The job
    #[arg(value_name = "ADDRESS")]
    pub job: Pubkey,
    /// Download the result, check it against the chain's root, and write its outputs here as a JSON array
    #[arg(long, value_name = "FILE")]
    pub result: Option<PathBuf>,
}

#[derive(Args)]
pub struct Watch {
    /// The job
    #[arg(value_name = "ADDRESS")]
    pub job: Pubkey,
    /// When to stop: as soon as its outcome is settled, or when all its accounts are closed and the rent is back
    #[arg(long, value_enum, default_value = "settled")]
    pub until: Until,
}

/// When watching ends.
#[derive(Clone, Copy, Debug, ValueEnum, PartialEq, Eq)]
pub enum Until {
    Settled,
    Closed,
}

#[derive(Args)]
pub struct Report {
    /// The job
    #[arg(value_name = "ADDRESS")]
    pub job: Pubkey,
    /// The root that is known to be right; exit code 1 if the job's is another
    #[arg(long, value_name = "HEX", value_parser = config::root)]
    pub expected_root: Option<String>,
}

#[derive(Subcommand)]
pub enum StakeCommand {
    /// Open the wallet's pool and its reputation records
    Open {
        /// Job classes to open records for
        #[arg(long, value_delimiter = ',', default_value = "0,1,2,3,4", value_parser = clap::value_parser!(u8).range(0..=4))]
        classes: Vec<u8>,
    },
    /// Stake ASY in the wallet's pool
    Add {
        /// ASY, decimal
        #[arg(value_parser = amount::asy)]
        amount: u64,
    },
    /// Begin to unstake: after the unbonding time, withdraw
    Unstake {
        /// ASY, decimal, or `all`
        #[arg(value_parser = amount::part)]
        amount: Part,
    },
    /// Withdraw what is unbonded
    Withdraw {
        /// Only this ticket [default: all that are ready]
        #[arg(long, value_name = "N")]
        ticket: Option<u64>,
    },
    /// Show a pool with its tickets and reputation
    Show {
        /// Whose [default: the wallet's]
        operator: Option<Pubkey>,
    },
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn options_may_follow_the_command() {
        let cli = Cli::try_parse_from(["assay", "job", "list", "--mine", "-u", "d", "--output", "json"]).unwrap();
        assert_eq!(cli.global.url.as_deref(), Some("https://api.devnet.solana.com"));
        assert_eq!(cli.global.output, Format::Json);
        assert!(matches!(cli.command, Command::Job(JobCommand::List(List { mine: true, status: None, limit: 50 }))));
    }
}
