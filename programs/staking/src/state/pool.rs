use anchor_lang::prelude::*;

use super::Weight;
use crate::{StakingError, math};

/// One operator's stake, at `["pool", operator]`. Its vault holds at least `active + cooling`;
/// what strangers send to the vault changes no accounting.
#[account]
#[derive(InitSpace, Debug, Default)]
pub struct Pool {
    pub version: u8,
    pub bump: u8,
    pub vault_bump: u8,
    pub operator: Pubkey,
    /// Base units at work, of which `locked` are bonds.
    pub active: u64,
    pub active_shares: u128,
    /// Counts how often slashes left no active stake: older shares are worth nothing.
    pub active_era: u32,
    /// Base units on their way out, held by tickets.
    pub cooling: u64,
    pub cooling_shares: u128,
    pub cooling_era: u32,
    /// Base units of bonds of seats not yet settled.
    pub locked: u64,
    /// Sortition weight: active stake up to the cap.
    pub weight: Weight,
    /// What the Totals count for this pool; differs from `weight.now` after a slash, until the next sync.
    pub counted: u64,
    /// What the Totals count of `active` in their `staked`.
    pub counted_stake: u64,
}

impl Pool {
    /// Add stake; returns the shares bought.
    pub fn add(&mut self, amount: u64) -> Result<u128> {
        let shares = math::shares_for(amount, self.active, self.active_shares).ok_or(StakingError::Overflow)?;
        require!(shares > 0, StakingError::TooSmall);
        self.active = self.active.checked_add(amount).ok_or(StakingError::Overflow)?;
        self.active_shares = self.active_shares.checked_add(shares).ok_or(StakingError::Overflow)?;
        self.invariant()?;
        Ok(shares)
    }

    /// Move `shares` of active stake to cooling; returns the amount and the cooling shares it became.
    pub fn cool(&mut self, shares: u128) -> Result<(u64, u128)> {
        let amount = math::amount_for(shares, self.active, self.active_shares).ok_or(StakingError::NotEnoughShares)?;
        let active = self.active.checked_sub(amount).ok_or(StakingError::Overflow)?;
        require!(active >= self.locked, StakingError::StakeLocked);
        let cooling_shares =
            math::shares_for(amount, self.cooling, self.cooling_shares).ok_or(StakingError::Overflow)?;
        require!(cooling_shares > 0, StakingError::TooSmall);
        self.active = active;
        self.active_shares = self.active_shares.checked_sub(shares).ok_or(StakingError::NotEnoughShares)?;
        self.cooling = self.cooling.checked_add(amount).ok_or(StakingError::Overflow)?;
        self.cooling_shares = self.cooling_shares.checked_add(cooling_shares).ok_or(StakingError::Overflow)?;
        self.invariant()?;
        Ok((amount, cooling_shares))
    }

    /// Take `shares` out of cooling; returns what they are worth.
    pub fn take_cooled(&mut self, shares: u128) -> Result<u64> {
        let amount = math::amount_for(shares, self.cooling, self.cooling_shares).ok_or(StakingError::Overflow)?;
        self.cooling = self.cooling.checked_sub(amount).ok_or(StakingError::Overflow)?;
        self.cooling_shares = self.cooling_shares.checked_sub(shares).ok_or(StakingError::Overflow)?;
        self.invariant()?;
        Ok(amount)
    }

    /// Lock a bond.
    pub fn lock(&mut self, amount: u64) -> Result<()> {
        let locked = self.locked.checked_add(amount).ok_or(StakingError::Overflow)?;
        require!(locked <= self.active, StakingError::StakeLocked);
        self.locked = locked;
        self.invariant()
    }

    /// Release a bond.
    pub fn release(&mut self, amount: u64) -> Result<()> {
        self.locked = self.locked.checked_sub(amount).ok_or(StakingError::NotLocked)?;
        self.invariant()
    }

    /// Release `unlock` and take up to `amount` from active and cooling stake alike; returns what was taken.
    /// `amount` must not exceed `unlock`, so that other bonds stay covered.
    pub fn slash(&mut self, amount: u64, unlock: u64) -> Result<u64> {
        require!(amount <= unlock, StakingError::NotLocked);
        self.release(unlock)?;
        let total = self.active.checked_add(self.cooling).ok_or(StakingError::Overflow)?;
        let taken = amount.min(total);
        let (active, cooling) = math::split_slash(taken, self.active, self.cooling).ok_or(StakingError::Overflow)?;
        self.active = self.active.checked_sub(active).ok_or(StakingError::Overflow)?;
        self.cooling = self.cooling.checked_sub(cooling).ok_or(StakingError::Overflow)?;
        if self.active == 0 && self.active_shares > 0 {
            self.active_shares = 0;
            self.active_era = self.active_era.checked_add(1).ok_or(StakingError::Overflow)?;
        }
        if self.cooling == 0 && self.cooling_shares > 0 {
            self.cooling_shares = 0;
            self.cooling_era = self.cooling_era.checked_add(1).ok_or(StakingError::Overflow)?;
        }
        self.invariant()?;
        Ok(taken)
    }

    /// Holds after every change. Destructures `Self`, so that a new field forces a decision.
    pub fn invariant(&self) -> Result<()> {
        let Self {
            version: _,
            bump: _,
            vault_bump: _,
            operator: _,
            active,
            active_shares,
            active_era: _,
            cooling,
            cooling_shares,
            cooling_era: _,
            locked,
            weight: _,
            counted: _,
            counted_stake: _,
        } = self;
        require!(locked <= active, StakingError::Invariant);
        require!((*active == 0) == (*active_shares == 0), StakingError::Invariant);
        require!((*cooling == 0) == (*cooling_shares == 0), StakingError::Invariant);
        Ok(())
    }
}
