use assay_tests::assay_sdk::{
    escrow::{EscrowError, JobState},
    ix,
};

use super::{
    super::{Next, View, send},
    pay_bounty,
};
use crate::{
    dice::Dice,
    state::{need, require},
};

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    let now = view.model.now;
    let (address, _) =
        view.job(dice, |_, job| job.state == JobState::Open && job.seats.is_empty() && now >= job.seal_by)?;
    let caller = view.anybody(dice);
    send(ix::escrow::expire_job(&address, &caller), move |m| {
        let job = need(m.jobs.get_mut(&address))?;
        require(job.state == JobState::Open, EscrowError::WrongState)?;
        require(job.seats.is_empty(), EscrowError::SeatsLeft)?;
        require(m.now > job.seal_by, EscrowError::TooEarly)?;
        job.end(JobState::Expired, m.now);
        pay_bounty(m, &address, &caller)
    })
}
