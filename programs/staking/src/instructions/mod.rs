//! One file per instruction: accounts, handler. State changes are methods of `Pool`, which ends each with its invariant.

pub mod bond;
pub mod initialize;
pub mod lock_position;
pub mod open_pool;
pub mod request_unstake;
pub mod slash;
pub mod stake;
pub mod sync_weight;
pub mod withdraw;

#[allow(ambiguous_glob_reexports)]
pub use self::{
    bond::*, initialize::*, lock_position::*, open_pool::*, request_unstake::*, slash::*, stake::*, sync_weight::*,
    withdraw::*,
};

use anchor_lang::prelude::*;

use crate::{
    StakingError,
    state::{Config, Pool, Totals},
};

/// Set a pool's weight from its active stake, and bring the totals up to date. Returns (weight, total).
pub(crate) fn reweigh(config: &Config, totals: &mut Totals, pool: &mut Pool) -> Result<(u64, u64)> {
    let epoch = config.epoch(Clock::get()?.unix_timestamp);
    let weight = pool.active.min(config.params.weight_cap);
    let others = totals.weight.now.checked_sub(pool.counted).ok_or(StakingError::Invariant)?;
    let total = others.checked_add(weight).ok_or(StakingError::Overflow)?;
    pool.weight.set(epoch, weight);
    pool.counted = weight;
    totals.weight.set(epoch, total);
    let staked = totals.staked.checked_sub(pool.counted_stake).ok_or(StakingError::Invariant)?;
    totals.staked = staked.checked_add(pool.active).ok_or(StakingError::Overflow)?;
    pool.counted_stake = pool.active;
    Ok((weight, total))
}
