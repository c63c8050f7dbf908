//! Rules that this branch's programs do not have yet, under the names and signatures that they will have there: with the
//! programs' own in place, this file becomes `pub use`.

use anchor_lang::prelude::Pubkey;
use assay_staking::sortition;
use assay_verification::tally::{Ballot, Verdict};
use solana_sha256_hasher::hashv;

/// How many of `replicas` must agree: `assay_verification::tally::quorum_of`.
pub fn quorum_of(replicas: u8, quorum: u8) -> u8 {
    quorum.max((replicas >> 1).saturating_add(1))
}

/// (replicas, quorum) of the next stage, `None` if no more may be asked for: `assay_verification::tally::widened`. The
/// loop around it, `Market::stages`, is `tally::count`.
pub fn widened(replicas: u8, quorum: u8, most: u8) -> Option<(u8, u8)> {
    let next = replicas.saturating_add(2).min(most);
    (replicas < most).then(|| (next, quorum_of(next, quorum)))
}

/// The verdict on a canary, whose answer is `root`: `assay_verification::tally::known`.
pub fn known(ballots: &[(u8, Ballot)], root: [u8; 32]) -> Verdict {
    let bits = |right: bool| {
        let of = ballots.iter().filter(|(_, ballot)| *ballot != Ballot::Ghost);
        of.filter(|(_, ballot)| (*ballot == Ballot::Digest(root)) == right).fold(0, |set, (index, _)| set | 1 << index)
    };
    Verdict { root, winners: bits(true), losers: bits(false) }
}

/// Whether the one result of an adaptive job is re-checked: `assay_verification::adaptive::recheck`.
pub fn recheck(seed: &[u8; 32], job: &Pubkey, pool: &Pubkey, bps: u16) -> bool {
    below(sortition::draw(seed, sortition::ROLE_RECHECK, job, pool), bps)
}

/// `draw < bps / 10,000 * 2^64`.
fn below(draw: u64, bps: u16) -> bool {
    u128::from(draw) * 10_000 < u128::from(bps) << 64
}

/// Which units of a sampled job are computed again: `samples` of `units`, none twice, by (job, seed) alone:
/// `assay_verification::sample::units`.
pub fn units(seed: &[u8; 32], job: &Pubkey, units: u64, samples: u8) -> Vec<u64> {
    let wanted = usize::try_from(units).unwrap_or(usize::MAX).min(samples.into());
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

/// Chairs of the jury after `appeals`: `assay_verification::jury::chairs`.
pub fn chairs(first: u8, appeals: u8) -> Option<u8> {
    first.checked_mul(1_u8.checked_shl(appeals.into())?)
}

/// The digest that more than half of all chairs voted for: `assay_verification::jury::majority`.
pub fn majority(mut votes: impl Iterator<Item = ([u8; 32], u8)>, chairs: u8) -> Option<[u8; 32]> {
    votes.find(|(_, count)| u16::from(*count).saturating_mul(2) > chairs.into()).map(|(digest, _)| digest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widens_by_two_with_a_majority() {
        assert_eq!(widened(3, 2, 7), Some((5, 3)));
        assert_eq!(widened(5, 3, 7), Some((7, 4)));
        assert_eq!(widened(7, 4, 7), None);
        assert_eq!(widened(1, 1, 7), Some((3, 2)));
        assert_eq!(widened(3, 3, 4), Some((4, 3)));
        assert_eq!(widened(2, 2, 2), None);
    }

    #[test]
    fn rechecks_at_the_edge() {
        assert!(below(u64::MAX, 10_000) && !below(0, 0));
        let edge = u64::try_from((500_u128 << 64) / 10_000).unwrap();
        assert!(below(edge, 500) && !below(edge + 1, 500));
    }

    #[test]
    fn a_canary_knows_better_than_a_quorum() {
        let [right, wrong] = [1, 2].map(|digest| Ballot::Digest([digest; 32]));
        let verdict = known(&[(0, wrong), (1, wrong), (2, right), (3, Ballot::Silent), (4, Ballot::Ghost)], [1; 32]);
        assert_eq!((verdict.winners, verdict.losers), (0b100, 0b1011));
    }

    #[test]
    fn more_than_half_of_the_chairs() {
        let of = |votes: u8, chairs| majority([([9; 32], 1), ([1; 32], votes)].into_iter(), chairs);
        assert_eq!((of(2, 3), of(2, 4), of(3, 4)), (Some([1; 32]), None, Some([1; 32])));
        assert_eq!((chairs(3, 2), chairs(200, 1)), (Some(12), None));
    }

    #[test]
    fn samples_are_distinct_and_all_when_few() {
        let job = Pubkey::new_from_array([1; 32]);
        let mut all = units(&[2; 32], &job, 16, 16);
        all.sort_unstable();
        assert_eq!(all, (0..16).collect::<Vec<_>>());
        assert_eq!(units(&[2; 32], &job, 1, 16), [0]);
        assert_eq!(units(&[2; 32], &job, 1 << 32, 16).len(), 16);
        assert_ne!(units(&[2; 32], &job, 1_000, 4), units(&[3; 32], &job, 1_000, 4));
    }
}
