use anchor_lang::prelude::*;

use super::Weight;
use crate::{StakingError, math};

/// The weight of all pools and the rewards not yet claimed, at `["totals"]`. Written by whoever stakes, leaves, claims or
/// advances the epoch, never by a job.
///
/// Rewards go the way `pending` (came in, waits for the epoch's end) -> `distributed` (in `acc`, to be earned by
/// the pools) -> a pool's `rewards_due` and `commission_due` -> claimed. Each step moves an amount from one counter to
/// the next, so that all of them together are exactly `accounted`, whatever rounding does.
#[account]
#[derive(InitSpace, Debug, Default)]
pub struct Totals {
    pub version: u8,
    pub bump: u8,
    pub weight: Weight,
    /// Base units of active stake of all pools, as of each pool's last write of the totals.
    pub staked: u64,
    /// The epoch that the totals were last rolled into.
    pub epoch: u64,
    /// Reward per base unit of weight since the beginning, times 2^64. It wraps: only differences count.
    pub acc: u128,
    /// Base units that the next roll distributes.
    pub pending: u64,
    /// Base units in `acc` that no pool has earned yet.
    pub distributed: u64,
    /// Base units of the rewards vault that are told of here or in a pool. What the vault has more is new.
    pub accounted: u64,
}

impl Totals {
    /// Before anything else is written in an epoch: distribute what came in until its begin, by the weights of the end
    /// of the epoch before. Of several epochs without a write the weights are the same.
    pub fn roll(&mut self, epoch: u64) -> Result<()> {
        if epoch <= self.epoch {
            return Ok(());
        }
        self.epoch = epoch;
        if self.weight.now > 0 && self.pending > 0 {
            let step = math::per_unit(self.pending, self.weight.now.into()).ok_or(StakingError::Overflow)?;
            self.acc = self.acc.wrapping_add(step);
            self.distributed = self.distributed.checked_add(self.pending).ok_or(StakingError::Overflow)?;
            self.pending = 0;
        }
        self.invariant()
    }

    /// New rewards are in the vault.
    pub fn receive(&mut self, amount: u64) -> Result<()> {
        self.accounted = self.accounted.checked_add(amount).ok_or(StakingError::Overflow)?;
        self.pending = self.pending.checked_add(amount).ok_or(StakingError::Overflow)?;
        self.invariant()
    }

    /// A claim left the vault.
    pub fn pay(&mut self, amount: u64) -> Result<()> {
        self.accounted = self.accounted.checked_sub(amount).ok_or(StakingError::Invariant)?;
        self.invariant()
    }

    /// Holds after every change. Destructures `Self`, so that a new field forces a decision.
    pub fn invariant(&self) -> Result<()> {
        let Self { version: _, bump: _, weight: _, staked: _, epoch: _, acc: _, pending, distributed, accounted } =
            self;
        let known = pending.checked_add(*distributed).ok_or(StakingError::Overflow)?;
        require!(known <= *accounted, StakingError::Invariant);
        Ok(())
    }
}
