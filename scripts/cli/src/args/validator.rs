//! The command line of `assay validator` and `assay reputation`.

use clap::{Args, Subcommand};
use solana_sdk::pubkey::Pubkey;

use crate::amount;

#[derive(Subcommand)]
#[command(after_help = "\
Examples:
  assay validator join --stake 1000 --commission 500     pool, records and stake in one transaction; again: what is missing
  assay validator status                                 what is at stake, what it weighs, and what is wrong
  assay validator cases                                  disputes that it judges, is a party of, or may judge
  assay validator jury CASE                              whether sortition chose it, or when it will")]
pub enum ValidatorCommand {
    /// Become an operator: open pool and reputation records, and bring the stake up to an amount; again, what is missing
    Join(Join),
    /// Show an operator's stake, weight, rewards, seats and chairs, and what keeps it from work
    Status {
        #[command(flatten)]
        whose: Operator,
    },
    /// List the open cases that an operator sits on, is a party of, or may join
    Cases {
        #[command(flatten)]
        whose: Operator,
        /// All open cases, also those that it has nothing to do with
        #[arg(long)]
        all: bool,
    },
    /// Show a case's jury, and whether sortition lets an operator join it; its node takes the chair by itself
    Jury {
        /// The case
        #[arg(value_name = "CASE")]
        case: Pubkey,
        #[command(flatten)]
        whose: Operator,
    },
}

/// Whose.
#[derive(Args)]
pub struct Operator {
    /// Whose [default: the wallet's]
    #[arg(value_name = "OPERATOR")]
    pub operator: Option<Pubkey>,
}

#[derive(Args)]
#[command(after_help = "Example: assay validator join --stake 1000 --classes 0,1 && assay operator run --data node")]
pub struct Join {
    /// ASY that shall be at work, decimal [default: what the largest of the classes asks for]
    #[arg(long, value_name = "AMOUNT", value_parser = amount::asy)]
    pub stake: Option<u64>,
    /// Job classes to work in
    #[arg(long, value_delimiter = ',', default_value = "0,1,2,3,4", value_parser = clap::value_parser!(u8).range(0..=4))]
    pub classes: Vec<u8>,
    /// What you keep of the rewards of those who delegate to you, in bps; only as the pool is opened
    #[arg(long, value_name = "BPS", default_value_t = 0, value_parser = clap::value_parser!(u16).range(0..=10_000))]
    pub commission: u16,
}

#[derive(Args)]
#[command(after_help = "Example: assay reputation OPERATOR --class 0 --history 20")]
pub struct Reputation {
    #[command(flatten)]
    pub whose: Operator,
    /// Only this class
    #[arg(long, value_parser = clap::value_parser!(u8).range(0..=4))]
    pub class: Option<u8>,
    /// So many of the last seats that were paid or slashed, newest first; 0 for none
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u8).range(0..=100))]
    pub history: u8,
}
