use anchor_lang::prelude::Pubkey;
use assay_tests::assay_sdk::{
    ix,
    verification::{CasePhase, Ruling, VerificationError},
};

use super::super::{Next, View, send};
use crate::{
    dice::Dice,
    state::{need, require},
};

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    let ended = |job: &Pubkey| view.model.jobs.get(job).is_some_and(|job| !job.live());
    let (at, case) = view.case(dice, |case| case.phase != CasePhase::Concluded && ended(&case.job))?;
    let job = case.job;
    send(ix::verification::moot_case(&job, &at), move |m| {
        let live = need(m.jobs.get(&job))?.live();
        let case = need(m.cases.get_mut(&at))?;
        require(!live, VerificationError::NotMoot)?;
        case.give_back(Ruling::Moot)
    })
}
