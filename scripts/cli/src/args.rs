//! The command line.

mod blob;
mod crank;
#[cfg(feature = "fhe")]
mod fhe;
mod gov;
mod job;
mod market;
mod model;
mod private;
mod spec;
mod stake;
mod validator;

use std::{ffi::OsString, path::PathBuf};

use clap::{Args, Parser, Subcommand, ValueEnum};
use solana_sdk::pubkey::Pubkey;

#[cfg(feature = "fhe")]
pub use self::fhe::*;
pub use self::{blob::*, crank::*, gov::*, job::*, market::*, model::*, private::*, spec::*, stake::*, validator::*};
use crate::{amount, config};

const EXAMPLES: &str = "\
Examples:
  assay localnet                                    bring up a whole market on this machine
  assay keygen && assay airdrop 10                  a wallet with play money for it
  assay job new wasm --name sum --program sum.wasm --input numbers --units 8     write a job's spec
  assay job validate job.json --run 0               check it, and see what its first unit writes
  assay job estimate job.json                       what it will cost
  assay job post job.json --watch                   post a job and watch it
  assay job results ADDRESS --out results           its outputs, checked
  assay job list --mine                             your jobs
  assay job report ADDRESS --output json            who was paid and slashed, from the chain alone
  assay validator join --stake 1000                 become an operator
  assay crank --watch --paid                        do what is due, for the bounties
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
    /// Where the chain and the wallet are
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Write a completion script for a shell to standard output
    #[command(after_help = "Example: assay completions bash > ~/.local/share/bash-completion/completions/assay")]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Write the manual pages of all commands into a folder
    Man {
        /// The folder
        #[arg(value_name = "FOLDER")]
        folder: PathBuf,
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
    /// Content by its hash, in the indexer's store
    #[command(subcommand)]
    Blob(BlobCommand),
    /// Machines, prices and bids
    #[command(subcommand)]
    Market(MarketCommand),
    /// Encrypt files to wallets, and decrypt them
    #[command(subcommand)]
    Private(PrivateCommand),
    /// The ASY token: supply, claims of distributions, burning
    #[command(subcommand)]
    Token(TokenCommand),
    /// Stake ASY, in your own pool or another's
    #[command(subcommand)]
    Stake(StakeCommand),
    /// Join the operators, and see what an operator judges and what keeps it from work
    #[command(subcommand)]
    Validator(ValidatorCommand),
    /// Publish models, and take the royalties of jobs that use them
    #[command(subcommand)]
    Model(ModelCommand),
    /// Show an operator's score in each class, and what it is made of
    Reputation(Reputation),
    /// Decide with staked ASY: propose, vote, execute
    #[command(subcommand)]
    Gov(GovCommand),
    /// Do what anybody may do and is due: draw, count, settle, slash, refund, close, for the bounties
    Crank(Crank),
    /// Measure how fast the network in use answers
    Bench(Bench),
    /// Encrypted jobs: nodes compute on ciphertexts that they cannot read
    #[cfg(feature = "fhe")]
    #[command(subcommand)]
    Fhe(FheCommand),
}

#[derive(Subcommand)]
pub enum ConfigCommand {
    /// Show where everything is
    Get,
    /// Write the Solana tools' config file, which theirs and our commands read
    #[command(after_help = "Example: assay config set --url devnet --keypair ~/keys/operator.json")]
    Set,
}

#[derive(Subcommand)]
#[command(after_help = "\
Examples:
  assay token supply
  assay token claim claim.json         claim.json: distribution, index, amount, siblings as `open` published them
  assay token burn 12.5")]
pub enum TokenCommand {
    /// Show how much ASY there is, was minted and burned, and may ever be
    Supply,
    /// Take your share of a distribution
    Claim {
        /// File with the claim and its proof
        #[arg(value_name = "CLAIM.json")]
        claim: PathBuf,
    },
    /// Send ASY to another wallet
    Send {
        /// ASY, decimal
        #[arg(value_parser = amount::asy)]
        amount: u64,
        /// To whom
        #[arg(value_name = "WALLET")]
        to: Pubkey,
    },
    /// Destroy ASY of the wallet's, for good
    Burn {
        /// ASY, decimal
        #[arg(value_parser = amount::asy)]
        amount: u64,
    },
}

#[derive(Subcommand)]
#[command(after_help = "\
Examples:
  assay operator init --data node       folder, settings, and what a node needs besides
  assay operator run --config node/node.toml
  assay operator dashboard --data node  what it computes, earns and risks
  assay operator status                 what is at stake, and until when
  assay operator drain --data node      finish what was begun, take nothing new, then end")]
