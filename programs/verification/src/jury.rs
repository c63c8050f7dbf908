//! What a jury's votes come to, and who gets which part of what was put at stake: pure, and used by the simulator as by
//! the chain. Amounts in base units of ASY.

/// Appeals of one case, each to a jury of twice as many chairs.
pub const MAX_APPEALS: u8 = 2;

/// What is decided when nobody can say.
pub const UNDECIDED: [u8; 32] = [0; 32];

/// Chairs of the jury after `appeals`.
pub fn chairs(first: u8, appeals: u8) -> Option<u8> {
    first.checked_mul(1_u8.checked_shl(appeals.into())?)
}

/// What the appeal number `number` (from 1) puts at stake: each twice the one before it.
pub fn appeal_bond(first: u64, number: u8) -> Option<u64> {
    first.checked_mul(1_u64.checked_shl(number.into())?)
}

/// The digest that more than half of all chairs voted for; empty chairs are against everything.
pub fn majority(votes: impl Iterator<Item = ([u8; 32], u8)>, chairs: u8) -> Option<[u8; 32]> {
    let mut votes = votes;
    votes.find(|(_, count)| u16::from(*count).saturating_mul(2) > chairs.into()).map(|(digest, _)| digest)
}

/// One appeal, as far as money goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Appeal {
    pub bond: u64,
    /// The decision that it was made against.
    pub against: [u8; 32],
    /// Whether its jury came to a decision.
    pub heard: bool,
}

impl Appeal {
    /// Whether it was for nothing: its jury, or a later one, decided as it had been decided. Where its jury could not say, the
    /// decision stands and nobody has earned its bond.
    pub fn lost(&self, decision: &[u8; 32]) -> bool {
        self.heard && self.against == *decision
    }
}

/// How the stakes of a decided case are shared out; the parts add up to what was put in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Division {
    /// For each juror that voted as it was decided.
    pub each: u64,
    /// For the side that won, beside its own bond: the other half, and what halves and jurors leave over.
    pub winner: u64,
    /// What goes back to the appellants.
    pub appellants: [u64; MAX_APPEALS as usize],
}

