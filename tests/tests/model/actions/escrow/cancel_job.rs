use assay_tests::assay_sdk::{
    escrow::{EscrowError, JobState},
    ix,
};

use super::super::{Next, View, send};
use crate::{
    dice::Dice,
    state::{need, require},
};

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    let (address, job) = view.job(dice, |_, job| job.state == JobState::Open && job.seats.is_empty())?;
    let who = if dice.once_in(6) { view.anybody(dice) } else { job.requester };
    send(ix::escrow::cancel_job(&who, &address), move |m| {
        let job = need(m.jobs.get_mut(&address))?;
        require(who == job.requester, EscrowError::NotRequester)?;
        require(job.state == JobState::Open, EscrowError::WrongState)?;
        require(job.seats.is_empty(), EscrowError::SeatsLeft)?;
        job.state = JobState::Cancelled;
        Ok(())
    })
}
