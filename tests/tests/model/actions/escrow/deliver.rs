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
    state::{Refusal, need, require, strategy},
};

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    let (address, seat, _) =
        view.seat(dice, |job, seat| job.live() && job.reviewed() && seat.state != SeatState::Delivered)?;
    // Some never deliver.
    if seat.seal_by % 7 == 0 {
        return None;
    }
    let digest = if dice.once_in(20) { [0; 32] } else { honest() };
    send(ix::escrow::deliver(&seat.operator, &seat.job, digest), move |m| {
        let job = need(m.jobs.get(&seat.job))?;
        let seat = need(m.seats.get_mut(&address))?;
        let review = strategy::review(job.strategy).ok_or(Refusal::Code(EscrowError::WrongStrategy.into()))?;
        require(job.live(), EscrowError::WrongState)?;
        require(job.working(seat) && digest != [0; 32], EscrowError::WrongSeatState)?;
        require(m.now <= seat.seal_by, EscrowError::TooLate)?;
        (seat.state, seat.commitment) = (SeatState::Delivered, digest);
        seat.seal_by = m.now + i64::from(review);
        Ok(())
    })
}
