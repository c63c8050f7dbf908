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
    let now = view.model.now;
    let (address, _) = view.job(dice, |_, job| job.state == JobState::Open && now >= job.seal_by)?;
    send(ix::escrow::expire_job(&address), move |m| {
        let job = need(m.jobs.get_mut(&address))?;
        require(m.now > job.seal_by, EscrowError::TooEarly)?;
        require(job.state == JobState::Open, EscrowError::WrongState)?;
        require(job.seats.is_empty(), EscrowError::SeatsLeft)?;
        job.state = JobState::Expired;
        Ok(())
    })
}
