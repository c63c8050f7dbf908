use assay_tests::{
    assay_sdk::{
        ix,
        verification::{BallotState, CasePhase, VerificationError, seal},
    },
    market::salt,
    world::GENESIS,
};

use super::super::{Next, View, send};
use crate::{
    dice::Dice,
    state::{need, require},
};

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    let now = view.model.now;
    let (address, ballot, _) = view.ballot(dice, |case, ballot| {
        case.phase == CasePhase::Judging && ballot.state == BallotState::Sealed && case.revealing(now)
    })?;
    // Some never reveal.
    if ballot.commitment[1] % 16 == 0 {
        return None;
    }
    let digest = match dice.below(24) {
        0 => [0; 32],
        1 => [7; 32],
        _ => ballot.digest,
    };
    let (at, operator) = (ballot.case, ballot.operator);
    let salt = salt(&at, &operator);
    send(ix::verification::ballot_reveal(&operator, &at, digest, salt), move |m| {
        let now = m.now;
        let case = need(m.cases.get_mut(&at))?;
        let ballot = need(m.ballots.get_mut(&address))?;
        require(digest != [0; 32], VerificationError::EmptyCommitment)?;
        let present = ballot.state == BallotState::Sealed && ballot.level == case.level();
        require(present, VerificationError::WrongBallotState)?;
        let sealed = seal::seal(&GENESIS, &at, &operator, &digest, &salt);
        require(sealed == ballot.commitment, VerificationError::WrongPreimage)?;
        case.require(CasePhase::Judging)?;
        require(case.revealing(now), VerificationError::RevealTooEarly)?;
        require(now <= case.until, VerificationError::RevealTooLate)?;
        case.vote(digest);
        (ballot.state, ballot.commitment) = (BallotState::Revealed, digest);
        Ok(())
    })
}
