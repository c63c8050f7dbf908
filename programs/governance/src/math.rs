//! Pure arithmetic of the governance program: quorum and majority. Weights are base units of staked ASY.

/// 100 %, in bps.
pub const BPS: u64 = 10_000;

/// Weight that must vote, of `staked` in all: `quorum_bps` of it, rounded up, and never nothing.
pub fn quorum(staked: u64, quorum_bps: u16) -> Option<u64> {
    let product = u128::from(staked).checked_mul(u128::from(quorum_bps))?;
    let quorum = u64::try_from(product.div_ceil(u128::from(BPS))).ok()?;
    Some(quorum.max(1))
}

/// Whether a vote is carried: a quorum voted in any way, and of those for or against *more than* `majority_bps` are for.
pub fn carried(yes: u64, no: u64, abstain: u64, quorum: u64, majority_bps: u16) -> bool {
    let decided = u128::from(yes).saturating_add(u128::from(no));
    let cast = decided.saturating_add(u128::from(abstain));
    // Below 2^65 * 10^4: neither product can saturate.
    let yes = u128::from(yes).saturating_mul(u128::from(BPS));
    cast >= u128::from(quorum) && yes > decided.saturating_mul(u128::from(majority_bps))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn quorum_rounds_up_and_is_never_nothing() {
        assert_eq!(quorum(10_000, 2_000), Some(2_000));
        assert_eq!(quorum(10_001, 2_000), Some(2_001));
        assert_eq!(quorum(0, 2_000), Some(1));
        assert_eq!(quorum(u64::MAX, 10_000), Some(u64::MAX));
    }

    /// `quorum_edge`: one base unit less is no quorum; a tie is no majority.
    #[test]
    fn quorum_edge() {
        assert!(carried(20, 0, 0, 20, 5_000) && !carried(19, 0, 0, 20, 5_000));
        assert!(carried(1, 0, 19, 20, 5_000), "an abstention counts for the quorum");
        assert!(!carried(10, 10, 0, 20, 5_000) && carried(11, 10, 0, 20, 5_000));
        assert!(!carried(0, 0, 20, 20, 5_000), "nobody is for it");
        assert!(!carried(60, 40, 0, 1, 6_000) && carried(6_001, 3_999, 0, 1, 6_000));
        assert!(carried(u64::MAX, u64::MAX - 1, u64::MAX, u64::MAX, 5_000));
    }

    proptest! {
        #[test]
        fn a_carried_vote_has_more_for_than_against(yes: u64, no: u64, abstain: u64, quorum: u64, bps in 5_000u16..10_000) {
            prop_assert!(!carried(yes, no, abstain, quorum, bps) || yes > no);
        }

        #[test]
        fn more_for_it_never_defeats_it(yes in 0..u64::MAX, no: u64, abstain: u64, quorum: u64, bps in 5_000u16..10_000) {
            prop_assert!(!carried(yes, no, abstain, quorum, bps) || carried(yes + 1, no, abstain, quorum, bps));
        }

        #[test]
        fn a_quorum_is_at_least_its_share(staked: u64, bps in 1u16..=10_000) {
            let quorum = u128::from(quorum(staked, bps).unwrap());
            let share = u128::from(staked) * u128::from(bps);
            prop_assert!(quorum * 10_000 >= share && (quorum == 1 || (quorum - 1) * 10_000 < share));
        }
    }
}