pub enum OperatorCommand {
    /// Run a node (all arguments go to assay-node)
    #[command(disable_help_flag = true)]
    Run {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<OsString>,
    },
    /// Make a node's data folder and settings, look at everything that it needs, and say what comes next. What is there
    /// already stays as it is
    #[command(after_help = "Example: assay operator init -k operator.json --data node --api http://127.0.0.1:8910")]
    Init {
        /// The node's data folder
        #[arg(long, env = "ASSAY_NODE_DATA", value_name = "FOLDER")]
        data: PathBuf,
        /// Its file of settings [default: node.toml in the data folder]
        #[arg(long, value_name = "FILE")]
        settings: Option<PathBuf>,
    },
    /// Show the signed profile of a machine: what it is and how fast
    #[command(after_help = "Examples:
  assay operator profile --data node               that of the node in this folder
  assay operator profile --data node --measure     measured anew, and signed with the wallet
  assay operator profile --verify profile.json     whether somebody's is what its operator signed")]
    Profile {
        /// The node's data folder
        #[arg(long, env = "ASSAY_NODE_DATA", value_name = "FOLDER", required_unless_present = "verify")]
        data: Option<PathBuf>,
        /// Measure anew
        #[arg(long, conflicts_with = "verify")]
        measure: bool,
        /// Verify this file instead
        #[arg(long, value_name = "FILE")]
        verify: Option<PathBuf>,
        /// Whose it must be
        #[arg(long, value_name = "OPERATOR")]
        of: Option<Pubkey>,
    },
    /// Look at a running node: what it computes, earns and risks, and what is due next. q quits, p pauses
    #[command(after_help = "Example: assay operator dashboard --data node --once")]
    Dashboard {
        /// Its data folder
        #[arg(long, env = "ASSAY_NODE_DATA", value_name = "FOLDER", conflicts_with = "node")]
        data: Option<PathBuf>,
        /// Its address [default: that of the node in --data, else http://127.0.0.1:8920]
        #[arg(long, value_name = "URL", value_parser = config::http)]
        node: Option<String>,
        /// Print one frame as text; it needs no terminal
        #[arg(long)]
        once: bool,
    },
    /// Show an operator's stake, seats and chairs, with their deadlines
    Status {
        /// Whose [default: the wallet's]
        operator: Option<Pubkey>,
    },
    /// Let a node finish what it began, take nothing new, and end
    Drain {
        /// The node's data folder
        #[arg(long, env = "ASSAY_NODE_DATA", value_name = "FOLDER")]
        data: PathBuf,
        /// Take work again
        #[arg(long)]
        undo: bool,
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

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    /// Every command's help, one section each. Those below do not repeat the options of all commands, which they get only
    /// when they are built as parts of the whole.
    fn pages(command: &clap::Command, path: &str, text: &mut String) {
        use std::fmt::Write;
        let help = command.clone().bin_name(path).term_width(120).render_long_help().to_string();
        let lines: Vec<_> = help.trim().lines().map(str::trim_end).collect();
        write!(text, "\n## `{path}`\n\n```text\n{}\n```\n", lines.join("\n")).unwrap();
        for sub in command.get_subcommands().filter(|sub| !sub.is_hide_set()) {
            pages(sub, &format!("{path} {}", sub.get_name()), text);
        }
    }

    /// `docs/cli.md`, written by `UPDATE=1 cargo test -p assay-cli`.
    #[test]
    fn the_manual_is_what_the_commands_say() {
        let mut text = String::from(
            "# The command line\n\nWhat `--help` says, command by command. Rendered by a test of `scripts/cli`.\n",
        );
        let command = Cli::command();
        // Default builds are without it.
        #[cfg(feature = "fhe")]
        let command = command.mut_subcommand("fhe", |fhe| fhe.hide(true));
        pages(&command, "assay", &mut text);
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/cli.md");
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(path, &text).unwrap();
        }
        let kept = std::fs::read_to_string(path).unwrap_or_default();
        assert!(kept == text, "docs/cli.md differs: UPDATE=1 cargo test -p assay-cli");
    }

    #[test]
    fn options_may_follow_the_command() {
        let cli = Cli::try_parse_from(["assay", "job", "list", "--mine", "-u", "d", "--output", "json"]).unwrap();
        assert_eq!(cli.global.url.as_deref(), Some("https://api.devnet.solana.com"));
        assert_eq!(cli.global.output, Format::Json);
        assert!(matches!(cli.command, Command::Job(JobCommand::List(List { mine: true, status: None, limit: 50 }))));
    }
}
