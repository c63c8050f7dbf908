//! Weights and rewards of staking, as `docs/architecture.md` says: pending -> distributed -> due -> claimed.

use anchor_lang::prelude::Pubkey;
use assay_tests::assay_sdk::staking::{StakingError, StakingParams};

use super::{Model, Pool, Position, Verdict, need, part, require};

/// A weight now, and at the end of the epoch before the last change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Weight {
    pub epoch: u64,
    pub now: u64,
    pub last: u64,
}

impl Weight {
    pub fn set(&mut self, epoch: u64, weight: u64) {
        if epoch > self.epoch {
            (self.last, self.epoch) = (self.now, epoch);
        }
        self.now = weight;
    }

    pub fn settled(&self, epoch: u64) -> u64 {
        if epoch > self.epoch { self.now } else { self.last }
    }
}

/// The weight of all pools, and rewards not yet earned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    pub weight: Weight,
    pub staked: u64,
    pub epoch: u64,
    /// Reward per weight, times 2^64; it wraps.
    pub acc: u128,
    pub pending: u64,
    pub distributed: u64,
    pub accounted: u64,
}

impl Totals {
    /// At an epoch's first write: what waits is distributed by the weights of the end of the last.
    fn roll(&mut self, epoch: u64) {
        if epoch <= self.epoch {
            return;
        }
        self.epoch = epoch;
        if self.weight.now > 0 {
            self.acc = self.acc.wrapping_add((u128::from(self.pending) << 64) / u128::from(self.weight.now));
            self.distributed += self.pending;
            self.pending = 0;
        }
    }
}

/// `per * units / 2^64`, rounded down, at most `u64::MAX`: in four products of 64 bits.
fn earned(per: u128, units: u128) -> u64 {
    let halves = |n: u128| (n >> 64, n & u128::from(u64::MAX));
    let ((a, b), (c, d)) = (halves(per), halves(units));
    // (a * 2^64 + b) * (c * 2^64 + d) / 2^64
    let parts =
        [a.checked_mul(c << 32).and_then(|p| p.checked_mul(1 << 32)), Some(a * d), Some(b * c), Some((b * d) >> 64)];
    let sum = parts.into_iter().try_fold(0_u128, |sum, part| sum.checked_add(part?));
    sum.map_or(u64::MAX, |sum| sum.min(u64::MAX.into()) as u64)
}

impl Pool {
    /// In jail, or with too little stake of the operator's own, it weighs nothing.
    pub fn weight_at(&self, params: &StakingParams, now: i64) -> u64 {
        let own = self.active.worth(self.self_shares);
        if now < self.jailed_until || own < params.min_self_stake {
            return 0;
        }
        self.active.amount.min(params.weight_cap)
    }
}

impl Position {
    /// Credit what the shares earned until now.
    pub fn settle(&mut self, pool: &Pool) {
        self.shares = self.held(pool);
        self.era = pool.active.era;
        self.owed = self.owed.saturating_add(earned(pool.per_share.wrapping_sub(self.debt), self.shares));
        self.debt = pool.per_share;
    }
}

impl Model {
    /// The epoch of the present moment.
    pub fn epoch(&self) -> u64 {
        self.staking.epoch_base + ((self.now - self.staking.epoch_from) / self.staking.params.epoch_seconds) as u64
    }

    /// What a pool may draw with now: new stake waits, lost stake is gone.
    pub fn weight(&self, pool: &Pool) -> u64 {
        pool.weight.settled(self.epoch()).min(pool.weight.now)
    }

    /// Before the totals change.
    pub fn roll(&mut self) {
        let epoch = self.epoch();
        self.staking.totals.roll(epoch);
    }

    /// Before a pool changes: it earns by the weight that it had until now.
    pub fn begin(&mut self, address: &Pubkey) -> Verdict {
        self.roll();
        let most = self.staking.params.max_commission_bps;
        let totals = &mut self.staking.totals;
        let pool = need(self.staking.pools.get_mut(address))?;
        let since = totals.acc.wrapping_sub(pool.acc);
        pool.acc = totals.acc;
        let whole = earned(since, pool.counted.into()).min(totals.distributed);
        // A slash or jail since then forfeits the part of the weight that it took.
        let weight = if pool.active.shares == 0 { 0 } else { pool.weight.now.min(pool.counted) };
        let kept = earned(since, weight.into()).min(whole);
        totals.distributed -= whole;
        totals.pending += whole - kept;
        if kept > 0 {
            let commission = part(kept, pool.commission_bps.min(most));
            pool.commission_due += commission;
            pool.rewards_due += kept - commission;
            pool.per_share = pool.per_share.wrapping_add((u128::from(kept - commission) << 64) / pool.active.shares);
        }
        Ok(())
    }

    /// After a pool changed: its weight, and the totals, are brought up to date.
    pub fn reweigh(&mut self, address: &Pubkey) -> Verdict {
        let (epoch, now) = (self.epoch(), self.now);
        let totals = &mut self.staking.totals;
        let pool = need(self.staking.pools.get_mut(address))?;
        let weight = pool.weight_at(&self.staking.params, now);
        totals.weight.set(epoch, totals.weight.now - pool.counted + weight);
        totals.staked = totals.staked - pool.counted_stake + pool.active.amount;
        pool.weight.set(epoch, weight);
        (pool.counted, pool.counted_stake) = (weight, pool.active.amount);
        Ok(())
    }

    /// New rewards are in the vault.
    pub fn receive(&mut self, amount: u64) {
        self.staking.totals.pending += amount;
        self.staking.totals.accounted += amount;
    }

    /// Take a position's rewards, and with the operator's own the commission; returns both together.
    pub fn claim_rewards(&mut self, address: &Pubkey) -> Verdict<u64> {
        let position = need(self.staking.positions.get_mut(address))?;
        let pool = need(self.staking.pools.get_mut(&position.pool))?;
        position.settle(pool);
        let rewards = std::mem::take(&mut position.owed);
        pool.rewards_due -= rewards;
        let own = position.owner == pool.operator;
        let commission = if own { std::mem::take(&mut pool.commission_due) } else { 0 };
        require(rewards + commission > 0, StakingError::NothingToClaim)?;
        self.staking.totals.accounted -= rewards + commission;
        Ok(rewards + commission)
    }
}
