use assay_tests::assay_sdk::{
    escrow::{EscrowError, SeatState},
    ix,
};

use super::{
    super::{Next, View, send},
    slash_seat::{both, end},
};
use crate::{dice::Dice, state::require};

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    let now = view.model.now;
    let (address, seat, job) = view.seat(dice, |_, seat| seat.state == SeatState::Claimed && now >= seat.seal_by)?;
    let caller = view.anybody(dice);
    let call = ix::escrow::expire_seat(&seat.job, &job.requester, &seat.operator, &caller);
    send(call, move |m| {
        let (job, seat) = both(m, &address, &seat.job)?;
        require(seat.state == SeatState::Claimed, EscrowError::WrongSeatState)?;
        require(m.now > seat.seal_by, EscrowError::TooEarly)?;
        end(m, &address, &caller, job.bond)
    })
}
