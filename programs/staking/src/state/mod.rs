//! Accounts of the staking program. Amounts are base units of ASY; times are unix seconds.

mod pool;
mod weight;

use anchor_lang::prelude::*;

pub use self::{pool::*, weight::*};
use crate::{StakingError, math};

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

/// The one signer that may bind a position to a vote: the governance program's `["authority"]`.
pub const GOVERNOR: Pubkey = pubkey!("3FSSrsuk8QS3NhARYstKPzuV6XkaUd5ExWZLyZAYYkcv");
/// A vote binds a position for at most so long: nobody's stake is held for ever, whatever governance may ask.
pub const MAX_LOCK_SECONDS: i64 = 90 * 24 * 60 * 60;

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
#[derive(InitSpace, Debug, Default)]
pub struct Totals {
    pub version: u8,
    pub bump: u8,
    pub weight: Weight,
    /// Base units of active stake of all pools, as of each pool's last write of the totals.
    pub staked: u64,
}

/// One owner's shares in a pool, at `["position", pool, owner]`.
#[account]
#[derive(InitSpace, Debug, Default)]
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
    /// Epoch of the last stake into this position.
    pub staked_epoch: u64,
    /// A vote binds the shares until this moment (0 = none).
    pub locked_until: i64,
}

impl Position {
    /// Shares that are still worth something: those of an earlier era were slashed to nothing.
    pub fn held(&self, pool: &Pool) -> u128 {
        if self.era == pool.active_era { self.shares } else { 0 }
    }

    /// What the shares are worth in base units. The caller has checked that `pool` is this position's.
    pub fn worth(&self, pool: &Pool) -> Result<u64> {
        let worth = math::amount_for(self.held(pool), pool.active, pool.active_shares);
        Ok(worth.ok_or(StakingError::Overflow)?)
    }
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
