//! Counting the committee of a sampled job: pure, and used by the simulator as by the chain.

use crate::tally::{Ballot, Verdict};

/// The seat that computed the job; the others compute its samples again.
pub const EXECUTOR: u8 = 0;

/// What a jury made of the samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Jury {
    /// Nobody called one.
    Uncalled,
    /// It was called, and could not tell.
    Undecided,
    /// It found this sample root.
    Found([u8; 32]),
}

/// The sample root of more than half of the committee, those among it who are silent counted as well.
pub fn majority(ballots: &[(u8, Ballot)], committee: u8) -> Option<[u8; 32]> {
    let voted = || ballots.iter().filter(|(index, _)| *index != EXECUTOR);
    voted().find_map(|(_, ballot)| match ballot {
        Ballot::Digest(digest) => {
            let votes = voted().filter(|(_, other)| other == ballot).count();
            (votes > usize::from(committee >> 1)).then_some(*digest)
        }
        _ => None,
    })
}

/// Judge `(seat index, ballot)`, the executor's ballot being the sample root of the leaves that it showed.
///
/// What a jury found is right; without one, what the majority found. Who found it wins, who found another loses. If the
/// jury cannot tell, the majority's word stands against nobody but those who are silent and where the executor agrees with
/// it: an executor that called the jury against the majority is not condemned by it. Where nothing is right, nobody wins.
/// The silent lose in any case, ghosts are left to `expire_seat`. The verdict's root is the right *sample* root.
pub fn verdict(ballots: &[(u8, Ballot)], committee: u8, jury: Jury) -> Verdict {
    let executor = ballots.iter().find(|(index, _)| *index == EXECUTOR).map(|(_, ballot)| *ballot);
    let counted = majority(ballots, committee);
    let right = match jury {
        Jury::Found(root) => Some(root),
        Jury::Uncalled => counted,
        Jury::Undecided => counted.filter(|root| !matches!(executor, Some(Ballot::Digest(shown)) if shown != *root)),
    };
    let bits = |wanted: &dyn Fn(Ballot) -> bool| {
        let bit = |index: u8| 1_u8.checked_shl(index.into()).unwrap_or(0);
        ballots.iter().filter(|(_, ballot)| wanted(*ballot)).fold(0, |set, (index, _)| set | bit(*index))
    };
    let silent = bits(&|ballot| ballot == Ballot::Silent);
    match right {
        Some(root) => Verdict {
            root,
            winners: bits(&|ballot| ballot == Ballot::Digest(root)),
            losers: silent | bits(&|ballot| matches!(ballot, Ballot::Digest(digest) if digest != root)),
        },
        None => Verdict { losers: silent, ..Verdict::default() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: Ballot = Ballot::Digest([1; 32]);
    const B: Ballot = Ballot::Digest([2; 32]);
    const C: Ballot = Ballot::Digest([3; 32]);
    use Ballot::{Ghost, Silent};
    use Jury::{Found, Uncalled, Undecided};

    /// (winners, losers) of the executor and a committee of so many, of whom those listed took seats.
    fn judge(seats: &[Ballot], committee: u8, jury: Jury) -> (u8, u8) {
        let ballots: Vec<_> = seats.iter().enumerate().map(|(i, ballot)| (i as u8, *ballot)).collect();
        let verdict = verdict(&ballots, committee, jury);
        (verdict.winners, verdict.losers)
    }

    #[test]
    fn the_majority_is_right_where_no_jury_is_called() {
        assert_eq!(judge(&[A, A, A, A], 3, Uncalled), (0b1111, 0));
        assert_eq!(judge(&[A, A, B, A], 3, Uncalled), (0b1011, 0b0100));
        assert_eq!(judge(&[A, B, B, A], 3, Uncalled), (0b0110, 0b1001));
        assert_eq!(judge(&[A, B], 1, Uncalled), (0b10, 0b01));
        assert_eq!(judge(&[Silent, A, A, B], 3, Uncalled), (0b0110, 0b1001));
    }

    /// `quorum_edge`: the executor has no vote, and who is silent or missing is no reason to need fewer.
    #[test]
    fn more_than_half_of_the_whole_committee() {
        assert_eq!(judge(&[A, A, B], 2, Uncalled), (0, 0));
        assert_eq!(judge(&[A, A, Silent], 2, Uncalled), (0, 0b100));
        assert_eq!(judge(&[A, A], 3, Uncalled), (0, 0));
        assert_eq!(judge(&[A, A, Silent, Silent], 3, Uncalled), (0, 0b1100));
        assert_eq!(judge(&[A, A, A, Silent], 3, Uncalled), (0b0111, 0b1000));
        assert_eq!(judge(&[A, A, A, Ghost], 3, Uncalled), (0b0111, 0));
        assert_eq!(judge(&[A, A, A, B, B], 4, Uncalled), (0, 0));
        assert_eq!(judge(&[A, A, A, A, B], 4, Uncalled), (0b01111, 0b10000));
        assert_eq!(judge(&[A, A, B, C], 3, Uncalled), (0, 0));
    }

    #[test]
    fn a_jury_is_above_the_majority() {
        assert_eq!(judge(&[A, B, B, A], 3, Found([1; 32])), (0b1001, 0b0110));
        assert_eq!(judge(&[A, B, B, A], 3, Found([2; 32])), (0b0110, 0b1001));
        assert_eq!(judge(&[A, A, A, Silent], 3, Found([2; 32])), (0, 0b1111));
        assert_eq!(judge(&[A, B, C], 2, Found([1; 32])), (0b001, 0b110));
        assert_eq!(judge(&[A, Ghost], 1, Found([1; 32])), (0b01, 0));
    }

    #[test]
    fn a_jury_that_cannot_tell_condemns_nobody() {
        assert_eq!(judge(&[A, B, B, A], 3, Undecided), (0, 0));
        assert_eq!(judge(&[A, B, B, Silent], 3, Undecided), (0, 0b1000));
        assert_eq!(judge(&[A, B, C], 2, Undecided), (0, 0));
        // Nor does a jury to which nobody comes take from an executor what the committee agreed on.
        assert_eq!(judge(&[A, A, A, B], 3, Undecided), (0b0111, 0b1000));
        assert_eq!(judge(&[Silent, A, A, B], 3, Undecided), (0b0110, 0b1001));
    }
}
