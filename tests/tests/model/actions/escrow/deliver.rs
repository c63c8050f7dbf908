use assay_tests::{
    assay_sdk::{
        escrow::{EscrowError, SeatState},
        ix,
    },
    world::honest,
};

use super::super::{Next, View, send};
use crate::{
    dice::Dice,
    state::{Refusal, need, require, strategy, tree},
};

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    let (address, seat, job) =
        view.seat(dice, |job, seat| job.live() && job.reviewed() && seat.state != SeatState::Delivered)?;
    // Some never deliver.
    if seat.seal_by % 7 == 0 {
        return None;
    }
    let wrong = dice.once_in(2).then(|| dice.below(job.units));
    let digest = match dice.below(20) {
        0 => [0; 32],
        // No root of anything.
        1 => honest(),
        _ => tree::root(&tree::units(job.units, wrong)),
    };
    send(ix::escrow::deliver(&seat.operator, &seat.job, digest), move |m| {
        let job = need(m.jobs.get(&seat.job))?;
        let seat = need(m.seats.get_mut(&address))?;
        let review = strategy::review(job.strategy).ok_or(Refusal::Code(EscrowError::WrongStrategy.into()))?;
        require(job.live(), EscrowError::WrongState)?;
        require(job.working(seat) && digest != [0; 32], EscrowError::WrongSeatState)?;
        require(m.now <= seat.seal_by, EscrowError::TooLate)?;
        (seat.state, seat.commitment, seat.wrong) = (SeatState::Delivered, digest, wrong);
        seat.seal_by = m.now + i64::from(review);
        Ok(())
    })
}
