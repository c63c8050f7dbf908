//! Pools, positions, tickets, and the weight of all.

use std::collections::BTreeMap;

use anchor_lang::prelude::Pubkey;
use assay_tests::assay_sdk::staking::{StakingError, StakingParams};

use super::{Model, Refusal, Verdict, need, refuse, require};

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

/// Stake owned in shares.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shared {
    pub amount: u64,
    pub shares: u128,
    /// Counts how often a slash left nothing.
    pub era: u32,
}

impl Shared {
    /// Put `amount` in; returns the shares it buys, rounded down.
    fn add(&mut self, amount: u64) -> Verdict<u128> {
        let overflow = Refusal::Code(StakingError::Overflow.into());
        let shares = match self.shares {
            0 => u128::from(amount),
            all => u128::from(amount).checked_mul(all).ok_or(overflow)? / u128::from(self.amount),
        };
        require(shares > 0, StakingError::TooSmall)?;
        self.amount = self.amount.checked_add(amount).ok_or(overflow)?;
        self.shares = self.shares.checked_add(shares).ok_or(overflow)?;
        Ok(shares)
    }

    /// What `shares` are worth, rounded down; all of them all there is.
    pub fn worth(&self, shares: u128) -> u64 {
        if shares == self.shares {
            return self.amount;
        }
        match shares.checked_mul(u128::from(self.amount)) {
            Some(product) => (product / self.shares) as u64,
            // After losses of 2^64 to one, in which a base unit's price is rounded up.
            None => (shares / (self.shares / u128::from(self.amount.max(1)) + 1)) as u64,
        }
    }

    fn take(&mut self, shares: u128) -> u64 {
        let worth = self.worth(shares);
        self.amount -= worth;
        self.shares -= shares;
        worth
    }

    fn lose(&mut self, amount: u64) {
        self.amount -= amount;
        if self.amount == 0 && self.shares > 0 {
            self.shares = 0;
            self.era += 1;
        }
    }
}

#[derive(Clone, Debug)]
pub struct Pool {
    pub operator: Pubkey,
    pub vault: Pubkey,
    pub active: Shared,
    pub cooling: Shared,
    pub locked: u64,
    pub weight: Weight,
    pub counted: u64,
}

#[derive(Clone, Debug)]
pub struct Position {
    pub pool: Pubkey,
    pub owner: Pubkey,
    pub shares: u128,
    pub era: u32,
    pub next_ticket: u64,
}

#[derive(Clone, Debug)]
pub struct Ticket {
    pub pool: Pubkey,
    pub owner: Pubkey,
    pub nonce: u64,
    pub shares: u128,
    pub era: u32,
    pub ready_at: i64,
}

#[derive(Clone)]
pub struct Staking {
    pub params: StakingParams,
    pub total: Weight,
    pub pools: BTreeMap<Pubkey, Pool>,
    pub positions: BTreeMap<Pubkey, Position>,
    pub tickets: BTreeMap<Pubkey, Ticket>,
}

/// How a slash was shared out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Proceeds {
    pub burned: u64,
    pub harmed: u64,
    pub caller: u64,
}

impl Staking {
    pub fn new(params: StakingParams) -> Self {
        let (pools, positions, tickets) = Default::default();
        Self { params, total: Weight::default(), pools, positions, tickets }
    }

    fn weight_of(&self, pool: &Pool) -> u64 {
        pool.active.amount.min(self.params.weight_cap)
    }

    /// Bring a pool's weight, and the total, up to date.
    pub fn reweigh(&mut self, epoch: u64, address: &Pubkey) -> Verdict {
        let weight = self.weight_of(need(self.pools.get(address))?);
        let pool = need(self.pools.get_mut(address))?;
        let total = self.total.now - pool.counted + weight;
        pool.weight.set(epoch, weight);
        pool.counted = weight;
        self.total.set(epoch, total);
        Ok(())
    }

