//! Sortition: whom a seed chooses.

use anchor_lang::prelude::Pubkey;
use assay_tests::assay_sdk::staking::sortition;

use super::Model;

impl Model {
    /// `first * weight / total` of all draws are below the threshold; `first` doubles with time, 16 times at most.
    pub fn chosen(
        &self,
        (seed, role, subject): (&[u8; 32], &[u8], &Pubkey),
        (pool, record): (&Pubkey, &Pubkey),
        (first, since): (u64, i64),
    ) -> bool {
        let waited = (self.now - since) as u64 / u64::from(self.escrow.widen_seconds);
        let k = first << waited.min(16);
        let score = u128::from(self.records[record].score_bps(self.now));
        let weight = u128::from(self.weight(&self.staking.pools[pool])) * score / 10_000;
        let total = u128::from(self.staking.totals.weight.settled(self.epoch()));
        let draw = sortition::draw(seed, role, subject, pool);
        let share = u128::from(k) * weight;
        // draw < share / total * 2^64, with the threshold rounded down.
        total > 0 && weight > 0 && (share >= total || u128::from(draw) < (share << 64) / total)
    }
}
