//! Counting a round: pure, and used by the simulator as by the chain.

/// What a taken seat brought to the count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ballot {
    /// Never sealed.
    Ghost,
    /// Sealed, not revealed.
    Silent,
    /// Sealed, and not revealed when it was time to, before the round was widened: it has lost.
    Withheld,
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

/// What a round asks for at the moment of its count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stage {
    /// Seats asked for now.
    pub replicas: u8,
    /// Of which so many must agree.
    pub quorum: u8,
    /// Seats that may ever be asked for.
    pub most: u8,
    /// Whether there was a time to reveal.
    pub could_reveal: bool,
}

/// What a count ends with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Count {
    /// It is over.
    Verdict(Verdict),
    /// So many replicas are asked for, of which so many must agree. `silent`: seats that have withheld, in bits.
    Widen { replicas: u8, quorum: u8, silent: u8 },
    /// No more can be asked, and there are different digests: a jury may decide.
    Tie { silent: u8 },
}

/// How many of `replicas` must agree where the requester asked for `quorum`: always more than half, so that no two digests
/// can both have it.
pub fn quorum_of(replicas: u8, quorum: u8) -> u8 {
    quorum.max((replicas >> 1).saturating_add(1))
}

/// (replicas, quorum) of the next stage; `None` if no more may be asked for.
///
/// Two are added: one tie-breaker that sees the revealed digests would choose the winner without computing anything. Of
/// two that cannot see what the other sealed, neither can.
pub fn widened(replicas: u8, quorum: u8, most: u8) -> Option<(u8, u8)> {
    let next = replicas.saturating_add(2).min(most);
    (replicas < most).then(|| (next, quorum_of(next, quorum)))
}

/// Count `(seat index, ballot)`. A digest with at least `quorum` wins (a quorum is more than half the replicas, so at
/// most one can). Other digests then lose. Withholding always loses, if there was a time to reveal; ghosts are
/// neither: `expire_seat` slashes them.
pub fn tally(ballots: &[(u8, Ballot)], quorum: u8, could_reveal: bool) -> Verdict {
    let winning = ballots.iter().find_map(|(_, ballot)| match ballot {
        Ballot::Digest(digest) => (votes(ballots, ballot) >= usize::from(quorum)).then_some(*digest),
        _ => None,
    });
    match winning {
        Some(root) => {
            let wrong = bits(ballots, |ballot| matches!(ballot, Ballot::Digest(digest) if digest != root));
            let winners = bits(ballots, |ballot| ballot == Ballot::Digest(root));
            Verdict { root, winners, losers: silent(ballots, could_reveal) | wrong }
        }
        None => Verdict { losers: silent(ballots, could_reveal), ..Verdict::default() },
    }
}

/// The verdict on a canary: `root` is right, whatever a quorum says. Whoever sealed and did not reveal it loses.
pub fn known(ballots: &[(u8, Ballot)], root: [u8; 32]) -> Verdict {
    let winners = bits(ballots, |ballot| ballot == Ballot::Digest(root));
    let sealed = bits(ballots, |ballot| ballot != Ballot::Ghost);
    Verdict { root, winners, losers: sealed & !winners }
}

/// Count a replicated round to its verdict, its next stage, or a tie.
pub fn count(ballots: &[(u8, Ballot)], stage: &Stage) -> Count {
    let Stage { replicas, quorum, most, could_reveal } = *stage;
    // One that is trusted and was not drawn to be checked is enough by itself.
    let verdict = tally(ballots, quorum.min(replicas), could_reveal);
    let sealed = bits(ballots, |ballot| ballot != Ballot::Ghost);
    if verdict.winners != 0 || sealed == 0 {
        return Count::Verdict(verdict);
    }
    let silent = verdict.losers;
    if let Some((replicas, next)) = widened(replicas, quorum, most)
        && reachable(ballots, silent, quorum_of(most, quorum), most)
    {
        return Count::Widen { replicas, quorum: next, silent };
    }
    if differ(ballots) { Count::Tie { silent } } else { Count::Verdict(verdict) }
}

