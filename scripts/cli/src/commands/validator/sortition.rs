//! Whether sortition chooses a pool, and when it will: the threshold doubles with time.

use assay_sdk::staking::sortition::{draw, eligible, widened};
use solana_sdk::pubkey::Pubkey;

/// The most that a threshold doubles.
const DOUBLINGS: i64 = 16;

/// A pool's lot in a draw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lot {
    /// The pool's number: the lower, the sooner it is chosen.
    pub drawn: u64,
    /// Its weight times its reputation.
    pub weight: u64,
    /// The weight of all pools.
    pub total: u64,
    /// Pools that are chosen at first.
    pub first: u64,
    /// When the seed was captured.
    pub since: i64,
    /// Seconds after which the threshold doubles.
    pub step: i64,
}

impl Lot {
    /// The lot of a pool in a draw of `seed`, with whatever the caller fills in.
    pub fn number(seed: &[u8; 32], role: &[u8], subject: &Pubkey, operator: &Pubkey) -> u64 {
        draw(seed, role, subject, &assay_sdk::addresses::pool(operator))
    }

    /// Whether it is chosen at `now`.
    pub fn is_chosen(&self, now: i64) -> bool {
        let k = widened(self.first, now.saturating_sub(self.since), self.step);
        eligible(self.drawn, k, self.weight, self.total)
    }

    /// From when on it is chosen, if it ever is.
    pub fn chosen_at(&self) -> Option<i64> {
        let at = |n: i64| self.since.saturating_add(n.saturating_mul(self.step));
        (0..=DOUBLINGS).map(at).find(|at| self.is_chosen(*at))
    }

    /// The chance, in bps, that a pool of this weight is chosen at `now`.
    pub fn chance_bps(&self, now: i64) -> u16 {
        let k = widened(self.first, now.saturating_sub(self.since), self.step);
        let chance = u128::from(k).saturating_mul(self.weight.into()).saturating_mul(10_000);
        let chance = chance.checked_div(self.total.into()).unwrap_or(0).min(10_000);
        u16::try_from(chance).unwrap_or(10_000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lot(drawn: u64) -> Lot {
        Lot { drawn, weight: 10, total: 100, first: 1, since: 1_000, step: 2 }
    }

    #[test]
    fn the_threshold_doubles_until_the_pool_is_chosen() {
        // A tenth at first, then 20, 40, 80 %, all.
        let share = |percent: u64| (u64::MAX / 100) * percent;
        let table =
            [(share(5), Some(1_000)), (share(15), Some(1_002)), (share(39), Some(1_004)), (u64::MAX, Some(1_008))];
        for (drawn, at) in table {
            assert_eq!(lot(drawn).chosen_at(), at);
            assert!(lot(drawn).is_chosen(1_008) && at.is_none_or(|at| !lot(drawn).is_chosen(at - 1) || at == 1_000));
        }
        assert_eq!([1_000, 1_002, 1_006, 2_000].map(|now| lot(0).chance_bps(now)), [1_000, 2_000, 8_000, 10_000]);
    }

    #[test]
    fn without_weight_nobody_is_ever_chosen() {
        assert_eq!((Lot { weight: 0, ..lot(0) }).chosen_at(), None);
        assert_eq!((Lot { total: 0, ..lot(0) }).chosen_at(), None);
        assert_eq!((Lot { total: 0, ..lot(0) }).chance_bps(5_000), 0);
    }
}
