//! The command line of `assay stake`.

use clap::{Args, Subcommand};
use solana_sdk::pubkey::Pubkey;

use crate::amount::{self, Part};

#[derive(Subcommand)]
#[command(after_help = "\
Examples:
  assay stake open --commission 500 && assay stake add 1000      become an operator that keeps 5 % of its pool's rewards
  assay stake pools                                              whom to delegate to
  assay stake add 50 --operator WALLET --max-commission 1000     delegate
  assay stake rewards --operator WALLET                          take what it earned
  assay stake redelegate all --from WALLET --to OTHER            move it without unbonding
  assay stake unstake all && assay stake withdraw                leave, after the unbonding time")]
pub enum StakeCommand {
    /// Open the wallet's pool and its reputation records
    Open {
        /// Job classes to open records for
        #[arg(long, value_delimiter = ',', default_value = "0,1,2,3,4", value_parser = clap::value_parser!(u8).range(0..=4))]
        classes: Vec<u8>,
        /// What you keep of the rewards of those who delegate to you, in bps; it may rise slowly later
        #[arg(long, value_name = "BPS", default_value_t = 0, value_parser = clap::value_parser!(u16).range(0..=10_000))]
        commission: u16,
    },
    /// List all pools, the largest first
    Pools,
    /// Stake ASY, in the wallet's own pool or another's
    Add {
        /// ASY, decimal
        #[arg(value_parser = amount::asy)]
        amount: u64,
        #[command(flatten)]
        whose: Whose,
        #[command(flatten)]
        most: MaxCommission,
    },
    /// Begin to unstake: after the unbonding time, withdraw
    Unstake {
        /// ASY, decimal, or `all`
        #[arg(value_parser = amount::part)]
        amount: Part,
        #[command(flatten)]
        whose: Whose,
    },
    /// Withdraw what is unbonded
    Withdraw {
        /// Only this ticket [default: all that are ready]
        #[arg(long, value_name = "N")]
        ticket: Option<u64>,
        #[command(flatten)]
        whose: Whose,
    },
    /// Move delegated stake to another pool, without unbonding
    Redelegate {
        /// ASY, decimal, or `all`
        #[arg(value_parser = amount::part)]
        amount: Part,
        /// The operator it is with
        #[arg(long, value_name = "WALLET")]
        from: Pubkey,
        /// The operator it goes to
        #[arg(long, value_name = "WALLET")]
        to: Pubkey,
        #[command(flatten)]
        most: MaxCommission,
    },
    /// Take what the stake has earned, and an operator its commission
    Rewards {
        #[command(flatten)]
        whose: Whose,
    },
    /// Set what you keep of your pool's rewards: lower at once, higher by a small step a day
    Commission {
        /// In bps, 0 to 10000
        #[arg(value_name = "BPS", value_parser = clap::value_parser!(u16).range(0..=10_000))]
        bps: u16,
    },
    /// Show a pool with its tickets and reputation
    Show {
        /// Whose [default: the wallet's]
        operator: Option<Pubkey>,
    },
    /// Close the wallet's empty pool; its rent comes back
    Close,
}

/// Whose pool.
#[derive(Args)]
pub struct Whose {
    /// The operator whose pool it is [default: the wallet]
    #[arg(long, value_name = "WALLET")]
    pub operator: Option<Pubkey>,
}

/// What a delegator agrees to.
#[derive(Args)]
pub struct MaxCommission {
    /// The most, in bps, that the pool may keep of your rewards when you join it
    #[arg(long, value_name = "BPS", default_value_t = 1_000, value_parser = clap::value_parser!(u16).range(0..=10_000))]
    pub max_commission: u16,
}
