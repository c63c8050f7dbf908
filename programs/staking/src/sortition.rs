//! Sortition: who may take a seat, decided by each pool's own hash against a threshold. O(1), nothing shared is written.
//!
//! `u64(sha256(seed, role, subject, pool)) < k * weight / total * 2^64`: with weights that add up to `total`, `k` pools
//! are eligible on average.

use anchor_lang::prelude::Pubkey;
use solana_sha256_hasher::hashv;

/// The role of a seat in a job.
pub const ROLE_SEAT: &[u8] = b"assay:seat";
/// The role of a chair in a jury; its subject is the case.
pub const ROLE_JURY: &[u8] = b"assay:jury";
/// The draw that decides whether a trusted operator is re-checked; its subject is the job.
pub const ROLE_RECHECK: &[u8] = b"assay:recheck";

/// The pool's draw: uniform over u64, fixed by a seed that nobody could choose.
pub fn draw(seed: &[u8; 32], role: &[u8], subject: &Pubkey, pool: &Pubkey) -> u64 {
    let hash = hashv(&[seed, role, subject.as_ref(), pool.as_ref()]).to_bytes();
    let mut first = [0; 8];
    first.copy_from_slice(&hash[..8]);
    u64::from_le_bytes(first)
}

/// Whether a draw is below the threshold. `weight` and `total` in the same unit; `total == 0` makes nobody eligible.
pub fn eligible(draw: u64, k: u64, weight: u64, total: u64) -> bool {
    if total == 0 || weight == 0 {
        return false;
    }
    // Nothing here can overflow: all are products of two numbers of 64 bits, or of one with 2^64.
    let scaled = u128::from(k).saturating_mul(u128::from(weight));
    if scaled >= u128::from(total) {
        return true;
    }
    // `draw < floor(scaled * 2^64 / total)`, without the division: `n <= floor(a / b)` is `n * b <= a`.
    u128::from(draw).saturating_add(1).saturating_mul(total.into()) <= scaled << 64
}

/// A pool's weight times its reputation: `weight * score_bps / 10,000`, rounded down.
pub fn with_reputation(weight: u64, score_bps: u16) -> u64 {
    let product = u128::from(weight).saturating_mul(u128::from(score_bps)).checked_div(10_000).unwrap_or(0);
    u64::try_from(product).unwrap_or(u64::MAX)
}

/// `k` after `elapsed` seconds: it doubles every `step` seconds, 16 times at most.
pub fn widened(k: u64, elapsed: i64, step: i64) -> u64 {
    let doublings = elapsed.max(0).checked_div(step.max(1)).unwrap_or(0).min(16);
    k.saturating_mul(1_u64.checked_shl(u32::try_from(doublings).unwrap_or(0)).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn thresholds() {
        assert!(!eligible(0, 1, 0, 10));
        assert!(!eligible(0, 1, 10, 0));
        assert!(eligible(u64::MAX, 1, 10, 10));
        assert!(eligible((1 << 63) - 1, 1, 5, 10));
        assert!(!eligible(1 << 63, 1, 5, 10));
        assert!(eligible(u64::MAX, u64::MAX, u64::MAX, u64::MAX));
    }

    proptest! {
        /// As the threshold is written, with its division; also where draws are next to it.
        #[test]
        fn eligible_is_below_the_threshold(draw: u64, k in 1_u64..1_000, weight: u64, total: u64, near in 0_u64..3) {
            let below = |draw: u64, scaled: u128| u128::from(draw) < (scaled << 64) / u128::from(total);
            for weight in [weight, weight / 2_000, weight & 0xff] {
                let scaled = u128::from(k) * u128::from(weight);
                if total == 0 || scaled >= u128::from(total) {
                    continue;
                }
                let threshold = ((scaled << 64) / u128::from(total)) as u64;
                for draw in [draw, threshold.saturating_sub(near), threshold.saturating_add(near), 0, u64::MAX] {
                    prop_assert_eq!(eligible(draw, k, weight, total), weight > 0 && below(draw, scaled));
                }
            }
        }
    }

    #[test]
    fn k_doubles_with_time() {
        assert_eq!([0, 9, 10, 20, 10_000].map(|t| widened(3, t, 10)), [3, 3, 6, 12, 3 << 16]);
        assert_eq!(widened(3, -5, 10), 3);
    }

    #[test]
    fn k_pools_are_eligible_on_average() {
        let seed = [7; 32];
        let job = Pubkey::new_from_array([9; 32]);
        let pools = (0..2_000_u64).map(|i| {
            let mut key = [0; 32];
            key[..8].copy_from_slice(&i.to_le_bytes());
            Pubkey::new_from_array(key)
        });
        let chosen = pools.filter(|p| eligible(draw(&seed, ROLE_SEAT, &job, p), 100, 1, 2_000)).count();
        assert!((70..130).contains(&chosen), "{chosen} of 2,000 where 100 are expected");
    }
}
