//! Pools, positions and tickets: who holds what, and what of it may move. Rewards and weights are in `rewards.rs`.

use std::collections::BTreeMap;

use anchor_lang::prelude::Pubkey;
use assay_tests::assay_sdk::staking::{self, StakingError, StakingParams};

use super::{Model, Refusal, Totals, Verdict, Weight, holding, need, refuse, require};

/// More shares than a pool may have.
const MAX_SHARES: u128 = 1 << 120;
/// Epochs that begin before fresh stake may leave.
const FRESH: u64 = 2;

/// Stake owned in shares.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shared {
    pub amount: u64,
    pub shares: u128,
    /// Counts how often a slash left nothing.
    pub era: u32,
}

/// `a * b / c`, for `a <= c < 2^120`: as on paper, where 128 bits do not do.
fn mul_div(a: u128, b: u64, c: u128) -> u128 {
    if let Some(product) = a.checked_mul(b.into()) {
        return product / c;
    }
    let (mut quotient, mut rest) = (0, 0);
    for bit in (0..64).rev() {
        (quotient, rest) = (quotient * 2, rest * 2 + if b >> bit & 1 == 1 { a } else { 0 });
        (quotient, rest) = (quotient + rest / c, rest % c);
    }
    quotient
}

impl Shared {
    /// Put `amount` in; returns the shares it buys, rounded down.
    pub fn add(&mut self, amount: u64) -> Verdict<u128> {
        let overflow = Refusal::Code(StakingError::Overflow.into());
        let shares = match self.shares {
            0 => u128::from(amount),
            all => u128::from(amount).checked_mul(all).ok_or(overflow)? / u128::from(self.amount),
        };
        require(shares + self.shares < MAX_SHARES, StakingError::Overflow)?;
        require(shares > 0, StakingError::TooSmall)?;
        self.amount = self.amount.checked_add(amount).ok_or(overflow)?;
        self.shares += shares;
        Ok(shares)
    }

    /// What `shares` are worth, rounded down; all of them all there is.
    pub fn worth(&self, shares: u128) -> u64 {
        if shares == self.shares { self.amount } else { mul_div(shares, self.amount, self.shares) as u64 }
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

    /// Shares without stake, or stake without shares, would break the pool's own invariant.
    fn sound(&self) -> Verdict {
        require((self.amount == 0) == (self.shares == 0), StakingError::Invariant)
    }
}

#[derive(Clone, Debug, Default)]
pub struct Pool {
    pub operator: Pubkey,
    pub vault: Pubkey,
    pub active: Shared,
    pub cooling: Shared,
    pub locked: u64,
    pub weight: Weight,
    /// What the totals count of its weight and of its stake.
    pub counted: u64,
    pub counted_stake: u64,
    pub commission_bps: u16,
    pub commission_since: i64,
    pub commission_due: u64,
    pub rewards_due: u64,
    pub per_share: u128,
    pub acc: u128,
    pub self_shares: u128,
    pub jailed_until: i64,
    pub open_cases: u32,
    pub positions: u32,
    pub tickets: u32,
}

impl Pool {
    pub fn new(operator: Pubkey, vault: Pubkey, commission_bps: u16, now: i64) -> Self {
        Self { operator, vault, commission_bps, commission_since: now, positions: 1, ..Self::default() }
    }
}

#[derive(Clone, Debug)]
pub struct Position {
    pub pool: Pubkey,
    pub owner: Pubkey,
    pub shares: u128,
    pub era: u32,
    pub next_ticket: u64,
    pub tickets: u32,
    pub staked_epoch: u64,
    pub locked_until: i64,
    pub debt: u128,
    pub owed: u64,
}

impl Position {
    pub fn new(address: Pubkey, pool: &Pool, owner: Pubkey) -> Self {
        let (shares, next_ticket, tickets, staked_epoch, locked_until, owed) = Default::default();
        let (era, debt) = (pool.active.era, pool.per_share);
        Self { pool: address, owner, shares, era, next_ticket, tickets, staked_epoch, locked_until, debt, owed }
    }

