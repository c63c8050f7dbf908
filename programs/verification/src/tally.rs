//! Counting a round: pure, and used by the simulator as by the chain.

/// What a taken seat brought to the count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ballot {
    /// Never sealed.
    Ghost,
    /// Sealed, never revealed.
    Silent,
    /// Revealed this digest.
    Digest([u8; 32]),
}

/// The verdict, in seat bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// The digest with the quorum; zeros if there is none.
    pub root: [u8; 32],
    pub winners: u8,
    pub losers: u8,
}

/// Count `(seat index, ballot)`. A digest with at least `quorum` wins (a quorum is more than half the replicas, so at
/// most one can). Other digests then lose. Withholding always loses, if there was a time to reveal; ghosts are
/// neither: `expire_seat` slashes them.
pub fn tally(ballots: &[(u8, Ballot)], quorum: u8, could_reveal: bool) -> Verdict {
    let bit = |index: u8| 1_u8.checked_shl(index.into()).unwrap_or(0);
    let bits = |wanted: &dyn Fn(Ballot) -> bool| {
        ballots.iter().filter(|(_, ballot)| wanted(*ballot)).fold(0, |set, (index, _)| set | bit(*index))
    };
    let winning = ballots.iter().find_map(|(_, ballot)| match ballot {
        Ballot::Digest(digest) => {
            let votes = ballots.iter().filter(|(_, other)| other == ballot).count();
            (votes >= usize::from(quorum)).then_some(*digest)
        }
        _ => None,
    });
    let silent = if could_reveal { bits(&|ballot| ballot == Ballot::Silent) } else { 0 };
    match winning {
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

    fn count(ballots: &[Ballot], quorum: u8) -> (u8, u8, bool) {
        let ballots: Vec<_> = ballots.iter().enumerate().map(|(i, ballot)| (i as u8, *ballot)).collect();
        let verdict = tally(&ballots, quorum, true);
        (verdict.winners, verdict.losers, verdict.root != [0; 32])
    }

    #[test]
    fn quorum_edge() {
        assert_eq!(count(&[A, A, A], 2), (0b111, 0, true));
        assert_eq!(count(&[A, B, A], 2), (0b101, 0b010, true));
        assert_eq!(count(&[B, A, A], 3), (0, 0, false));
        assert_eq!(count(&[A, B, C], 2), (0, 0, false));
        assert_eq!(count(&[A, A], 2), (0b11, 0, true));
        assert_eq!(count(&[], 2), (0, 0, false));
    }

    #[test]
    fn the_silent_lose_with_or_without_a_quorum() {
        assert_eq!(count(&[A, Ballot::Silent, A], 2), (0b101, 0b010, true));
        assert_eq!(count(&[A, Ballot::Silent, B], 2), (0, 0b010, false));
        assert_eq!(tally(&[(0, Ballot::Silent)], 2, false), Verdict::default());
    }

    #[test]
    fn ghosts_are_left_to_expire_seat() {
        assert_eq!(count(&[A, Ballot::Ghost, A], 2), (0b101, 0, true));
    }
}
