//! The command line of `assay crank` and `assay bench`.

use clap::Args;

use crate::{commands::crank::Kind, duration};

#[derive(Args)]
#[command(after_help = "\
Examples:
  assay crank --dry-run                                  what anybody could do now, and what pays
  assay crank --once --paid                              do what pays the caller, once
  assay crank --watch --every 10s                        do all that is due until you press Ctrl-C
  assay crank --once --kinds settle,close,withdraw

What fails is told, and left alone for a while that doubles: nothing is tried again and again.")]
pub struct Crank {
    /// Do all that is due now, and what follows from it, then end [default]
    #[arg(long, conflicts_with = "watch")]
    pub once: bool,
    /// Go on until interrupted
    #[arg(long)]
    pub watch: bool,
    /// How often to look
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = duration::seconds, requires = "watch")]
    pub every: u32,
    /// Only these
    #[arg(long, value_enum, value_delimiter = ',', value_name = "KIND")]
    pub kinds: Vec<Kind>,
    /// Only what pays whoever sends it
    #[arg(long)]
    pub paid: bool,
    /// Make the token accounts that others lack to be paid into; each costs about 0.002 SOL
    #[arg(long)]
    pub make_accounts: bool,
}

#[derive(Args)]
#[command(after_help = "\
Examples:
  assay bench                                            RPC and API of the network in use, 50 calls each
  assay bench --samples 200 --parallel 8 --output json
  assay bench --send                                     transactions too: each costs the wallet a fee")]
pub struct Bench {
    /// Calls of each kind
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=10_000))]
    pub samples: u16,
    /// Calls at a time
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub parallel: u16,
    /// Send transactions of nothing too, one after the other, ten at most
    #[arg(long)]
    pub send: bool,
}