    /// Shares that a slash did not void.
    pub fn held(&self, pool: &Pool) -> u128 {
        if self.era == pool.active.era { self.shares } else { 0 }
    }

    pub fn worth(&self, pool: &Pool) -> u64 {
        pool.active.worth(self.held(pool))
    }
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
    pub epoch_base: u64,
    pub epoch_from: i64,
    pub totals: Totals,
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
        let (epoch_base, epoch_from, totals, pools, positions, tickets) = Default::default();
        Self { params, epoch_base, epoch_from, totals, pools, positions, tickets }
    }

    pub fn release(&mut self, pool: &Pubkey, amount: u64) -> Verdict {
        let pool = need(self.pools.get_mut(pool))?;
        pool.locked = pool.locked.checked_sub(amount).ok_or(Refusal::Code(StakingError::NotLocked.into()))?;
        Ok(())
    }
}

impl Model {
    /// Refuse an entry while staking is paused.
    pub fn staking_open(&self) -> Verdict {
        require(!self.admins[&staking::ID].paused, StakingError::Paused)
    }

    /// A pool and a position, both to be changed.
    fn both(&mut self, position: &Pubkey) -> Verdict<(&mut Pool, &mut Position)> {
        let position = need(self.staking.positions.get_mut(position))?;
        Ok((need(self.staking.pools.get_mut(&position.pool))?, position))
    }

    /// Put stake into a position. The pool has earned.
    pub fn deposit(&mut self, at: &Pubkey, amount: u64) -> Verdict {
        let epoch = self.epoch();
        let (pool, position) = self.both(at)?;
        position.settle(pool);
        position.shares += pool.active.add(amount)?;
        position.staked_epoch = epoch;
        note_self(pool, position);
        Ok(())
    }

    /// Take shares out of a position; returns what they are worth. The pool has earned.
    pub fn remove(&mut self, at: &Pubkey, shares: u128) -> Verdict<u64> {
        let (epoch, now) = (self.epoch(), self.now);
        let (pool, position) = self.both(at)?;
        position.settle(pool);
        require(now >= position.locked_until, StakingError::VoteLocked)?;
        require(epoch >= position.staked_epoch + FRESH || position.shares == 0, StakingError::TooFresh)?;
        let left = position.shares.checked_sub(shares);
        position.shares = left.ok_or(Refusal::Code(StakingError::NotEnoughShares.into()))?;
        let amount = pool.active.take(shares);
        require(pool.active.amount >= pool.locked, StakingError::StakeLocked)?;
        note_self(pool, position);
        Ok(amount)
    }

    /// Move shares of a position's to a ticket; returns what the ticket holds. The pool has earned.
    pub fn cool(&mut self, at: &Pubkey, shares: u128) -> Verdict<u128> {
        let amount = self.remove(at, shares)?;
        let (pool, position) = self.both(at)?;
        let bought = pool.cooling.add(amount)?;
        pool.active.sound()?;
        position.next_ticket += 1;
        position.tickets += 1;
        pool.tickets += 1;
        Ok(bought)
    }

    /// Move shares from one position to another of the same owner. Both pools have earned.
    pub fn redelegate(&mut self, from: &Pubkey, to: &Pubkey, shares: u128) -> Verdict<u64> {
        // Settled first, as everything is before it changes.
        let (pool, position) = self.both(to)?;
        position.settle(pool);
        let amount = self.remove(from, shares)?;
        self.both(from)?.0.active.sound()?;
        self.deposit(to, amount)?;
        Ok(amount)
    }

    /// Take a ticket's stake out; returns what it is worth.
    pub fn take_cooled(&mut self, ticket: &Ticket, position: &Pubkey) -> Verdict<u64> {
        let (pool, position) = self.both(position)?;
        let amount = if ticket.era == pool.cooling.era { pool.cooling.take(ticket.shares) } else { 0 };
        pool.cooling.sound()?;
        pool.tickets -= 1;
        position.tickets -= 1;
        Ok(amount)
    }