/// Share out the loser's bond and those of lost appeals: half to the `jurors` that voted as it was `decided`, in equal
/// parts, the rest to the winner. `None` on overflow.
pub fn divide(
    bond: u64,
    appeals: &[Appeal; MAX_APPEALS as usize],
    decision: &[u8; 32],
    jurors: u8,
) -> Option<Division> {
    let (mut pot, mut division) = (bond, Division::default());
    for (appeal, back) in appeals.iter().zip(&mut division.appellants) {
        if appeal.lost(decision) { pot = pot.checked_add(appeal.bond)? } else { *back = appeal.bond }
    }
    division.each = (pot >> 1).checked_div(jurors.into()).unwrap_or(0);
    division.winner = pot.checked_sub(division.each.checked_mul(jurors.into())?)?;
    Some(division)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const X: [u8; 32] = [1; 32];
    const Y: [u8; 32] = [2; 32];

    fn decided(votes: &[([u8; 32], u8)], chairs: u8) -> Option<[u8; 32]> {
        majority(votes.iter().copied(), chairs)
    }

    #[test]
    fn more_than_half_of_the_chairs() {
        assert_eq!(decided(&[(X, 2), (Y, 1)], 3), Some(X));
        assert_eq!(decided(&[(Y, 1), (X, 2)], 3), Some(X));
        assert_eq!(decided(&[(X, 1)], 3), None);
        assert_eq!(decided(&[(X, 1)], 1), Some(X));
        assert_eq!(decided(&[(X, 3), (Y, 3)], 6), None);
        assert_eq!(decided(&[(X, 4)], 6), Some(X));
        assert_eq!(decided(&[], 3), None);
        assert_eq!(decided(&[(X, 255)], 255), Some(X));
    }

    #[test]
    fn appeals_double() {
        assert_eq!([0, 1, 2].map(|appeals| chairs(3, appeals)), [Some(3), Some(6), Some(12)]);
        assert_eq!(chairs(7, 2), Some(28));
        assert_eq!((chairs(255, 1), chairs(1, 8)), (None, None));
        assert_eq!([1, 2].map(|number| appeal_bond(10, number)), [Some(20), Some(40)]);
        assert_eq!((appeal_bond(u64::MAX, 1), appeal_bond(1, 64)), (None, None));
    }

    #[test]
    fn halves() {
        let none = [Appeal::default(); 2];
        assert_eq!(divide(100, &none, &X, 2), Some(Division { each: 25, winner: 50, appellants: [0; 2] }));
        assert_eq!(divide(101, &none, &X, 3), Some(Division { each: 16, winner: 53, appellants: [0; 2] }));
        assert_eq!(divide(100, &none, &X, 0), Some(Division { each: 0, winner: 100, appellants: [0; 2] }));
        assert_eq!(divide(1, &none, &X, 1), Some(Division { each: 0, winner: 1, appellants: [0; 2] }));
    }

    #[test]
    fn an_appeal_is_lost_if_what_it_was_against_stands() {
        let of = |bond, against, heard| Appeal { bond, against, heard };
        // Against X, which then Y replaced, and against that, which stood.
        let both = [of(20, X, true), of(40, Y, true)];
        assert_eq!(divide(10, &both, &Y, 5), Some(Division { each: 5, winner: 25, appellants: [20, 0] }));
        assert_eq!(divide(10, &both, &X, 5), Some(Division { each: 3, winner: 15, appellants: [0, 40] }));
        // Its jury could not say: X stands, and the bond goes back.
        let unheard = [of(20, X, false), Appeal::default()];
        assert_eq!(divide(10, &unheard, &X, 2), Some(Division { each: 2, winner: 6, appellants: [20, 0] }));
        // Against no decision, and then there was one.
        let first = [of(20, UNDECIDED, true), Appeal::default()];
        assert_eq!(divide(10, &first, &X, 2), Some(Division { each: 2, winner: 6, appellants: [20, 0] }));
    }

    fn appeal() -> impl Strategy<Value = Appeal> {
        (any::<u64>(), prop::sample::select(vec![X, Y, UNDECIDED]), any::<bool>())
            .prop_map(|(bond, against, heard)| Appeal { bond, against, heard })
    }

    proptest! {
        /// Nothing is left over and nothing is missing; jurors share half of what was lost, less than one unit each left out.
        #[test]
        fn shares_add_up(bond: u64, one in appeal(), two in appeal(), jurors: u8, y: bool) {
            let (appeals, decision) = ([one, two], if y { Y } else { X });
            let lost = appeals.iter().filter(|of| of.lost(&decision)).map(|of| u128::from(of.bond)).sum::<u128>();
            let pot = u128::from(bond) + lost;
            let Some(of) = divide(bond, &appeals, &decision, jurors) else {
                prop_assert!(pot > u128::from(u64::MAX));
                return Ok(());
            };
            let paid = u128::from(of.each) * u128::from(jurors);
            let back: u128 = of.appellants.iter().map(|part| u128::from(*part)).sum();
            let put_in = u128::from(bond) + u128::from(one.bond) + u128::from(two.bond);
            prop_assert_eq!(paid + u128::from(of.winner) + back, put_in);
            prop_assert!(paid <= pot / 2 && (jurors == 0 || pot / 2 - paid < u128::from(jurors)));
            prop_assert!(u128::from(of.winner) >= pot / 2);
        }

        /// Never two, and never with half.
        #[test]
        fn a_majority_is_one(votes in prop::collection::vec(0_u8..8, 0..12), more in 0_u8..8) {
            let count: u8 = votes.iter().sum();
            let chairs = count.saturating_add(more).max(1);
            let of = |i: usize| [i as u8 + 1; 32];
            let won = majority(votes.iter().enumerate().map(|(i, votes)| (of(i), *votes)), chairs);
            let most: Vec<_> = (0..votes.len()).filter(|i| u16::from(votes[*i]) * 2 > u16::from(chairs)).collect();
            prop_assert!(most.len() <= 1);
            prop_assert_eq!(won, most.first().map(|i| of(*i)));
        }
    }
}
