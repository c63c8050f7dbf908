use anchor_lang::prelude::*;

use super::{StakingParams, Totals, Weight};
use crate::{StakingError, math};

/// One operator's stake and that of its delegators, at `["pool", operator]`. Its vault holds at least `active +
/// cooling`; what strangers send to the vault changes no accounting.
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
    /// Sortition weight: active stake up to the cap; 0 in jail, or with too little stake of the operator's own.
    pub weight: Weight,
    /// What the Totals count for this pool; differs from `weight.now` after a slash, until the next sync.
    pub counted: u64,
    /// What the Totals count of `active` in their `staked`.
    pub counted_stake: u64,
    /// Share of the pool's rewards that its operator keeps, in bps.
    pub commission_bps: u16,
    /// When the commission last changed.
    pub commission_since: i64,
    /// Base units of commission that the operator can claim.
    pub commission_due: u64,
    /// Base units of rewards earned for the positions and not yet claimed.
    pub rewards_due: u64,
    /// Reward per active share since the beginning, times 2^64. It wraps: only differences count.
    pub reward_per_share: u128,
    /// The Totals' accumulator up to which the pool has earned.
    pub acc: u128,
    /// Shares of the operator's own position.
    pub self_shares: u128,
    /// The pool is in jail until this moment.
    pub jailed_until: i64,
    /// Disputes about this operator that are not resolved: nobody leaves while there is one.
    pub open_cases: u32,
    /// Positions there are, the operator's own among them.
    pub positions: u32,
    /// Tickets there are.
    pub tickets: u32,
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

    /// Take `shares` out of active stake; returns what they are worth.
    pub fn take_active(&mut self, shares: u128) -> Result<u64> {
        let amount = math::amount_for(shares, self.active, self.active_shares).ok_or(StakingError::NotEnoughShares)?;
        let active = self.active.checked_sub(amount).ok_or(StakingError::Overflow)?;
        require!(active >= self.locked, StakingError::StakeLocked);
        self.active = active;
        self.active_shares = self.active_shares.checked_sub(shares).ok_or(StakingError::NotEnoughShares)?;
        Ok(amount)
    }

    /// Move `shares` of active stake to cooling; returns the amount and the cooling shares it became.
    pub fn cool(&mut self, shares: u128) -> Result<(u64, u128)> {
        let amount = self.take_active(shares)?;
        let cooling_shares =
            math::shares_for(amount, self.cooling, self.cooling_shares).ok_or(StakingError::Overflow)?;
        require!(cooling_shares > 0, StakingError::TooSmall);
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

    /// Lock a bond: what `PoolHead::lock` does, as the tests compare it.
    #[cfg(test)]
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
            (self.active_shares, self.self_shares) = (0, 0);
            self.active_era = self.active_era.checked_add(1).ok_or(StakingError::Overflow)?;
        }
        if self.cooling == 0 && self.cooling_shares > 0 {
            self.cooling_shares = 0;
            self.cooling_era = self.cooling_era.checked_add(1).ok_or(StakingError::Overflow)?;
        }
        self.invariant()?;
        Ok(taken)
    }

    /// Whether the pool is in jail.
    pub fn jailed(&self, now: i64) -> bool {
        now < self.jailed_until
    }

    /// What the operator's own shares are worth.
    pub fn self_stake(&self) -> u64 {
        math::amount_for(self.self_shares, self.active, self.active_shares).unwrap_or(0)
    }

    /// What the pool should weigh.
    pub fn weight_at(&self, params: &StakingParams, now: i64) -> u64 {
        if self.jailed(now) || self.self_stake() < params.min_self_stake {
            return 0;
        }
        self.active.min(params.weight_cap)
    }

    /// After a slash: what was lost stops weighing at once. A slash never adds weight, not even that of a pool out of
    /// jail: else it would bring back rewards that were forfeited in jail. The Totals follow at the next sync, so that
    /// a job writes nothing that others read.
    pub fn lighten(&mut self, params: &StakingParams, epoch: u64, now: i64) {
        let weight = self.weight_at(params, now).min(self.weight.now);
        self.weight.set(epoch, weight);
    }

    /// Earn what the totals have distributed since the last time: before weight or shares change. A slash or jail
    /// since then forfeits the part of the weight that it took: that goes back to be distributed anew.
    pub fn earn(&mut self, totals: &mut Totals, max_commission_bps: u16) -> Result<()> {
        let since = totals.acc.wrapping_sub(self.acc);
        self.acc = totals.acc;
        let whole = math::earned(since, self.counted.into()).min(totals.distributed);
        let weight = if self.active_shares == 0 { 0 } else { self.weight.now.min(self.counted) };
        let earned = math::earned(since, weight.into()).min(whole);
        let forfeited = whole.checked_sub(earned).ok_or(StakingError::Invariant)?;
        totals.distributed = totals.distributed.checked_sub(whole).ok_or(StakingError::Invariant)?;
        totals.pending = totals.pending.checked_add(forfeited).ok_or(StakingError::Overflow)?;
        if earned > 0 {
            let bps = self.commission_bps.min(max_commission_bps);
            let commission = math::share(earned, bps).ok_or(StakingError::Overflow)?;
            let rest = earned.checked_sub(commission).ok_or(StakingError::Invariant)?;
            let step = math::per_unit(rest, self.active_shares).ok_or(StakingError::Overflow)?;
            self.reward_per_share = self.reward_per_share.wrapping_add(step);
            self.commission_due = self.commission_due.checked_add(commission).ok_or(StakingError::Overflow)?;
            self.rewards_due = self.rewards_due.checked_add(rest).ok_or(StakingError::Overflow)?;
        }
        totals.invariant()
    }

    /// Weigh the pool anew and have the totals count it: after weight or stake changed. The pool has earned. Returns
    /// (weight, total).
    pub fn count(&mut self, totals: &mut Totals, params: &StakingParams, epoch: u64, now: i64) -> Result<(u64, u64)> {
        let weight = self.weight_at(params, now);
        let others = totals.weight.now.checked_sub(self.counted).ok_or(StakingError::Invariant)?;
        let total = others.checked_add(weight).ok_or(StakingError::Overflow)?;
        self.weight.set(epoch, weight);
        self.counted = weight;
        totals.weight.set(epoch, total);
        let staked = totals.staked.checked_sub(self.counted_stake).ok_or(StakingError::Invariant)?;
        totals.staked = staked.checked_add(self.active).ok_or(StakingError::Overflow)?;
        self.counted_stake = self.active;
        Ok((weight, total))
    }

    /// Whether stake may leave: not while a dispute about the operator is open.
    pub fn no_case(&self) -> Result<()> {
        require!(self.open_cases == 0, StakingError::CaseOpen);
        Ok(())
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
            commission_bps,
            commission_since: _,
            commission_due: _,
            rewards_due: _,
            reward_per_share: _,
            acc: _,
            self_shares: _,
            jailed_until: _,
            open_cases: _,
            positions: _,
            tickets: _,
        } = self;
        require!(locked <= active, StakingError::Invariant);
        require!((*active == 0) == (*active_shares == 0), StakingError::Invariant);
        require!((*cooling == 0) == (*cooling_shares == 0), StakingError::Invariant);
        // A share starts at one base unit and only slashes change its price: it never rises. So a share always costs at
        // most a base unit, rounding takes less than that from anybody, and nobody can make shares too dear to buy.
        require!(u128::from(*active) <= *active_shares, StakingError::Invariant);
        require!(u128::from(*cooling) <= *cooling_shares, StakingError::Invariant);
        require!(u64::from(*commission_bps) <= math::BPS, StakingError::Invariant);
        Ok(())
    }
}
