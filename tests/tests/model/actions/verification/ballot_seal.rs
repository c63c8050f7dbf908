use assay_tests::{
    assay_sdk::{
        ix,
        verification::{BallotState, CaseKind, CasePhase, VerificationError, seal},
    },
    market::salt,
    world::{GENESIS, honest, lie},
};

use super::super::{Next, View, send};
use crate::{
    dice::Dice,
    state::{need, require, tree},
};

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    let m = view.model;
    let (address, ballot, case) = view.ballot(dice, |case, ballot| {
        case.phase == CasePhase::Judging && ballot.state == BallotState::Joined && ballot.level == case.level()
    })?;
    // Some never seal.
    if ballot.seal_by % 11 == 0 {
        return None;
    }
    let (at, operator) = (ballot.case, ballot.operator);
    let right = match case.kind {
        CaseKind::Challenge { unit } => tree::unit(unit),
        CaseKind::Sample => m.jobs.get(&case.job)?.sample_root(&case.job),
        _ => honest(),
    };
    let digest = match dice.below(8) {
        0 => lie(&operator),
        // Liars who agree, with each other or with the one that they judge.
        1 => lie(&at),
        2 if case.claim != [0; 32] => case.claim,
        _ => right,
    };
    let sealed = match dice.below(20) {
        0 => [0; 32],
        1 => [1; 32],
        _ => seal::seal(&GENESIS, &at, &operator, &digest, &salt(&at, &operator)),
    };
    send(ix::verification::ballot_seal(&operator, &at, sealed), move |m| {
        let now = m.now;
        let case = need(m.cases.get_mut(&at))?;
        let ballot = need(m.ballots.get_mut(&address))?;
        require(sealed != [0; 32], VerificationError::EmptyCommitment)?;
        let present = ballot.state == BallotState::Joined && ballot.level == case.level();
        require(present, VerificationError::WrongBallotState)?;
        require(now <= ballot.seal_by, VerificationError::SealTooLate)?;
        case.require(CasePhase::Judging)?;
        case.sealed += 1;
        if case.sealed == case.chairs {
            case.until = now + case.reveal_window;
        }
        (ballot.state, ballot.commitment, ballot.digest) = (BallotState::Sealed, sealed, digest);
        Ok(())
    })
}
