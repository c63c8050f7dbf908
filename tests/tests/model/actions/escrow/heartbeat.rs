use assay_tests::assay_sdk::{escrow::EscrowError, ix};

use super::super::{Next, View, send};
use crate::{
    dice::Dice,
    state::{need, require},
};

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    let (address, seat, job) = view.seat(dice, |job, _| job.live())?;
    let progress = match dice.below(10) {
        0 => job.units + 1,
        1 => seat.progress.saturating_sub(1),
        _ => seat.progress + dice.below(job.units - seat.progress.min(job.units) + 1),
    };
    send(ix::escrow::heartbeat(&seat.operator, &seat.job, progress), move |m| {
        let now = m.now;
        let job = need(m.jobs.get(&seat.job))?;
        let seat = need(m.seats.get_mut(&address))?;
        require(job.live(), EscrowError::WrongState)?;
        require(progress >= seat.progress && progress <= job.units, EscrowError::BadProgress)?;
        (seat.progress, seat.heartbeat_at) = (progress, now);
        Ok(())
    })
}
