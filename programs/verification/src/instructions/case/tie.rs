//! A tie: a round whose replicas found different things, and no more may be asked.

use anchor_lang::prelude::*;

use super::open::{OpenCase, Opening};
use crate::{
    VerificationError,
    jury::UNDECIDED,
    state::Phase,
    tally::{Ballot, Verdict},
};

/// Anybody may call a jury as long as the round waits for one.
pub(super) fn opening(accounts: &OpenCase, now: i64) -> Result<Opening> {
    let round = accounts.round.as_ref().ok_or(VerificationError::WrongKind)?;
    let tied = round.phase == Phase::Tied && accounts.job.strategy.has_round();
    require!(tied, VerificationError::WrongKind);
    require!(now <= round.reveal_by, VerificationError::CaseTooLate);
    Ok(Opening { review_by: round.reveal_by, ..Opening::default() })
}

/// The verdict in seat bits: who found the jury's `decision` wins, and whoever sealed anything else or withheld loses, as does who is in
/// `silent`, having withheld before the round was widened. Where the jury could not say, whoever revealed is neither.
pub(super) fn verdict(ballots: &[(u8, Ballot)], decision: &[u8; 32], silent: u8) -> Verdict {
    let mut verdict = Verdict::default();
    for (index, ballot) in ballots {
        let bit = 1_u8.checked_shl((*index).into()).unwrap_or(0);
        match ballot {
            Ballot::Ghost => {}
            _ if silent & bit != 0 => verdict.losers |= bit,
            Ballot::Silent | Ballot::Withheld => verdict.losers |= bit,
            Ballot::Digest(_) if *decision == UNDECIDED => {}
            Ballot::Digest(digest) if digest == decision => verdict.winners |= bit,
            Ballot::Digest(_) => verdict.losers |= bit,
        }
    }
    if verdict.winners != 0 {
        verdict.root = *decision;
    }
    verdict
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: Ballot = Ballot::Digest([1; 32]);
    const B: Ballot = Ballot::Digest([2; 32]);

    fn bits(ballots: &[Ballot], decision: u8, silent: u8) -> (u8, u8, u8) {
        let ballots: Vec<_> = ballots.iter().enumerate().map(|(i, ballot)| (i as u8, *ballot)).collect();
        let verdict = verdict(&ballots, &[decision; 32], silent);
        (verdict.winners, verdict.losers, verdict.root[0])
    }

    #[test]
    fn who_found_it_wins() {
        assert_eq!(bits(&[A, B, A, Ballot::Silent, Ballot::Ghost], 1, 0), (0b00101, 0b01010, 1));
        assert_eq!(bits(&[A, B], 3, 0), (0, 0b11, 0));
        assert_eq!(bits(&[A, B, Ballot::Silent], 0, 0), (0, 0b100, 0));
        assert_eq!(bits(&[], 1, 0), (0, 0, 0));
    }

    /// Who withheld before has lost, even if it revealed the right thing later.
    #[test]
    fn the_silent_have_lost() {
        assert_eq!(bits(&[A, B, A], 1, 0b001), (0b100, 0b011, 1));
        assert_eq!(bits(&[A, B], 0, 0b10), (0, 0b10, 0));
        assert_eq!(bits(&[Ballot::Ghost, A], 1, 0b01), (0b10, 0, 1));
    }
}