/// Whether any digest could still have a quorum if `most` were asked: nobody is asked to work for what cannot be decided.
fn reachable(ballots: &[(u8, Ballot)], silent: u8, quorum: u8, most: u8) -> bool {
    let revealed = bits(ballots, |ballot| matches!(ballot, Ballot::Digest(_)));
    let open = u32::from(most).saturating_sub((revealed | silent).count_ones());
    let digests = ballots.iter().filter(|(_, ballot)| matches!(ballot, Ballot::Digest(_)));
    let best = digests.map(|(_, ballot)| votes(ballots, ballot)).max().unwrap_or(0);
    u32::try_from(best).unwrap_or(0).saturating_add(open) >= quorum.into()
}

/// How many brought the same.
fn votes(ballots: &[(u8, Ballot)], ballot: &Ballot) -> usize {
    ballots.iter().filter(|(_, other)| other == ballot).count()
}

/// Whether there are two different digests.
fn differ(ballots: &[(u8, Ballot)]) -> bool {
    let digests = |(_, ballot): &&(u8, Ballot)| matches!(ballot, Ballot::Digest(_));
    let mut revealed = ballots.iter().filter(digests);
    revealed.next().is_some_and(|(_, first)| revealed.any(|(_, other)| other != first))
}

/// Seats that have lost because they withheld.
fn silent(ballots: &[(u8, Ballot)], could_reveal: bool) -> u8 {
    bits(ballots, |ballot| ballot == Ballot::Withheld || (could_reveal && ballot == Ballot::Silent))
}

