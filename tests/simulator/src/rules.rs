//! Rules that the programs do not have as pure functions of their own yet. Each says which function it is to become.

use anchor_lang::prelude::Pubkey;
use solana_sha256_hasher::hashv;

/// Where a round goes that found no quorum: two seats more, and more than half of all to win. `None` when there are no
/// more seats. Will be `assay_verification::tally::widen`.
pub fn widen(wanted: u8, quorum: u8, most: u8) -> Option<(u8, u8)> {
    if wanted >= most {
        return None;
    }
    let wanted = wanted.saturating_add(2).min(most);
    Some((wanted, quorum.max(wanted / 2 + 1)))
}

/// Whether the one seat of an adaptive job is re-checked: `draw < bps / 10,000 * 2^64`, the draw being that of the
/// operator's pool in the role `assay:recheck`. Will be `assay_verification::adaptive::rechecked`.
pub fn rechecked(draw: u64, bps: u16) -> bool {
    u128::from(draw) * 10_000 < u128::from(bps) << 64
}

/// The role of the draw above. Will be `assay_staking::sortition::ROLE_RECHECK`.
pub const ROLE_RECHECK: &[u8] = b"assay:recheck";
/// The role of a jury's chair. Will be `assay_staking::sortition::ROLE_JURY`.
pub const ROLE_JURY: &[u8] = b"assay:jury";

/// Which units of a sampled job are computed again: `wanted` of `units`, none twice, by (job, seed) alone. Will be
/// `assay_verification::sample::units`.
pub fn sample_units(job: &Pubkey, seed: &[u8; 32], units: u64, wanted: u8) -> Vec<u64> {
    let wanted = usize::try_from(units).unwrap_or(usize::MAX).min(wanted.into());
    let mut drawn = Vec::with_capacity(wanted);
    let mut i = 0_u64;
    while drawn.len() < wanted {
        let hash = hashv(&[seed, b"assay:sample", job.as_ref(), &i.to_le_bytes()]).to_bytes();
        let mut first = [0; 8];
        first.copy_from_slice(&hash[..8]);
        let unit = u64::from_le_bytes(first) % units;
        if !drawn.contains(&unit) {
            drawn.push(unit);
        }
        i += 1;
    }
    drawn
}

/// Whether so many equal ballots decide for so many seats or chairs: more than half. Will be part of
/// `assay_verification`'s counts of committees and juries.
pub fn majority(ballots: usize, chairs: usize) -> bool {
    ballots * 2 > chairs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widens_by_two_with_a_majority() {
        assert_eq!(widen(3, 2, 7), Some((5, 3)));
        assert_eq!(widen(5, 3, 7), Some((7, 4)));
        assert_eq!(widen(7, 4, 7), None);
        assert_eq!(widen(1, 1, 7), Some((3, 2)));
        assert_eq!(widen(3, 3, 4), Some((4, 3)));
        assert_eq!(widen(2, 2, 2), None);
    }

    #[test]
    fn rechecks_at_the_edge() {
        assert!(rechecked(u64::MAX, 10_000) && !rechecked(0, 0));
        let edge = u64::try_from((500_u128 << 64) / 10_000).unwrap();
        assert!(rechecked(edge, 500) && !rechecked(edge + 1, 500));
    }

    #[test]
    fn samples_are_distinct_and_all_when_few() {
        let job = Pubkey::new_from_array([1; 32]);
        let mut all = sample_units(&job, &[2; 32], 16, 16);
        all.sort_unstable();
        assert_eq!(all, (0..16).collect::<Vec<_>>());
        assert_eq!(sample_units(&job, &[2; 32], 1, 16), [0]);
        assert_eq!(sample_units(&job, &[2; 32], 1 << 32, 16).len(), 16);
        assert_ne!(sample_units(&job, &[2; 32], 1_000, 4), sample_units(&job, &[3; 32], 1_000, 4));
    }
}
