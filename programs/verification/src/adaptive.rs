//! Whether a trusted operator's result is checked by others: pure, and used by the simulator as by the chain.

use anchor_lang::prelude::Pubkey;
use assay_staking::sortition::{self, ROLE_RECHECK};

/// 100 %, in bps.
const ALWAYS: u64 = 10_000;

/// Whether the result that `pool`'s operator sealed for `job` is re-checked, with a probability of `bps`. `seed` is of a slot
/// after the seal: who sealed did not know it.
pub fn recheck(seed: &[u8; 32], job: &Pubkey, pool: &Pubkey, bps: u16) -> bool {
    below(sortition::draw(seed, ROLE_RECHECK, job, pool), bps)
}

/// `draw < bps / 10,000 * 2^64`, without the division.
fn below(draw: u64, bps: u16) -> bool {
    u128::from(draw).saturating_mul(ALWAYS.into()) < u128::from(bps) << 64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key(n: u64) -> Pubkey {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&n.to_le_bytes());
        Pubkey::new_from_array(bytes)
    }

    #[test]
    fn edges() {
        assert!(below(u64::MAX, 10_000) && below(0, 1));
        assert!(!below(0, 0) && !below(u64::MAX, 9_999));
        assert!(below((1 << 63) - 1, 5_000) && !below(1 << 63, 5_000));
    }

    #[test]
    fn as_often_as_said() {
        for bps in [500_u16, 1_000, 5_000] {
            let checked = (0..10_000).filter(|n| recheck(&[7; 32], &key(*n), &key(1), bps)).count() as i64;
            assert!((checked - i64::from(bps)).abs() < 200, "{checked} of 10,000 at {bps} bps");
        }
    }

    proptest! {
        /// Who is checked at a probability is checked at every higher one; and it depends on nothing else.
        #[test]
        fn monotone(seed: [u8; 32], job: u64, pool: u64, low in 0_u16..=10_000, more in 0_u16..=10_000) {
            let at = |bps: u16| recheck(&seed, &key(job), &key(pool), bps);
            prop_assert!(!at(low) || at(low.saturating_add(more)));
            prop_assert!(at(10_000) && !at(0));
        }
    }
}