fn bits(ballots: &[(u8, Ballot)], wanted: impl Fn(Ballot) -> bool) -> u8 {
    let bit = |index: u8| 1_u8.checked_shl(index.into()).unwrap_or(0);
    ballots.iter().filter(|(_, ballot)| wanted(*ballot)).fold(0, |set, (index, _)| set | bit(*index))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

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

    fn stage(replicas: u8, quorum: u8, most: u8) -> Stage {
        Stage { replicas, quorum, most, could_reveal: true }
    }

    fn outcome(ballots: &[Ballot], stage: Stage) -> Count {
        let ballots: Vec<_> = ballots.iter().enumerate().map(|(i, ballot)| (i as u8, *ballot)).collect();
        super::count(&ballots, &stage)
    }

    fn unresolved(losers: u8) -> Count {
        Count::Verdict(Verdict { losers, ..Verdict::default() })
    }

    #[test]
    fn by_two_and_by_more_than_half() {
        assert_eq!([widened(2, 2, 7), widened(4, 3, 7), widened(6, 4, 7)], [Some((4, 3)), Some((6, 4)), Some((7, 4))]);
        assert_eq!([widened(3, 2, 5), widened(3, 3, 5), widened(3, 3, 4)], [Some((5, 3)), Some((5, 3)), Some((4, 3))]);
        assert_eq!([widened(1, 2, 7), widened(1, 3, 2), widened(3, 2, 3)], [Some((3, 2)), Some((2, 3)), None]);
    }

    #[test]
    fn tie_widens() {
        assert_eq!(outcome(&[A, B], stage(2, 2, 5)), Count::Widen { replicas: 4, quorum: 3, silent: 0 });
        assert_eq!(outcome(&[A, B, A, B], stage(4, 3, 5)), Count::Widen { replicas: 5, quorum: 3, silent: 0 });
        assert_eq!(outcome(&[A, B, A, B, C], stage(5, 3, 5)), Count::Tie { silent: 0 });
        assert_eq!(outcome(&[A, A, A, B, B, B, C], stage(7, 4, 7)), Count::Tie { silent: 0 });
        let four = Count::Verdict(Verdict { root: [1; 32], winners: 0b100_0111, losers: 0b011_1000 });
        assert_eq!(outcome(&[A, A, A, B, B, B, A], stage(7, 4, 7)), four);
    }

    #[test]
    fn one_digest_alone_is_no_tie() {
        assert_eq!(outcome(&[A, A, Ballot::Silent], stage(3, 3, 3)), unresolved(0b100));
        assert_eq!(outcome(&[A, B, Ballot::Silent], stage(3, 3, 3)), Count::Tie { silent: 0b100 });
        assert_eq!(outcome(&[Ballot::Silent; 3], stage(3, 2, 3)), unresolved(0b111));
        assert_eq!(outcome(&[Ballot::Ghost; 3], stage(3, 2, 7)), unresolved(0));
    }

    #[test]
    fn nobody_works_for_what_cannot_be_decided() {
        // Two more of seven could only make three, where four must agree.
        let all: Vec<_> = (1..=5).map(|n| Ballot::Digest([n; 32])).collect();
        assert_eq!(outcome(&all, stage(5, 3, 7)), Count::Tie { silent: 0 });
        assert_eq!(outcome(&all[..4], stage(4, 3, 7)), Count::Widen { replicas: 6, quorum: 4, silent: 0 });
        assert_eq!(outcome(&[Ballot::Silent], stage(1, 2, 2)), unresolved(0b1));
        assert_eq!(outcome(&[Ballot::Silent], stage(1, 2, 3)), Count::Widen { replicas: 3, quorum: 2, silent: 0b1 });
    }

    #[test]
    fn who_withheld_before_loses_whatever_comes() {
        let late = Stage { could_reveal: false, ..stage(5, 3, 5) };
        assert_eq!(outcome(&[A, A, Ballot::Withheld, Ballot::Silent], late), unresolved(0b100));
        let won = Count::Verdict(Verdict { root: [1; 32], winners: 0b1011, losers: 0b0100 });
        assert_eq!(outcome(&[A, A, Ballot::Withheld, A], stage(5, 3, 5)), won);
    }

    #[test]
    fn a_known_answer_outvotes_a_quorum() {
        let ballots = [(0, A), (1, A), (2, B), (3, Ballot::Silent), (4, Ballot::Ghost)];
        assert_eq!(known(&ballots, [2; 32]), Verdict { root: [2; 32], winners: 0b100, losers: 0b1011 });
        assert_eq!(known(&ballots, [9; 32]), Verdict { root: [9; 32], winners: 0, losers: 0b1111 });
    }

    fn ballot() -> impl Strategy<Value = Ballot> {
        prop_oneof![
            Just(Ballot::Ghost),
            Just(Ballot::Silent),
            Just(Ballot::Withheld),
            (1_u8..4).prop_map(|n| Ballot::Digest([n; 32]))
        ]
    }

    proptest! {
        #[test]
        fn stages_grow_to_their_end(replicas in 1_u8..=7, quorum in 1_u8..=7, most in 1_u8..=7) {
            let mut stage = (replicas, quorum_of(replicas, quorum));
            for _ in 0..4 {
                let Some(next) = widened(stage.0, stage.1, most) else { break };
                prop_assert!(next.0 > stage.0 && next.0 <= most && next.0 - stage.0 <= 2 && next.1 >= stage.1);
                prop_assert!(2 * next.1 > next.0, "two digests could win");
                stage = next;
            }
            prop_assert!(widened(stage.0, stage.1, most).is_none());
        }

        /// Nobody wins and loses, nobody loses for a digest that no quorum refuted, and whoever withheld loses.
        #[test]
        fn counts_are_fair(
            ballots in prop::collection::vec(ballot(), 0..=7), quorum in 1_u8..=7, more in 0_u8..=7, could_reveal: bool,
        ) {
            let replicas = (ballots.len() as u8).max(1);
            let quorum = quorum_of(replicas, quorum.min(replicas));
            let stage = Stage { replicas, quorum, most: (replicas + more).min(7), could_reveal };
            let of = |wanted: fn(&Ballot) -> bool| {
                ballots.iter().enumerate().filter(|(_, b)| wanted(b)).fold(0_u8, |set, (i, _)| set | 1 << i)
            };
            let (withheld, ghosts) = (of(|b| *b == Ballot::Withheld), of(|b| *b == Ballot::Ghost));
            let revealed = of(|b| matches!(b, Ballot::Digest(_)));
            match outcome(&ballots, stage) {
                Count::Verdict(verdict) => {
                    prop_assert_eq!(verdict.winners & verdict.losers, 0);
                    prop_assert_eq!((verdict.winners | verdict.losers) & ghosts, 0);
                    prop_assert_eq!(verdict.losers & withheld, withheld);
                    prop_assert!(verdict.winners != 0 || verdict.losers & revealed == 0);
                    let won = verdict.winners.count_ones() as u8;
                    prop_assert!(won == 0 || won >= quorum.min(replicas));
                }
                Count::Widen { replicas: next, quorum, silent } => {
                    prop_assert!(next > replicas && next <= stage.most && 2 * quorum > next);
                    prop_assert_eq!((silent & revealed, silent & ghosts, silent & withheld), (0, 0, withheld));
                }
                Count::Tie { silent } => {
                    prop_assert!(revealed.count_ones() >= 2);
                    prop_assert_eq!((silent & revealed, silent & ghosts, silent & withheld), (0, 0, withheld));
                }
            }
        }
    }
}
