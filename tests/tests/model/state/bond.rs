//! What escrow makes staking do: lock, release and slash the exposure of a seat.

use anchor_lang::prelude::Pubkey;

use super::{Model, Verdict};

impl Model {
    /// Lock a seat's exposure in its operator's pool.
    pub fn lock_bond(&mut self, pool: &Pubkey, amount: u64) -> Verdict {
        self.staking.lock(pool, amount)
    }

    /// Take `amount` out of `unlock`, which is locked no more, and share it out.
    pub fn slash_bond(
        &mut self,
        pool: &Pubkey,
        (amount, unlock): (u64, u64),
        _jail: bool,
        harmed: &Pubkey,
        caller: &Pubkey,
    ) -> Verdict {
        let proceeds = self.staking.slash(self.epoch(), pool, amount, unlock)?;
        let vault = self.staking.pools[pool].vault;
        self.money.transfer(&vault, harmed, proceeds.harmed)?;
        self.money.transfer(&vault, caller, proceeds.caller)?;
        self.money.burn(&vault, proceeds.burned)
    }
}
