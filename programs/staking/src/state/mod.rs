//! Accounts of the staking program. Amounts are base units of ASY; times are unix seconds.

mod pool;
mod weight;

use anchor_lang::prelude::*;

pub use self::{pool::*, weight::*};

/// Layout version that this build writes.
pub const VERSION: u8 = 1;

/// Seed of the Config.
pub const CONFIG_SEED: &[u8] = b"config";
/// Seed of the Totals.
pub const TOTALS_SEED: &[u8] = b"totals";
/// Seed of a Pool: `["pool", operator]`.
pub const POOL_SEED: &[u8] = b"pool";
/// Seed of a pool's vault: `["vault", pool]`; the Pool owns it.
pub const VAULT_SEED: &[u8] = b"vault";
/// Seed of a Position: `["position", pool, owner]`.
pub const POSITION_SEED: &[u8] = b"position";
/// Seed of a Ticket: `["ticket", pool, owner, nonce as u64 LE]`.
pub const TICKET_SEED: &[u8] = b"ticket";

/// The one signer that may lock, release and slash: the escrow program's `["authority"]` (the tests derive it).
pub const SLASHER: Pubkey = pubkey!("7v3e8HzqNJxUYYgNo68sk1MpzAEekzGYiifgdtaYJsqK");

/// What the deployer chooses at initialization.
#[derive(AnchorSerialize, AnchorDeserialize, InitSpace, Clone, Debug)]
pub struct StakingParams {
    /// Seconds from request_unstake to withdraw; longer than the longest job with its verification.
    pub unbonding: i64,
    /// Seconds of an epoch: stake weighs in sortition from the next one on.
    pub epoch_seconds: i64,
    /// Stake above this many base units adds no weight.
    pub weight_cap: u64,
    /// Share of a slash for the harmed party, in bps.
    pub harmed_bps: u16,
    /// Share of a slash for the caller of the crank, in bps. The rest is burned.
    pub caller_bps: u16,
}

/// One per program, at `["config"]`. Only `initialize` makes one, so its type and owner are all that need checking.
#[account]
#[derive(InitSpace, Debug)]
pub struct Config {
    pub version: u8,
    pub bump: u8,
    pub authority: Pubkey,
    pub params: StakingParams,
}

impl Config {
    /// The epoch of a moment.
    pub fn epoch(&self, now: i64) -> u64 {
        let epoch = now.checked_div(self.params.epoch_seconds.max(1)).unwrap_or(0);
        u64::try_from(epoch).unwrap_or(0)
    }
}

/// The weight of all pools, at `["totals"]`. Written by staking and unstaking only, never by a job.
#[account]
#[derive(InitSpace, Debug)]
pub struct Totals {
    pub version: u8,
    pub bump: u8,
    pub weight: Weight,
}

/// One owner's shares in a pool, at `["position", pool, owner]`.
#[account]
#[derive(InitSpace, Debug)]
pub struct Position {
    pub version: u8,
    pub bump: u8,
    pub pool: Pubkey,
    pub owner: Pubkey,
    /// Shares of active stake.
    pub shares: u128,
    /// The pool's `active_era` in which the shares were bought; shares of an earlier one are worth nothing.
    pub era: u32,
    /// Nonce of the next ticket.
    pub next_ticket: u64,
}

/// Stake on its way out, at `["ticket", pool, owner, nonce]`. Slashed like active stake until it is withdrawn.
#[account]
#[derive(InitSpace, Debug)]
pub struct Ticket {
    pub version: u8,
    pub bump: u8,
    pub pool: Pubkey,
    pub owner: Pubkey,
    pub nonce: u64,
    /// Shares of cooling stake.
    pub shares: u128,
    /// The pool's `cooling_era` in which it was made.
    pub era: u32,
    /// When it may be withdrawn.
    pub ready_at: i64,
}
