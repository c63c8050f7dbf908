//! Sortition: who may take a seat, decided by each pool's own hash against a threshold. O(1), nothing shared is written.
//!
//! `u64(sha256(seed, role, subject, pool)) < k * weight / total * 2^64`: with weights that add up to `total`, `k` pools
//! are eligible on average.

use anchor_lang::prelude::Pubkey;
use solana_sha256_hasher::hashv;

/// The role of a seat in a job.
pub const ROLE_SEAT: &[u8] = b"assay:seat";

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
    // Cannot overflow: two u64 in u128.
    let scaled = u128::from(k).saturating_mul(u128::from(weight));
    if scaled >= u128::from(total) {
        return true;
    }
    // scaled < total < 2^64, so the shift stays below 2^128.
    let threshold = (scaled << 64).checked_div(u128::from(total)).unwrap_or(0);
    u128::from(draw) < threshold
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