    /// Close an empty position; what shares it has are worth nothing, and stay with the others.
    pub fn leave_pool(&mut self, at: &Pubkey) -> Verdict {
        let (pool, position) = self.both(at)?;
        position.settle(pool);
        let empty = position.worth(pool) == 0 && position.owed == 0 && position.tickets == 0;
        require(empty, StakingError::NotEmpty)?;
        pool.active.shares -= position.shares;
        pool.positions -= 1;
        pool.active.sound()?;
        self.staking.positions.remove(at);
        Ok(())
    }

    /// Nothing leaves a pool while a dispute is open.
    pub fn no_case(&self, pool: &Pubkey) -> Verdict {
        require(need(self.staking.pools.get(pool))?.open_cases == 0, StakingError::CaseOpen)
    }

    pub fn jailed(&self, pool: &Pubkey) -> Verdict<bool> {
        Ok(self.now < need(self.staking.pools.get(pool))?.jailed_until)
    }

    /// As escrow does at a claim.
    pub fn lock_bond(&mut self, address: &Pubkey, amount: u64) -> Verdict {
        self.staking_open()?;
        let now = self.now;
        let pool = holding(self.staking.pools.get_mut(address))?;
        require(now >= pool.jailed_until, StakingError::Jailed)?;
        match pool.locked.checked_add(amount) {
            Some(locked) if locked <= pool.active.amount => pool.locked = locked,
            Some(_) => return refuse(StakingError::StakeLocked),
            None => return refuse(StakingError::Overflow),
        }
        Ok(())
    }

    /// Release `unlock` and take `amount`, of active and cooling stake in proportion; harmed and caller get as much as `most` says at
    /// most. The tokens are the caller's to move.
    pub fn slash_bond(
        &mut self,
        address: &Pubkey,
        (amount, unlock): (u64, u64),
        jail: bool,
        most: (u64, u64),
    ) -> Verdict<Proceeds> {
        require(amount <= unlock, StakingError::NotLocked)?;
        self.staking.release(address, unlock)?;
        let (epoch, now) = (self.epoch(), self.now);
        let params = self.staking.params.clone();
        let pool = need(self.staking.pools.get_mut(address))?;
        let all = u128::from(pool.active.amount) + u128::from(pool.cooling.amount);
        let taken = u128::from(amount).min(all);
        let of_cooling = (taken * u128::from(pool.cooling.amount)).checked_div(all).unwrap_or(0);
        pool.cooling.lose(of_cooling as u64);
        pool.active.lose((taken - of_cooling) as u64);
        if pool.active.shares == 0 {
            pool.self_shares = 0;
        }
        require(pool.locked <= pool.active.amount, StakingError::Invariant)?;
        if jail {
            pool.jailed_until = pool.jailed_until.max(now + params.jail_seconds);
        }
        // The totals follow at the next stake or sync.
        let weight = pool.weight_at(&params, now).min(pool.weight.now);
        pool.weight.set(epoch, weight);
        let part = |bps: u16, most: u64| super::part(taken as u64, bps).min(most);
        let (harmed, caller) = (part(params.harmed_bps, most.0), part(params.caller_bps, most.1));
        Ok(Proceeds { burned: taken as u64 - harmed - caller, harmed, caller })
    }

    pub fn set_staking_params(&mut self, params: &StakingParams) -> Verdict {
        const DAY: i64 = 86_400;
        let within = |number: i64, least, days: i64| number >= least && number <= days * DAY;
        let good = within(params.unbonding, 1, 90)
            && within(params.epoch_seconds, 1, 30)
            && within(params.jail_seconds, 0, 365)
            && params.weight_cap > 0
            && u32::from(params.harmed_bps) + u32::from(params.caller_bps) <= 10_000
            && params.max_commission_bps.max(params.commission_step_bps) <= 10_000;
        require(good, StakingError::BadParams)?;
        // A new length begins a new epoch of the same number.
        if params.epoch_seconds != self.staking.params.epoch_seconds {
            (self.staking.epoch_base, self.staking.epoch_from) = (self.epoch(), self.now);
        }
        self.staking.params = params.clone();
        Ok(())
    }
}

/// The pool knows its operator's own shares.
fn note_self(pool: &mut Pool, position: &Position) {
    if position.owner == pool.operator {
        pool.self_shares = position.shares;
    }
}
