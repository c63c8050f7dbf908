use anchor_lang::prelude::Pubkey;
use assay_tests::assay_sdk::{
    addresses,
    escrow::{JobState, Strategy},
    ix,
    verification::{self, VerificationError},
};

use super::super::{Next, View, send};
use crate::{
    dice::Dice,
    state::{Model, Round, Verdict, need, require},
};

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    let fits = |job: &_| !view.model.rounds.contains_key(&addresses::round(job));
    let (address, job) = view.job(dice, |at, job| job.state == JobState::Open && job.has_round() && fits(at))?;
    let who = if dice.once_in(12) { view.anybody(dice) } else { job.requester };
    send(ix::verification::open_round(&who, &address), move |m| open(m, &address, &who))
}

/// Open a job's round, as `who`.
pub fn open(m: &mut Model, address: &Pubkey, who: &Pubkey) -> Verdict {
    let round = addresses::round(address);
    let job = need(m.jobs.get(address))?.clone();
    m.money.create(who, &round, verification::Round::space(matches!(job.strategy, Strategy::Sampled { .. })))?;
    require(*who == job.requester, VerificationError::NotRequester)?;
    m.admins[&verification::ID].running(VerificationError::Paused)?;
    let fits = job.state == JobState::Open && job.seats.is_empty() && job.has_round();
    require(fits, VerificationError::WrongJobState)?;
    m.rounds.insert(round, Round::of(address, &job, who));
    Ok(())
}
