use anchor_lang::prelude::*;

use super::{FRESH_EPOCHS, Pool};
use crate::{StakingError, math};

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
    /// Tickets not yet withdrawn: the position outlives them, so that no nonce comes twice.
    pub tickets: u32,
    /// Epoch of the last stake into this position.
    pub staked_epoch: u64,
    /// A vote binds the shares until this moment (0 = none).
    pub locked_until: i64,
    /// The pool's `reward_per_share` up to which `owed` has been told.
    pub reward_debt: u128,
    /// Base units of rewards that can be claimed.
    pub owed: u64,
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

    /// Credit what the shares have earned until now: before they change, and before a claim. Shares that were slashed
    /// to nothing take with them what they had earned since the last time.
    pub fn settle(&mut self, pool: &Pool) {
        let since = pool.reward_per_share.wrapping_sub(self.reward_debt);
        self.shares = self.held(pool);
        self.era = pool.active_era;
        self.owed = self.owed.saturating_add(math::earned(since, self.shares));
        self.reward_debt = pool.reward_per_share;
    }

    /// Add shares just bought in `epoch`. The position is settled.
    pub fn add(&mut self, shares: u128, epoch: u64) -> Result<()> {
        self.shares = self.shares.checked_add(shares).ok_or(StakingError::Overflow)?;
        self.staked_epoch = epoch;
        Ok(())
    }

    /// Whether no vote binds it: while one does, nothing leaves it, and it stays, even if it was slashed to nothing.
    pub fn unbound(&self, now: i64) -> Result<()> {
        require!(now >= self.locked_until, StakingError::VoteLocked);
        Ok(())
    }

    /// Take shares out, if no vote binds them and they are no longer fresh. The position is settled.
    pub fn remove(&mut self, shares: u128, epoch: u64, now: i64) -> Result<()> {
        self.unbound(now)?;
        let ripe = self.staked_epoch.checked_add(FRESH_EPOCHS).ok_or(StakingError::Overflow)?;
        // What was never staked is never fresh.
        require!(epoch >= ripe || self.shares == 0, StakingError::TooFresh);
        self.shares = self.shares.checked_sub(shares).ok_or(StakingError::NotEnoughShares)?;
        Ok(())
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
