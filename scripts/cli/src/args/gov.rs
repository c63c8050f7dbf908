//! The command line of `assay gov`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use solana_sdk::pubkey::Pubkey;

use crate::config;

#[derive(Subcommand)]
#[command(after_help = "\
Examples:
  assay token send 5 WALLET -k $(assay gov authority) --dump-transaction --output json > action.json
  assay gov propose action.json --text why.md --uri https://example.org/why.md --start
  assay gov show 0                                       what it would run, and how the vote stands
  assay gov vote 0 yes                                   with all the wallet's stake in its own pool
  assay gov queue 0 && assay gov execute 0               once the vote, then once the timelock is over
  assay gov veto 0                                       as the guardian
  assay gov close 0                                      rent back, once it is over

An action is an instruction that the authority signs: any transaction of any tool that was dumped unsigned with the
authority as its signer, or a JSON file [{\"program\": ADDRESS, \"accounts\": [{\"address\": ADDRESS, \"signer\": false,
\"writable\": true}], \"data\": HEX}].")]
pub enum GovCommand {
    /// Show whose signature proposals stand for: the authority of parameters, treasury and upgrades
    Authority,
    /// List proposals, newest first
    List {
        /// Only those that are so
        #[arg(long, value_enum)]
        state: Option<Stage>,
        /// At most so many
        #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=1000))]
        limit: u16,
    },
    /// Show a proposal with its actions and votes
    Show {
        /// Number of the proposal
        id: u64,
    },
    /// Draft a proposal out of transactions or instructions, and put it to the vote
    Propose(Propose),
    /// Put a draft to the vote
    Start {
        /// Number of the proposal
        id: u64,
        #[command(flatten)]
        stake: StakeIn,
    },
    /// Vote with all of a position; it is bound until the vote ends
    Vote {
        /// Number of the proposal
        id: u64,
        /// For what
        #[arg(value_enum)]
        choice: Side,
        /// Vote only if its actions are these: the hash that `gov show` prints [default: as they are now]
        #[arg(long, value_name = "HEX", value_parser = config::root)]
        actions_hash: Option<String>,
        #[command(flatten)]
        stake: StakeIn,
    },
    /// Count a vote that has ended: it is queued, or defeated
    Queue {
        /// Number of the proposal
        id: u64,
    },
    /// Run the actions of a queued proposal whose timelock is over, one after the other
    Execute {
        /// Number of the proposal
        id: u64,
        /// Who signs besides, where an action asks for it
        #[arg(long, value_name = "WALLET")]
        cosigner: Vec<PathBuf>,
    },
    /// Stop a proposal, as the guardian
    Veto {
        /// Number of the proposal
        id: u64,
    },
    /// Withdraw a proposal, as its proposer
    Cancel {
        /// Number of the proposal
        id: u64,
    },
    /// Close what is left of a proposal that is over: its actions, itself and the wallet's votes; rent goes to who paid it
    Close {
        /// Number of the proposal
        id: u64,
    },
}

/// Where a proposal is.
#[derive(Clone, Copy, Debug, ValueEnum, PartialEq, Eq)]
pub enum Stage {
    Draft,
    Voting,
    Queued,
    Defeated,
    Executed,
    Vetoed,
    Cancelled,
}

/// How to vote.
#[derive(Clone, Copy, Debug, ValueEnum, PartialEq, Eq)]
pub enum Side {
    Yes,
    No,
    /// Counts for the quorum only
    Abstain,
}

/// With which stake.
#[derive(Args)]
pub struct StakeIn {
    /// The operator in whose pool the stake is [default: the wallet]
    #[arg(long, value_name = "WALLET")]
    pub operator: Option<Pubkey>,
}

#[derive(Args)]
pub struct Propose {
    /// Dumped transactions (`--dump-transaction --output json`) or JSON lists of instructions, in the order in which they run
    #[arg(value_name = "ACTIONS.json", required = true)]
    pub actions: Vec<PathBuf>,
    /// The text that explains it; its sha256 is kept on the chain
    #[arg(long, value_name = "FILE")]
    pub text: Option<PathBuf>,
    /// Where the text is found, up to 200 bytes
    #[arg(long, value_name = "URI", default_value = "")]
    pub uri: String,
    /// Go on with this draft, of which the first actions may be there already
    #[arg(long, value_name = "ID")]
    pub draft: Option<u64>,
    /// Put it to the vote too
    #[arg(long)]
    pub start: bool,
    #[command(flatten)]
    pub stake: StakeIn,
}