    /// Add stake to a position.
    pub fn stake(&mut self, epoch: u64, position: &Pubkey, amount: u64) -> Verdict {
        let position = need(self.positions.get_mut(position))?;
        let (at, pool) = (position.pool, need(self.pools.get_mut(&position.pool))?);
        let shares = pool.active.add(amount)?;
        position.shares = if position.era == pool.active.era { position.shares + shares } else { shares };
        position.era = pool.active.era;
        self.reweigh(epoch, &at)
    }

    /// Move shares of a position's to a ticket; returns what the ticket holds.
    pub fn cool(&mut self, position: &Pubkey, shares: u128) -> Verdict<u128> {
        let position = need(self.positions.get_mut(position))?;
        let pool = need(self.pools.get_mut(&position.pool))?;
        let held = if position.era == pool.active.era { position.shares } else { 0 };
        let left = held.checked_sub(shares).ok_or(Refusal::Code(StakingError::NotEnoughShares.into()))?;
        let amount = pool.active.take(shares);
        require(pool.active.amount >= pool.locked, StakingError::StakeLocked)?;
        let bought = pool.cooling.add(amount)?;
        // Shares left without stake, or stake without shares, would break the pool's own invariant.
        require((pool.active.amount == 0) == (pool.active.shares == 0), StakingError::Invariant)?;
        position.shares = left;
        position.next_ticket += 1;
        Ok(bought)
    }

    /// Take a ticket's stake out; returns what it is worth.
    pub fn take_cooled(&mut self, ticket: &Ticket) -> Verdict<u64> {
        let pool = need(self.pools.get_mut(&ticket.pool))?;
        if ticket.era != pool.cooling.era {
            return Ok(0);
        }
        let amount = pool.cooling.take(ticket.shares);
        require((pool.cooling.amount == 0) == (pool.cooling.shares == 0), StakingError::Invariant)?;
        Ok(amount)
    }

    pub fn lock(&mut self, pool: &Pubkey, amount: u64) -> Verdict {
        let pool = need(self.pools.get_mut(pool))?;
        match pool.locked.checked_add(amount) {
            Some(locked) if locked <= pool.active.amount => pool.locked = locked,
            Some(_) => return refuse(StakingError::StakeLocked),
            None => return refuse(StakingError::Overflow),
        }
        Ok(())
    }

    pub fn release(&mut self, pool: &Pubkey, amount: u64) -> Verdict {
        let pool = need(self.pools.get_mut(pool))?;
        pool.locked = pool.locked.checked_sub(amount).ok_or(Refusal::Code(StakingError::NotLocked.into()))?;
        Ok(())
    }

    /// Release `unlock` and take `amount`, of active and cooling stake in proportion.
    pub fn slash(&mut self, epoch: u64, address: &Pubkey, amount: u64, unlock: u64) -> Verdict<Proceeds> {
        require(amount <= unlock, StakingError::NotLocked)?;
        self.release(address, unlock)?;
        let pool = need(self.pools.get_mut(address))?;
        let all = u128::from(pool.active.amount) + u128::from(pool.cooling.amount);
        let taken = u128::from(amount).min(all);
        let of_cooling = (taken * u128::from(pool.cooling.amount)).checked_div(all).unwrap_or(0);
        pool.cooling.lose(of_cooling as u64);
        pool.active.lose((taken - of_cooling) as u64);
        require(pool.locked <= pool.active.amount, StakingError::Invariant)?;
        let weight = self.weight_of(&self.pools[address]);
        // The total follows at the next stake or sync.
        need(self.pools.get_mut(address))?.weight.set(epoch, weight);
        let part = |bps: u16| (taken * u128::from(bps) / 10_000) as u64;
        let (harmed, caller) = (part(self.params.harmed_bps), part(self.params.caller_bps));
        Ok(Proceeds { burned: taken as u64 - harmed - caller, harmed, caller })
    }
}

impl Model {
    /// What a pool may draw with now: new stake waits, lost stake is gone.
    pub fn weight(&self, pool: &Pool) -> u64 {
        pool.weight.settled(self.epoch()).min(pool.weight.now)
    }
}
