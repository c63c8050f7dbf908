//! What the simulator counts on the programs' functions for.

use assay_simulator::rules::{chairs, known, majority, units, widened};
use assay_verification::tally::Ballot;

#[test]
fn widens_by_two_with_a_majority() {
    assert_eq!([widened(1, 1, 7), widened(3, 2, 7), widened(5, 3, 7)], [Some((3, 2)), Some((5, 3)), Some((7, 4))]);
    assert_eq!(widened(7, 4, 7), None);
}

#[test]
fn a_canary_knows_better_than_a_quorum() {
    let [right, wrong] = [1, 2].map(|digest| Ballot::Digest([digest; 32]));
    let verdict = known(&[(0, wrong), (1, wrong), (2, right), (3, Ballot::Silent)], [1; 32]);
    assert_eq!((verdict.winners, verdict.losers), (0b100, 0b1011));
}

#[test]
fn juries_and_samples() {
    let of = |votes: u8, chairs| majority([([9; 32], 1), ([1; 32], votes)].into_iter(), chairs);
    assert_eq!((of(2, 3), of(2, 4), chairs(3, 2)), (Some([1; 32]), None, Some(12)));
    let mut all = units(&[2; 32], &anchor_lang::prelude::Pubkey::default(), 16, 16);
    all.sort_unstable();
    assert_eq!(all, (0..16).collect::<Vec<_>>());
}
