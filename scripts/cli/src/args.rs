//! The command line.

mod job;

use std::{ffi::OsString, path::PathBuf};

use clap::{Args, Parser, Subcommand, ValueEnum};
use solana_sdk::pubkey::Pubkey;

pub use self::job::*;
use crate::{
    amount::{self, Part},
    config,
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

Exit codes: 0 done, 1 failed, 2 wrong use, 3 sent, but nobody knows what became of it.";

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
    /// The wallet: a keypair file, usb://ledger, or an address that signs elsewhere [default: config file, else
    /// ~/.config/solana/id.json]
    #[arg(short, long, global = true, value_name = "WALLET")]
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
    #[command(flatten)]
    pub sending: Sending,
    /// The indexer's API [default: the localnet's, else http://127.0.0.1:8910]
    #[arg(long, global = true, env = "ASSAY_API", value_name = "URL", value_parser = config::http)]
    pub api: Option<String>,
    /// The localnet's data folder [default: ~/.local/share/assay/localnet]
    #[arg(long, global = true, env = "ASSAY_LOCALNET", value_name = "FOLDER")]
    pub localnet: Option<PathBuf>,
}

/// How transactions are sent, or not.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Transactions")]
pub struct Sending {
    /// Who pays the fees, if not the wallet
    #[arg(long, global = true, value_name = "WALLET")]
    pub fee_payer: Option<PathBuf>,
    /// Micro-lamports for each compute unit, to be taken sooner
    #[arg(long, global = true, value_name = "MICROLAMPORTS")]
    pub with_compute_unit_price: Option<u64>,
    /// Show what would change, and send nothing
    #[arg(long, global = true, group = "shown")]
    pub dry_run: bool,
    /// Sign, show the signed transaction, and send nothing
    #[arg(long, global = true, group = "shown")]
    pub sign_only: bool,
    /// Show the unsigned transaction, for a multisig or another signer, and send nothing
    #[arg(long, global = true, group = "shown")]
    pub dump_transaction: bool,
    /// The blockhash to sign with [default: the chain's latest]
    #[arg(long, global = true, value_name = "HASH", requires = "sign_only")]
    pub blockhash: Option<solana_sdk::hash::Hash>,
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
