//! What becomes of a seat's exposure when it is slashed.

use anchor_lang::prelude::Pubkey;

use super::{Model, Verdict};

impl Model {
    /// Take `amount` of `unlock`, which is locked no more, and share it out: to the harmed and the caller, each as much as `most`
    /// says at most, and the fire.
    pub fn punish(
        &mut self,
        pool: &Pubkey,
        (amount, unlock): (u64, u64),
        jail: bool,
        (harmed, caller): (&Pubkey, &Pubkey),
        most: (u64, u64),
    ) -> Verdict {
        let proceeds = self.slash_bond(pool, (amount, unlock), jail, most)?;
        let vault = self.staking.pools[pool].vault;
        self.money.transfer(&vault, harmed, proceeds.harmed)?;
        self.money.transfer(&vault, caller, proceeds.caller)?;
        self.money.burn(&vault, proceeds.burned)
    }
}
