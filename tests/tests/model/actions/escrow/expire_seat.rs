use assay_tests::assay_sdk::{
    escrow::{EscrowError, JobState},
    ix,
};

use super::{
    super::{Next, View, send},
    slash_seat::{Part, as_it_is, both, end},
};
use crate::{dice::Dice, state::require};

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    let now = view.model.now;
    let ghost = |at: i64| now >= at;
    let (address, seat, job) = view.seat(dice, |job, seat| job.working(seat) && ghost(seat.seal_by))?;
    let caller = view.anybody(dice);
    let call = ix::escrow::expire_seat(&seat.job, &job.requester, &seat.operator, &caller);
    send(as_it_is(view, call, &address)?, move |m| {
        let (job, now_seat) = both(m, &address, &seat)?;
        let accepted = job.winners.contains(&now_seat.index);
        require(job.working(&now_seat) && !accepted, EscrowError::WrongSeatState)?;
        // Cancelled: only who was late by then.
        let now = if job.state == JobState::Cancelled { job.ended_at } else { m.now };
        require(now > now_seat.seal_by, EscrowError::TooEarly)?;
        end(m, &address, &caller, Part::Bond)
    })
}
