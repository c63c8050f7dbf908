use assay_tests::assay_sdk::{
    addresses,
    escrow::JobState,
    ix,
    verification::{Phase, VerificationError},
};

use super::super::{Next, View, send};
use crate::{
    dice::Dice,
    state::{Model, Round, need, require},
};

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    let any = dice.once_in(10);
    let rounds: Vec<_> = view.model.rounds.values().filter(|round| any || over(view.model, round)).collect();
    let (job, payer) = dice.pick(&rounds).map(|round| (round.job, round.payer))?;
    let address = addresses::round(&job);
    send(ix::verification::close_round(&job, &payer), move |m| {
        let round = need(m.rounds.get(&address))?.clone();
        require(over(m, &round), VerificationError::WrongPhase)?;
        m.rounds.remove(&address);
        m.money.close(&address, &payer)
    })
}

/// Final, or its job is gone, was taken back, or is another one.
fn over(m: &Model, round: &Round) -> bool {
    let ended = |state| matches!(state, JobState::Cancelled | JobState::Expired);
    round.phase == Phase::Final || m.jobs.get(&round.job).is_none_or(|job| ended(job.state) || !round.is_of(job))
}
